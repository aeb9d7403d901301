/** What V8 compiled is kept beside the program, and no state of that folder changes what a run says. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { quietEnvironment, run } from '../support/command.js';
import { manyDrivers } from '../support/many-drivers.js';
import { repositoryFile } from '../support/repository.js';
import { committedSample } from '../support/toolchain/samples.js';
import { scratch } from './files/scratch.js';

const driver = committedSample('init-rwx', 'x64');
const TIMEOUT = 60_000;

/** A program of its own, that no other test fills the cache of. */
function installation(t: ExecutionContext) {
  const folder = join(scratch(t), 'dist');
  cpSync(repositoryFile('dist'), folder, {
    recursive: true,
    filter: (path) => !path.includes('.cache') && !path.endsWith('types'),
  });
  const start = async (args: readonly string[], more: Record<string, string> = {}) => {
    const options = { reject: false, extendEnv: false, timeout: TIMEOUT, env: quietEnvironment(more) } as const;
    const { exitCode, stdout, stderr } = await execa(process.execPath, [join(folder, 'cli.cjs'), ...args], options);
    return { exitCode, stdout, stderr };
  };
  const cache = join(folder, '.cache');
  const kept = (): string[] => {
    try {
      return readdirSync(cache).sort();
    } catch {
      return [];
    }
  };
  return { start, cache, kept };
}

/** Loads a piece besides the main file. */
const checkAsJson = ['check', '--format', 'json', driver];

async function expected(args = ['check', driver]) {
  const { exitCode, stdout, stderr } = await run(args, { stripFinalNewline: true });
  return { exitCode, stdout, stderr };
}

test('three checks keep the main file and the pieces they used; the fourth reads them and writes nothing', async (t) => {
  const { start, cache, kept } = installation(t);
  const result = await expected(checkAsJson);
  t.true(result.stdout.includes('HVCI2003'));
  for (const generation of [1, 2, 3]) {
    t.deepEqual(await start(checkAsJson), result);
    t.deepEqual(
      kept().map((name) => name.replace(/-[0-9a-f]{16}-v.*$/, '')),
      ['cli-main', 'cli-report-json'],
    );
    for (const name of kept()) t.true(name.endsWith(`-${process.version}-${process.arch}.${generation}`), name);
  }
  const names = kept();
  const times = names.map((name) => statSync(join(cache, name)).mtimeMs);
  t.deepEqual(await start(checkAsJson), result);
  t.deepEqual(kept(), names);
  t.deepEqual(
    names.map((name) => statSync(join(cache, name)).mtimeMs),
    times,
  );
});

test('a run adds what it called: the next one of its kind finds it compiled', async (t) => {
  const { start, cache, kept } = installation(t);
  const size = (): number => statSync(join(cache, kept().find((name) => name.startsWith('cli-main')) ?? '')).size;
  await start(['check', committedSample('clean', 'x64')]);
  const first = size();
  await start(['check', driver]);
  t.true(size() > first, `${size()} bytes after ${first}`);
});

test('what the first files of a scan needed is kept, and taken by the check that follows', async (t) => {
  const { start, kept } = installation(t);
  const folder = scratch(t);
  // So many that V8 is told its flags for scans.
  manyDrivers(folder, 60);
  const generationOfMain = (): string | undefined =>
    kept()
      .find((name) => name.startsWith('cli-main'))
      ?.slice(-2);
  await start(['check', folder]);
  t.is(generationOfMain(), '.1');
  // What V8 does not take is replaced by a file of the same generation.
  await start(['check', driver]);
  t.is(generationOfMain(), '.2');
});

test('help, a wrong call and NODE_DISABLE_COMPILE_CACHE=1 keep nothing', async (t) => {
  const { start, kept } = installation(t);
  t.is((await start(['--help'])).exitCode, 0);
  t.is((await start(['--none'])).exitCode, 2);
  t.is((await start(['check', driver], { NODE_DISABLE_COMPILE_CACHE: '1' })).exitCode, 0);
  t.deepEqual(kept(), []);
});

for (const [damage, change] of [
  ['empty', (path: string) => writeFileSync(path, '')],
  ['cut off', (path: string) => truncateSync(path, 5000)],
  ['of another program', (path: string) => writeFileSync(path, readFileSync(driver))],
  ['all zeros', (path: string) => writeFileSync(path, new Uint8Array(statSync(path).size))],
  ['larger than any', (path: string) => writeFileSync(path, new Uint8Array(1 << 20))],
] as const) {
  test(`a kept file that is ${damage} changes nothing, and is replaced`, async (t) => {
    const { start, cache, kept } = installation(t);
    const result = await start(['check', driver]);
    const path = join(cache, kept()[0] ?? '');
    const { size } = statSync(path);
    change(path);
    t.deepEqual(await start(['check', driver]), result);
    t.true(Math.abs(statSync(path).size - size) < size / 2, `${statSync(path).size} bytes`);
    t.deepEqual(await start(['check', driver]), result);
  });
}

test('where nothing can be kept, nothing is said', async (t) => {
  const { start, cache } = installation(t);
  writeFileSync(cache, 'a file where the folder should be');
  t.deepEqual(await start(['check', driver]), await expected());
  rmSync(cache);
  mkdirSync(cache);
  const result = await start(['check', driver]);
  for (const name of readdirSync(cache)) {
    rmSync(join(cache, name));
    mkdirSync(join(cache, name, 'occupied'), { recursive: true });
  }
  t.deepEqual(await start(['check', driver]), result);
  t.deepEqual(
    readdirSync(cache).filter((name) => /\.\d+\.\d+$/.test(name)),
    [],
  );
});

test('runs at the same time do not disturb each other', async (t) => {
  const { start, kept } = installation(t);
  const result = await expected(checkAsJson);
  for (const each of await Promise.all(Array.from({ length: 6 }, () => start(checkAsJson)))) t.deepEqual(each, result);
  t.is(new Set(kept().map((name) => name.replace(/\.\d$/, ''))).size, 2, kept().join(', '));
  t.deepEqual(await start(checkAsJson), result);
});
