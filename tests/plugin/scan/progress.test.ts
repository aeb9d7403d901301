/** The progress bar: what its line holds, and where there is none. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { createProgress, progressLine } from '../../../plugin/scan/progress.js';
import { ReadAhead } from '../../../plugin/scan/read-ahead.js';
import { COMMAND, quietEnvironment } from '../../support/command.js';
import { manyDrivers } from '../../support/many-drivers.js';
import { scratch } from '../files/scratch.js';

const halfWay = { done: 500, total: 2000, elapsedMs: 10_000, path: 'C:/drivers/foo.sys' };

test('count, total, rate, time left, name', (t) => {
  t.is(progressLine(halfWay, 100), '[#####---------------] 500 of 2,000  50/s  30 s left  C:/drivers/foo.sys');
  t.is(progressLine({ ...halfWay, total: null }, 100), '500 images  50/s  C:/drivers/foo.sys');
  t.is(progressLine({ ...halfWay, done: 5 }, 100).slice(23), '5 of 2,000  0.5/s  1 h 7 min left  C:/drivers/foo.sys');
});

test('a narrow terminal: whole numbers only', (t) => {
  const seen = new Set<string>();
  for (let width = 0; width < 40; width++) seen.add(progressLine({ ...halfWay, path: 'a' }, width));
  t.deepEqual(
    [...seen],
    [
      '',
      '500',
      '500 of 2,000',
      '500 of 2,000  50/s',
      '500 of 2,000  50/s  30 s left',
      '500 of 2,000  50/s  30 s left  a',
    ],
  );
});

/** Columns on a terminal, by the wide East Asian forms; the test's own reckoning. */
const columnsOf = (text: string): number =>
  [...text].reduce(
    (sum, character) => sum + (/[\u1100-\u115f\u2e80-\uffdc]|\p{Extended_Pictographic}/u.test(character) ? 2 : 1),
    0,
  );

test('never wider than the terminal, whatever the name', (t) => {
  const names = [
    'a',
    'x'.repeat(500),
    '驱动程序'.repeat(60),
    '\u001b[31m\r\n\u202e'.repeat(30),
    'e\u0301'.repeat(99),
    '🦊'.repeat(80),
  ];
  for (const path of names) {
    for (let width = 0; width <= 130; width++) {
      const line = progressLine({ ...halfWay, path }, width);
      t.true(columnsOf(line) <= width, `${width}: ${line}`);
      t.notRegex(line, /\p{C}/u);
    }
  }
  t.true(progressLine({ ...halfWay, path: `${'x'.repeat(500)}/end.sys` }, 80).endsWith('x/end.sys'));
});

/** A screen with a clock that is set by hand. */
function screen(isTerminal: boolean) {
  let text = '';
  return {
    isTerminal,
    columns: 80,
    time: 0,
    write(more: string) {
      text += more;
    },
    now() {
      return this.time;
    },
    take() {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

test('nothing in the first second; drawn at most ten times a second; cleared', async (t) => {
  const terminal = screen(true);
  const source = new ReadAhead(Array.from({ length: 1000 }, (_, index) => index));
  const progress = createProgress(false, terminal, {});
  terminal.time = 999;
  progress?.step(1, 'a.sys', source);
  progress?.clear();
  t.is(terminal.take(), '');
  terminal.time = 1000;
  await source.next();
  progress?.step(1, 'a.sys', source);
  t.true(terminal.take().startsWith('\r\u001b[2K[--------------------] 1 of 1,000  '));
  terminal.time = 1099;
  progress?.step(2, 'b.sys', source);
  t.is(terminal.take(), '');
  progress?.clear();
  progress?.clear();
  t.is(terminal.take(), '\r\u001b[2K');
});

test('none for --quiet, CI, TERM=dumb, and where standard error is no terminal', (t) => {
  t.is(createProgress(true, screen(true), {}), null);
  t.is(createProgress(false, screen(true), { CI: 'true' }), null);
  t.is(createProgress(false, screen(true), { TERM: 'dumb' }), null);
  const piped = screen(false);
  const progress = createProgress(false, piped, {});
  piped.time = 5000;
  progress?.step(1, 'a.sys', new ReadAhead([1]));
  t.is(piped.take(), '');
});

/** `script` (util-linux) gives the command a terminal. Standard output and error both come back. */
function onTerminal(command: string, more: Record<string, string> = {}): string {
  const { CI: _, ...quiet } = quietEnvironment();
  const env = { ...quiet, TERM: 'xterm', ...more };
  return spawnSync('script', ['-qec', `stty cols 70; ${command}`, '/dev/null'], {
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 28,
    input: '',
  }).stdout.replaceAll('\r\u001b[2K', '<clear>');
}

test('on a real terminal: lines of its width, gone before the report', (t) => {
  const folder = join(scratch(t), 'drivers');
  // The bar comes after a second: this many take longer than that with the code rules, on any machine.
  manyDrivers(folder, 4000);
  const check = `${process.execPath} ${COMMAND} check --code --jobs 1 ${folder}`;
  const out = onTerminal(check);
  // Each bar is followed by the clearing of its line: nothing is written behind one.
  const bars = [...out.matchAll(/<clear>([^<\r\n]+)(?=(<clear>)?)/g)];
  t.true(bars.length > 0, out.slice(0, 300));
  for (const [, bar = '', cleared] of bars) {
    t.regex(bar, /^(?:\[[#-]{20}\] )?[\d,]+ (?:of [\d,]+|images) {2}[\d,.]+\/s/);
    t.true(bar.length <= 69, bar);
    t.is(cleared, '<clear>');
  }
  t.regex(out, /4,000 images: /);
  t.notRegex(onTerminal(`${check} --quiet`), /<clear>/);
  t.notRegex(onTerminal(check, { CI: '1' }), /<clear>/);
  t.notRegex(onTerminal(`${check} 2>/dev/null`), /<clear>/);
});
