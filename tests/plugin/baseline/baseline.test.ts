/** Which findings a baseline knows, which it does not, and which of its own are gone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Baseline } from '../../../plugin/baseline/baseline.js';
import { entryOf } from '../../../plugin/baseline/entry.js';
import { baselineText, readBaseline } from '../../../plugin/baseline/file.js';
import type { ImageReport, ReportedFinding } from '../../../plugin/report/model.js';
import { folderWith, run } from '../../support/command.js';
import { scratch } from '../files/scratch.js';
import { iatInCode, initRwx, legacy } from '../report/samples.js';

const call = (ddi: string, symbol: string | null): ReportedFinding => ({
  ...iatInCode,
  code: 'HVCI2000',
  data: { ddi },
  symbol,
});

/** Through the file, as a user's baseline goes. */
function baselineWith(t: ExecutionContext, path: string, ...findings: readonly ReportedFinding[]): Baseline {
  const file = join(scratch(t), 'baseline.json');
  writeFileSync(file, baselineText(findings.map((finding) => entryOf(path, finding))));
  return new Baseline(readBaseline(file));
}

function compare(baseline: Baseline, path: string, ...findings: readonly ReportedFinding[]): (boolean | undefined)[] {
  const report: ImageReport = { ...legacy, path, findings };
  return baseline.compare(report).findings.map(({ baselined }) => baselined);
}

test('a finding is known by rule, image, section, symbol and DDI, not by its address', (t) => {
  const moved = { ...iatInCode, rva: 0x9000, offset: 0x10, message: 'other words', severity: 'info' } as const;
  const known = (path: string, finding: ReportedFinding): boolean | undefined =>
    compare(baselineWith(t, 'C:\\old\\Legacy.sys', iatInCode), path, finding)[0];
  t.true(known('/new/legacy.SYS', moved));
  t.false(known('/new/other.sys', iatInCode));
  t.false(known('legacy.sys', { ...iatInCode, section: 'PAGE' }));
  t.false(known('legacy.sys', { ...iatInCode, code: 'HVCI2003' }));
  t.false(known('legacy.sys', { ...iatInCode, data: { ddi: 'ExAllocatePool' } }));
});

test('a symbol is compared without the offset into it, and only where both sides have one', (t) => {
  const baseline = (): Baseline => baselineWith(t, 'a.sys', call('ExAllocatePool', 'Read+0x10'));
  t.deepEqual(compare(baseline(), 'a.sys', call('ExAllocatePool', 'Read+0x44')), [true]);
  t.deepEqual(compare(baseline(), 'a.sys', call('ExAllocatePool', 'Write')), [false]);
  t.deepEqual(compare(baseline(), 'a.sys', call('ExAllocatePool', null)), [true]);
});

test('findings of one key are counted: one more is new', (t) => {
  const one = (): ReportedFinding => call('ExAllocatePool', null);
  t.deepEqual(compare(baselineWith(t, 'a.sys', one(), one()), 'a.sys', one(), one(), one()), [true, true, false]);
});

test('a baseline of many drivers: no entry is looked at for each finding', (t) => {
  let looks = 0;
  const findings = Array.from({ length: 1000 }, (_, i) => call('ExAllocatePool', `Read${i}`));
  const entries = findings.map((finding) => ({
    ...entryOf('a.sys', finding),
    get code() {
      looks++;
      return finding.code;
    },
  }));
  t.true(compare(new Baseline(entries), 'a.sys', ...findings.toReversed()).every(Boolean));
  const unnamed = findings.map((finding) => ({ ...finding, symbol: null }));
  t.true(compare(new Baseline(entries), 'a.sys', ...unnamed).every(Boolean));
  t.true(looks < 100 * entries.length, `${looks} looks`);
});

test('what is gone is absent: of images that were seen, or of all', (t) => {
  const baseline = baselineWith(t, 'a.sys', iatInCode, initRwx);
  t.deepEqual(baseline.absent(false), []);
  compare(baseline, 'b.sys', iatInCode);
  t.deepEqual(baseline.absent(false), []);
  compare(baseline, 'a.sys', iatInCode);
  t.deepEqual(
    baseline.absent(false).map(({ code }) => code),
    ['HVCI2003'],
  );
  const unseen = baselineWith(t, 'a.sys', iatInCode);
  t.deepEqual(
    unseen.absent(true).map(({ image }) => image),
    ['a.sys'],
  );
});

test('what the configuration accepts uses nothing of the baseline up', (t) => {
  const baseline = baselineWith(t, 'a.sys', iatInCode);
  const suppressed = { ...iatInCode, suppressed: { reason: 'x' } };
  t.deepEqual(compare(baseline, 'a.sys', suppressed, iatInCode), [false, true]);
});

