import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { actorPath, replace, scratch, temporaries, text } from './scratch.js';

test('SIGTERM and SIGINT end the process, remove the temporary file, leave the original', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const folder = scratch(t);
    const path = join(folder, 'a.sys');
    writeFileSync(path, 'old');
    const child = spawn(process.execPath, [actorPath, 'hold', path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    t.is(temporaries(folder).length, 1);
    child.kill(signal);
    const [, ended] = (await once(child, 'exit')) as [number | null, string | null];
    t.is(ended, signal);
    t.is(text(path), 'old');
    t.deepEqual(readdirSync(folder), ['a.sys']);
  }
});

test('a signal during the rename ends the process too, with the new file whole', (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  const run = spawnSync(process.execPath, [actorPath, 'interrupted', path], { encoding: 'utf8' });
  t.is(run.signal, 'SIGTERM');
  t.is(run.stdout, '');
  t.is(text(path), 'new');
  t.deepEqual(readdirSync(folder), ['a.sys']);
});

test('after writes the process has no signal listeners of ours', async (t) => {
  const path = join(scratch(t), 'a.sys');
  writeFileSync(path, 'old');
  const before = process.listenerCount('SIGINT');
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      writeFileSync(`${path}${index}`, 'old');
      await replace(`${path}${index}`, 'new');
    }),
  );
  t.is(process.listenerCount('SIGINT'), before);
});
