/** Ctrl-C and SIGTERM in the middle of a scan. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { COMMAND, type JsonReport, quietEnvironment, runJson } from '../../support/command.js';
import { manyDrivers } from '../../support/many-drivers.js';
import { scratch } from '../files/scratch.js';

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command in `folder` and hands it to `then` once it has begun to report. */
async function interrupted(
  folder: string,
  args: readonly string[],
  then: (child: ChildProcess) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    env: quietEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  then(child);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, stdout, stderr };
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
    const { code, stdout, stderr } = await interrupted(folder, options, (child) =>
      setTimeout(() => child.kill(signal), 900),
    );
    t.is(code, status);
    t.is(stderr, '');
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
    const { code, stdout } = await interrupted(folder, ['d', '--format', format], (child) =>
      setTimeout(() => child.kill('SIGINT'), 500),
    );
    t.is(code, 130);
    t.regex(stdout, pattern);
    if (format === 'sarif') t.regex(stdout, stopped);
  }
});

test.serial('a second signal ends the process at once', async (t) => {
  const { code, signal } = await interrupted(folder, ['d', '--format', 'json'], (child) => {
    setTimeout(() => child.kill('SIGINT'), 400);
    // While the rest is being counted and the report is made, or at the latest when it waits for its reader.
    child.stdout?.pause();
    const again = setInterval(() => child.kill('SIGINT') || clearInterval(again), 40);
    child.once('exit', () => clearInterval(again));
    setTimeout(() => child.stdout?.resume(), 2000);
  });
  t.is(code, null);
  t.is(signal, 'SIGINT');
});

test.serial('--output: the report is whole, and nothing else is left', async (t) => {
  const options = ['d', '--format', 'json', '--output', 'report.json'];
  const { code } = await interrupted(folder, options, (child) => setTimeout(() => child.kill('SIGTERM'), 500));
  t.is(code, 143);
  t.deepEqual(readdirSync(folder).sort(), ['d', 'report.json']);
});

test.serial('a baseline is not written by half a scan', async (t) => {
  const { code, stderr } = await interrupted(folder, ['baseline', 'd', '-o', 'known.json'], (child) =>
    setTimeout(() => child.kill('SIGINT'), 500),
  );
  t.is(code, 130);
  t.regex(stderr, /^hvci-fix: known\.json was not written: stopped by Ctrl-C after [\d,]+ of 20,000 images\.\n$/);
  t.false(existsSync(join(folder, 'known.json')));
});

test('a list that does not end', async (t) => {
  const folder = scratch(t);
  const paths = manyDrivers(folder, 3);
  const { code, stdout } = await interrupted(folder, ['--stdin0', '--format', 'json'], (child) => {
    child.stdin?.write(paths.map((path) => `${path}\0`).join(''));
    setTimeout(() => child.kill('SIGINT'), 1000);
  });
  t.is(code, 130);
  const { images, interrupted: how } = JSON.parse(stdout) as JsonReport;
  t.deepEqual(
    images.map(({ path }) => path),
    paths,
  );
  t.deepEqual(how, { signal: 'SIGINT', done: 3, total: null });
});

test('fix: the file under way is finished, the others stay as they are', async (t) => {
  const folder = scratch(t);
  manyDrivers(join(folder, 'd'), 3000);
  const { code, stdout } = await interrupted(folder, ['fix', 'd', '--format', 'json'], (child) =>
    setTimeout(() => child.kill('SIGINT'), 800),
  );
  t.is(code, 130);
  const { images, interrupted: how } = JSON.parse(stdout) as JsonReport;
  t.is(how?.done, images.length);
  t.is(how?.total, 3000);
  t.deepEqual(
    readdirSync(join(folder, 'd')).filter((name) => !/^\d{5}\.sys$/.test(name)),
    [],
  );
  const { report } = await runJson(['fix', 'd', '--dry-run'], { cwd: folder });
  const fixed = new Set(images.filter(({ plan }) => plan?.outcome === 'fixed').map(({ path }) => path));
  for (const { path, plan } of report.images) if (fixed.has(path)) t.not(plan?.outcome, 'planned');
  t.true(report.images.slice(images.length).some(({ plan }) => plan?.outcome === 'planned'));
});
