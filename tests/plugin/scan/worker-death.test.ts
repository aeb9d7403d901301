/** A worker thread that dies: its images are told, the others are checked, the scan comes to its end. */
import { cpSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { COMMAND, quietEnvironment } from '../../support/command.js';
import { manyDrivers } from '../../support/many-drivers.js';
import { scratch } from '../files/scratch.js';

interface Report {
  readonly images: readonly { path: string; status: string; error?: { code: string; message: string } }[];
}

/** The real command with the real worker, which first does `wound` with each message. */
async function scanWith(t: ExecutionContext, wound: string) {
  const folder = scratch(t);
  cpSync(dirname(COMMAND), join(folder, 'dist'), { recursive: true });
  const at = (name: string) => join(folder, 'dist', name);
  renameSync(at('cli-scan-worker.cjs'), at('cli-scan-healthy.cjs'));
  writeFileSync(at('cli-scan-worker.cjs'), wound);
  manyDrivers(join(folder, 'd'), COUNT);
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    [at('cli.cjs'), 'd', '--code', '--jobs', '2', '--format', 'json'],
    { cwd: folder, env: quietEnvironment(), extendEnv: false, reject: false, timeout: 100_000, stdin: 'ignore' },
  );
  return { stderr, exitCode, images: (JSON.parse(stdout) as Report).images };
}

/** Once, with the `at`th image that a worker is given: which ones the main thread keeps for itself nobody can tell. */
const onMessage = (at: number, what: string) => `
  const { parentPort } = require('node:worker_threads');
  const { existsSync, writeFileSync } = require('node:fs');
  let given = 0;
  parentPort.on('message', () => {
    if (++given !== ${at} || existsSync(__filename + '.struck')) return;
    writeFileSync(__filename + '.struck', '');
    ${what}
  });
  require('./cli-scan-healthy.cjs');`;

/** So many that a worker comes to its ninth before the main thread is through with them. */
const COUNT = 800;

/** Images that lie with one worker at most, and two that it was given when those before them were told. */
const HELD = 8 + 2;

for (const [how, at, what, words] of [
  ['throws', 9, "throw new Error('struck down')", 'struck down'],
  ['exits', 9, 'process.exit(7)', 'status 7'],
  ['exits before it answered anything', 1, 'process.exit(7)', 'status 7'],
] as const) {
  test(`it ${how}: one image is lost, and the run is not a clean one`, async (t) => {
    const { stderr, exitCode, images } = await scanWith(t, onMessage(at, what));
    t.is(images.length, COUNT, stderr);
    t.deepEqual(
      images.map(({ path }) => path),
      images.map(({ path }) => path).sort(),
    );
    const lost = images.filter(({ error }) => error !== undefined);
    t.is(lost.length, 1);
    t.is(lost[0]?.status, 'unreadable');
    t.true(lost[0]?.error?.message.includes(words), lost[0]?.error?.message);
    t.is(exitCode, 2);
  });
}

test('one that cannot start: what it was given is told, the others are checked', async (t) => {
  const { images } = await scanWith(t, 'throw new Error("broken installation")');
  t.is(images.length, COUNT);
  const lost = images.filter(({ error }) => error !== undefined);
  t.true(lost.length >= 1 && lost.length <= HELD, `${lost.length} were lost`);
  t.true(lost.every(({ error }) => error?.message.includes('broken installation')));
});

for (const given of [0, 1]) {
  test(`the system gives ${given} threads of the two that are asked for: all images are checked`, async (t) => {
    const folder = scratch(t);
    manyDrivers(join(folder, 'd'), COUNT);
    const limit = join(folder, 'limit.cjs');
    writeFileSync(
      limit,
      `const threads = require('node:worker_threads');
      const { Worker, isMainThread } = threads;
      let given = 0;
      if (isMainThread)
        threads.Worker = class extends Worker {
          constructor(...args) {
            if (given++ >= ${given}) throw new Error('EAGAIN');
            super(...args);
          }
        };`,
    );
    const { stdout, stderr, exitCode } = await execa(
      process.execPath,
      ['--require', limit, COMMAND, 'd', '--code', '--jobs', '3', '--format', 'json'],
      { cwd: folder, env: quietEnvironment(), extendEnv: false, reject: false, timeout: 100_000, stdin: 'ignore' },
    );
    t.is(stderr, '');
    t.not(exitCode, 2);
    const { images } = JSON.parse(stdout) as Report;
    t.is(images.length, COUNT);
    t.true(images.every(({ error }) => error === undefined));
  });
}
