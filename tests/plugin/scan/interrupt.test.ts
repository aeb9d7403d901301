/** Ctrl-C and SIGTERM in the middle of a scan. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { COMMAND, type JsonReport, quietEnvironment, runJson } from '../../support/command.js';
import { manyDrivers } from '../../support/many-drivers.js';
import { buildZip } from '../../support/packages/zip-builder.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { scratch } from '../files/scratch.js';

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bytes that the process has read, as the kernel counts them; 0 when it is gone. */
function bytesRead(pid: number | undefined): number {
  try {
    return Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}

/** Long past the start of the program, and far from the end of the folder. */
const UNDER_WAY = 8_000_000;

const underWay = async (child: ChildProcess): Promise<void> => {
  while (bytesRead(child.pid) < UNDER_WAY && child.exitCode === null && child.signalCode === null) await setTimeout(5);
};

/** Starts the command in `folder`, and sends the signal when `ready`. */
async function interrupted(
  folder: string,
  args: readonly string[],
  signal: NodeJS.Signals,
  ready: (child: ChildProcess) => Promise<void> = underWay,
): Promise<Ended> {
  const options = { cwd: folder, env: quietEnvironment(), stdio: 'pipe' } as const;
  const child = spawn(process.execPath, [COMMAND, ...args], options);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  await ready(child);
  child.kill(signal);
  const [code, ended] = await closed;
  return { code, signal: ended, stdout, stderr };
}

const COUNT = 20_000;
/** In it is a folder `d` in which a check takes seconds. */
const folder = mkdtempSync(join(tmpdir(), 'hvci-fix-test-'));
test.before(() => {
  manyDrivers(join(folder, 'd'), COUNT);
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

for (const [signal, status, jobs] of [
  ['SIGINT', 130, '1'],
  ['SIGTERM', 143, '1'],
  ['SIGINT', 130, '2'],
] as const) {
  test.serial(`${signal}, --jobs ${jobs}: a whole report of what is done, status ${status}`, async (t) => {
    const options = ['d', '--code', '--jobs', jobs, '--format', 'json'];
    const { code, stdout, stderr } = await interrupted(folder, options, signal);
    t.is(code, status);
    const by = signal === 'SIGINT' ? 'Ctrl-C' : signal;
    t.is(
      stderr.replace(/after [\d,]+/, 'after N'),
      `hvci-fix: standard output has the report of what was done: stopped by ${by} after N of 20,000 images.\n`,
    );
    const { images, interrupted: how, summary } = JSON.parse(stdout) as JsonReport;
    t.is(how?.signal, signal);
    t.is(how?.done, images.length);
    t.is(how?.total, COUNT);
    t.is(summary['images'], images.length);
    t.true(images.length < COUNT);
    // The first ones, in order, as a run of them alone reports them.
    const few = images.slice(0, 20);
    const { report } = await runJson(['--code', ...few.map(({ path }) => path)], { cwd: folder });
    t.deepEqual(few, report.images.slice(0, few.length));
  });
}

test.serial('the other formats say how far it got', async (t) => {
  const stopped = /topped by Ctrl-C after [\d,]+ of 20,000 images/;
  for (const [format, pattern] of [
    ['text', /\nStopped by Ctrl-C after [\d,]+ of 20,000 images\.\n/],
    ['msbuild', /\nhvci-fix : error : stopped by Ctrl-C after [\d,]+ of 20,000 images; the rest was not checked\.\n$/],
    ['sarif', /"exitSignalName": "SIGINT"/],
    ['ndjson', /"interrupted":\{"signal":"SIGINT","done":\d+,"total":20000\}\}\n$/],
  ] as const) {
    const { code, stdout } = await interrupted(folder, ['d', '--format', format], 'SIGINT');
    t.is(code, 130);
    t.regex(stdout, pattern);
    if (format === 'sarif') t.regex(stdout, stopped);
  }
});

test.serial('a second signal ends the process at once', async (t) => {
  // What it prints is not read, so that after the first signal it waits for its reader.
  const { code, signal } = await interrupted(folder, ['d', '--format', 'ndjson'], 'SIGINT', async (child) => {
    child.stdout?.removeAllListeners('data');
    child.stdout?.pause();
    await setTimeout(1500);
    child.kill('SIGINT');
    await setTimeout(500);
    t.is(child.exitCode, null);
  });
  t.is(code, null);
  t.is(signal, 'SIGINT');
});

test.serial('--output: the report is whole, and nothing else is left', async (t) => {
  const options = ['d', '--format', 'json', '--output', 'report.json'];
  const { code, stderr } = await interrupted(folder, options, 'SIGTERM');
  t.is(code, 143);
  t.regex(
    stderr,
    /^hvci-fix: report\.json has the report of what was done: stopped by SIGTERM after [\d,]+ of 20,000 images\.\n$/,
  );
  t.deepEqual(readdirSync(folder).sort(), ['d', 'report.json']);
});

test.serial('--output: a report that was already on its way to the disk is whole too', async (t) => {
  const own = scratch(t);
  manyDrivers(join(own, 'd'), COUNT);
  const onDisk = async (child: ChildProcess): Promise<void> => {
    while (child.exitCode === null && !readdirSync(own).some((name) => name.startsWith('.hvci-fix-')))
      await setTimeout(5);
  };
  const options = ['d', '--no-code', '--page-map', '--format', 'json', '--output', 'report.json'];
  const { code } = await interrupted(own, options, 'SIGINT', onDisk);
  t.is(code, 130);
  t.deepEqual(readdirSync(own).sort(), ['d', 'report.json']);
  const report = JSON.parse(readFileSync(join(own, 'report.json'), 'utf8')) as JsonReport & { interrupted: object };
  t.like(report.interrupted, { signal: 'SIGINT', done: report.images.length, total: COUNT });
});

test.serial('a baseline is not written by half a scan', async (t) => {
  const { code, stderr } = await interrupted(folder, ['baseline', 'd', '-o', 'known.json'], 'SIGINT');
  t.is(code, 130);
  t.regex(stderr, /^hvci-fix: known\.json was not written: stopped by Ctrl-C after [\d,]+ of 20,000 images\.\n$/);
  t.false(existsSync(join(folder, 'known.json')));
});

test.serial('in the middle of an archive: what is left in it is not passed off as checked', async (t) => {
  const own = scratch(t);
  const data = readFileSync(committedSample('no-nx'));
  const members = Array.from({ length: 10_000 }, (_, index) => ({ name: `${index}.sys`, data, method: 0 as const }));
  writeFileSync(join(own, 'a.zip'), buildZip(members));
  const { code, stdout } = await interrupted(own, ['a.zip', '--format', 'json'], 'SIGINT');
  t.is(code, 130);
  const { images, interrupted: how } = JSON.parse(stdout) as JsonReport;
  t.true(images.length < members.length);
  t.deepEqual(how, { signal: 'SIGINT', done: images.length, total: null });
});

test.serial('a list that does not end', async (t) => {
  const own = scratch(t);
  const paths = manyDrivers(own, 3);
  const args = ['--stdin0', '--format', 'ndjson'];
  const { code, stdout } = await interrupted(own, args, 'SIGINT', async (child) => {
    child.stdin?.write(paths.map((path) => `${path}\0`).join(''));
    // The whole of the program, the samples, and then nothing any more.
    // On a loaded machine a process may stand still for a while at any point, so one look is not enough.
    for (let before = -1, now = 0, still = 0; still < 5; before = now, now = bytesRead(child.pid)) {
      still = now === before && now >= 100_000 ? still + 1 : 0;
      await setTimeout(400);
    }
  });
  t.is(code, 130);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { path?: string; interrupted?: object });
  t.deepEqual(
    lines.map(({ path }) => path),
    [...paths, undefined],
  );
  t.deepEqual(lines.at(-1)?.interrupted, { signal: 'SIGINT', done: 3, total: null });
});

test.serial('fix: the file under way is finished, the others stay as they are', async (t) => {
  const own = scratch(t);
  manyDrivers(join(own, 'd'), 3000);
  const fixed = (): number => readdirSync(join(own, 'd')).filter((name) => name.endsWith('-backup')).length;
  const args = ['fix', '--backup', 'd', '--format', 'json'];
  const { code, stdout } = await interrupted(own, args, 'SIGINT', async () => {
    while (fixed() < 20) await setTimeout(5);
  });
  t.is(code, 130);
  const { images, interrupted: how } = JSON.parse(stdout) as JsonReport;
  t.is(how?.done, images.length);
  t.is(how?.total, 3000);
  t.true(images.length < 3000);
  const written = images.filter(({ plan }) => plan?.outcome === 'fixed');
  t.true(written.length >= 19);
  t.is(fixed(), written.length);
  t.deepEqual(
    readdirSync(join(own, 'd')).filter((name) => !/^\d{5}\.sys(?:\.hvci-fix-backup(?:\.json)?)?$/.test(name)),
    [],
  );
});
