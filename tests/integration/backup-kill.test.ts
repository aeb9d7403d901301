/** `fix --backup` and `undo` ended by kill -9 at random moments: whatever is left, the original can be had back. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import test, { type ExecutionContext } from 'ava';
import { temporaries } from '../plugin/files/scratch.js';
import { COMMAND, folderWith, quietEnvironment, run } from '../support/command.js';

const KILLS = Number(process.env['HVCI_FIX_KILLS'] ?? 20);
const FILES = 20;
const BACKUP = '.hvci-fix-backup';

async function killed(folder: string, args: readonly string[], within: number): Promise<void> {
  const env = quietEnvironment();
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: folder, env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await new Promise((done) => setTimeout(done, Math.random() * within));
  child.kill('SIGKILL');
  await ended;
}

async function workshop(t: ExecutionContext) {
  const { folder, at } = folderWith(t, { 'f0.sys': 'init-rwx' });
  const old = readFileSync(at('f0.sys'));
  const paths = Array.from({ length: FILES }, (_, index) => at(`f${index}.sys`));
  const reset = () => {
    for (const name of readdirSync(folder)) rmSync(at(name));
    for (const path of paths) {
      writeFileSync(path, old);
      utimesSync(path, 1e9, 1e9); // a file that was written this moment is waited for
    }
  };
  /** How long it takes: what a kill is to fall into. */
  const timed = async (...args: string[]): Promise<number> => {
    const begun = performance.now();
    t.is((await run(args, { cwd: folder })).exitCode, 0);
    return performance.now() - begun;
  };
  reset();
  const fixTime = await timed('fix', '--backup', '.');
  const fixed = readFileSync(at('f0.sys'));
  t.notDeepEqual(fixed, old);
  const undoTime = await timed('undo', '.');
  t.deepEqual(readFileSync(at('f0.sys')), old);

  /** How many files hold the fix. Fails for one that is torn, or that cannot be had back. */
  const count = (): number => {
    let done = 0;
    for (const path of paths) {
      const bytes = readFileSync(path);
      const isFixed = bytes.equals(fixed);
      if (isFixed) done++;
      else if (!bytes.equals(old)) t.fail(`${path} is torn`);
      if (existsSync(path + BACKUP)) t.deepEqual(readFileSync(path + BACKUP), old, 'a backup is whole');
      else t.false(isFixed, `${path} is fixed and has no backup`);
      if (existsSync(`${path}${BACKUP}.json`))
        t.notThrows(() => JSON.parse(readFileSync(`${path}${BACKUP}.json`, 'utf8')));
      else t.false(isFixed, `${path} is fixed and has no record`);
    }
    return done;
  };
  return { folder, old, paths, reset, count, fixTime, undoTime };
}

test(`fix --backup, killed ${KILLS} times: undo gives every original back, or another run fixes the rest`, async (t) => {
  t.timeout(240_000);
  const { folder, old, paths, reset, count, fixTime } = await workshop(t);
  let between = 0;
  for (let round = 0; round < KILLS; round++) {
    reset();
    await killed(folder, ['fix', '--backup', '.'], fixTime);
    const done = count();
    if (done > 0 && done < FILES) between++;
    if (round % 2 === 0) {
      // The first backup may not be there yet.
      const { exitCode, stdout, stderr } = await run(['undo', '.'], { cwd: folder });
      if (done > 0) t.is(exitCode, 0, stdout + stderr);
      for (const path of paths) t.deepEqual(readFileSync(path), old);
    } else {
      const { exitCode, stdout } = await run(['fix', '--backup', '.'], { cwd: folder });
      t.is(exitCode, 0, stdout);
      t.is(count(), FILES);
    }
  }
  t.log(`${between} of ${KILLS} fell between two files; left over ${temporaries(folder).length}`);
  t.true(between > 0, 'no kill met the writing: this test shows nothing');
});

test(`undo, killed ${KILLS} times: another undo finishes it`, async (t) => {
  t.timeout(240_000);
  const { folder, old, paths, reset, count, undoTime } = await workshop(t);
  let between = 0;
  for (let round = 0; round < KILLS; round++) {
    reset();
    await run(['fix', '--backup', '.'], { cwd: folder });
    t.is(count(), FILES);
    const args = round % 2 === 0 ? ['undo', '.'] : ['undo', '--remove-backup', '.'];
    await killed(folder, args, undoTime);
    const done = count();
    if (done > 0 && done < FILES) between++;
    const { exitCode, stdout, stderr } = await run(args, { cwd: folder });
    if (done > 0) t.is(exitCode, 0, stdout + stderr);
    for (const path of paths) t.deepEqual(readFileSync(path), old);
  }
  t.log(`${between} of ${KILLS} fell between two files; left over ${temporaries(folder).length}`);
  t.true(between > 0, 'no kill met the writing: this test shows nothing');
});