test('the file is the same whatever the order, and ends in a line feed', (t) => {
  const entries = [entryOf('b.sys', initRwx), entryOf('a.sys', iatInCode), entryOf('a.sys', initRwx)];
  const text = baselineText(entries);
  t.is(text, baselineText([...entries].reverse()));
  t.true(text.endsWith('}\n'));
  const { schemaVersion, findings } = JSON.parse(text) as {
    schemaVersion: number;
    findings: { image: string; code: string }[];
  };
  t.is(schemaVersion, 1);
  t.deepEqual(
    findings.map(({ image, code }) => `${image} ${code}`),
    ['a.sys HVCI2003', 'a.sys HVCI2005', 'b.sys HVCI2003'],
  );
});

for (const [about, text, words] of [
  ['no JSON', '{', /not valid JSON/],
  ['another JSON', '[]', /no baseline/],
  ['null', 'null', /no baseline/],
  ['a later schema', '{"schemaVersion":2,"findings":[]}', /schemaVersion 2/],
  ['a damaged entry', '{"schemaVersion":1,"findings":[{"code":"HVCI2003"}]}', /findings\[0\]/],
  [
    'a count of nothing',
    '{"schemaVersion":1,"findings":[{"code":"A","image":"a","section":null,"symbol":null,"ddi":null,"count":0}]}',
    /findings\[0\]/,
  ],
] as const) {
  test(`a baseline file that holds ${about} is refused`, (t) => {
    const path = join(scratch(t), 'b.json');
    writeFileSync(path, text);
    t.throws(() => readBaseline(path), { message: words });
  });
}

test('check: only new findings fail; text, JSON and SARIF tell them apart', async (t) => {
  const { folder, at } = folderWith(t, { 'old.sys': 'iat-in-text', 'gone.sys': 'writable-code' });
  const command = (...args: string[]) => run(args, { cwd: folder });
  const made = await command('baseline', '.', '-o', 'b.json');
  t.deepEqual([made.exitCode, made.stdout], [0, 'b.json: 3 findings of 2 images\n']);
  writeFileSync(at('gone.sys'), readFileSync(at('old.sys')));

  const text = await command('check', '.', '--baseline', 'b.json');
  t.is(text.exitCode, 1);
  t.regex(text.stdout, /HVCI2005 in \.text is in the baseline/);
  t.regex(text.stdout, /In the baseline, but absent: HVCI2003 in PATCH of gone\.sys\./);
  const one = await command('check', 'old.sys', '--baseline', 'b.json');
  t.is(one.exitCode, 0);
  t.notRegex(one.stdout, /absent/);
  t.regex(one.stdout, /1 finding in the baseline is still there/);

  const json = JSON.parse((await command('check', '.', '--baseline', 'b.json', '--format', 'json')).stdout) as {
    images: { path: string; status: string; findings: { baselined: boolean }[] }[];
  };
  t.deepEqual(
    json.images.map(({ path, status, findings }) => [path, status, findings.map(({ baselined }) => baselined)]),
    [
      ['gone.sys', 'findings', [false]],
      ['old.sys', 'clean', [true]],
    ],
  );
  const sarif = JSON.parse((await command('check', '.', '--baseline', 'b.json', '--format', 'sarif')).stdout) as {
    runs: { results: { ruleId: string; baselineState: string }[] }[];
  };
  t.deepEqual(
    sarif.runs[0]!.results.map(({ ruleId, baselineState }) => `${ruleId} ${baselineState}`),
    ['HVCI2005 new', 'HVCI2005 unchanged', 'HVCI2003 absent', 'HVCI3004 absent'],
  );
  const plain = JSON.parse((await command('check', 'old.sys', '--format', 'json')).stdout) as typeof json;
  t.false('baselined' in plain.images[0]!.findings[0]!, 'only where a baseline is used');
});

test('fix: a refusal about a known finding does not fail, about a new one it does', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'low-alignment' });
  const command = (...args: string[]) => run(args, { cwd: folder });
  t.is((await command('fix', 'a.sys')).exitCode, 1);
  await command('baseline', 'a.sys', '-o', 'b.json');
  t.is((await command('fix', 'a.sys', '--baseline', 'b.json')).exitCode, 0);
});

test('baseline: a named image that cannot be read, no file to write, no path', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  const command = (...args: string[]) => run(['baseline', ...args], { cwd: folder });
  for (const args of [['a.sys', 'none.sys', '-o', 'b.json'], ['a.sys'], ['-o', 'b.json']]) {
    const { exitCode, stdout, stderr } = await command(...args);
    t.deepEqual([exitCode, stdout], [2, ''], args.join(' '));
    t.regex(stderr, /^hvci-fix: /);
  }
});

test('--quiet: the baseline is written, and nothing said of it', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const { exitCode, stdout, stderr } = await run(['baseline', '-q', 'a.sys', '-o', 'b.json'], { cwd: folder });
  t.deepEqual([exitCode, stdout, stderr], [0, '', '']);
  t.true(readFileSync(at('b.json'), 'utf8').includes('HVCI2003'));
});

test('an image in place of the baseline: nobody is told to write over it', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'init-rwx' });
  const { exitCode, stderr } = await run(['a.sys', '--baseline', 'a.sys'], { cwd: folder });
  t.is(exitCode, 2);
  t.regex(stderr, /--baseline a\.sys: this is an image\./);
  t.notRegex(stderr, /-o a\.sys/);
});
