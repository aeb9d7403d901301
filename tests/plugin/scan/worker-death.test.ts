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
  manyDrivers(join(folder, 'd'), 60);
  const { stdout, stderr } = await execa(
    process.execPath,
    [at('cli.cjs'), 'd', '--code', '--jobs', '2', '--format', 'json'],
    { cwd: folder, env: quietEnvironment(), extendEnv: false, reject: false, timeout: 100_000, stdin: 'ignore' },
  );
  return { stderr, images: (JSON.parse(stdout) as Report).images };
}

const onMessage = (what: string) => `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ path }) => { if (path.includes('00033')) { ${what} } });
  require('./cli-scan-healthy.cjs');`;

for (const [how, what, words] of [
  ['throws', "throw new Error('struck down')", 'struck down'],
  ['exits', 'process.exit(7)', 'status 7'],
] as const) {
  test(`it ${how}: only what it held is lost`, async (t) => {
    const { stderr, images } = await scanWith(t, onMessage(what));
    t.is(images.length, 60, stderr);
    t.deepEqual(
      images.map(({ path }) => path),
      images.map(({ path }) => path).sort(),
    );
    const lost = images.filter(({ error }) => error !== undefined);
    // Two at most lie with one thread.
    t.true(lost.length >= 1 && lost.length <= 2, `${lost.length} were lost`);
    const struck = lost.find(({ path }) => path.includes('00033'));
    t.is(struck?.status, 'unreadable');
    t.true(struck?.error?.message.includes(words), struck?.error?.message);
  });
}

test('one that cannot start: each image is told, and the scan ends', async (t) => {
  const { images } = await scanWith(t, 'throw new Error("broken installation")');
  t.is(images.length, 60);
  t.true(images.every(({ error }) => error?.message.includes('broken installation')));
});
