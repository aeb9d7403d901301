/** `--stdin0`: names as `find -print0` writes them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { COMMAND, folderWith, type JsonReport, quietEnvironment, run } from '../../support/command.js';
import { manyDrivers } from '../../support/many-drivers.js';
import { scratch } from '../files/scratch.js';

async function check(folder: string, list: string | Buffer, args: readonly string[] = []) {
  const { exitCode, stdout } = await run(['check', '--stdin0', '--format', 'json', ...args], {
    cwd: folder,
    stdin: undefined,
    input: list,
  });
  return { exitCode, report: JSON.parse(stdout) as JsonReport };
}

test('files and folders, in the order of the list, after those of the command line; names are no patterns', async (t) => {
  const { folder } = folderWith(t, {
    'b.sys': 'clean',
    'new\nline.sys': 'clean',
    '[a].sys': 'init-rwx',
    'a.sys': 'no-nx',
  });
  mkdirSync(join(folder, 'd'));
  manyDrivers(join(folder, 'd'), 2);
  const { report } = await check(folder, 'new\nline.sys\0[a].sys\0d\0a.sys', ['b.sys']);
  t.deepEqual(
    report.images.map(({ path }) => path),
    ['b.sys', 'new\nline.sys', '[a].sys', 'd/00000.sys', 'd/00001.sys', 'a.sys'],
  );
});

test('a path that is given twice is checked once, as among arguments', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean', 'b.sys': 'no-nx' });
  mkdirSync(join(folder, 'd'));
  manyDrivers(join(folder, 'd'), 2);
  const { report } = await check(folder, 'a.sys\0./a.sys\0d/00001.sys\0d\0b.sys\0a.sys', ['b.sys']);
  t.deepEqual(
    report.images.map(({ path }) => path),
    ['b.sys', 'a.sys', 'd/00001.sys', 'd/00000.sys'],
  );
});

test('what cannot be read is a line, status 2, and the list goes on', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  const { exitCode, report } = await check(folder, 'none.sys\0*.sys\0\0a.sys\0');
  t.is(exitCode, 2);
  t.deepEqual(
    report.images.map(({ path, status, error }) => [path, status, error?.code]),
    [
      ['none.sys', 'unreadable', 'missing'],
      ['*.sys', 'unreadable', 'missing'],
      ['', 'unreadable', 'name'],
      ['a.sys', 'clean', undefined],
    ],
  );
});

for (const [what, list, words] of [
  ['an empty list', '', /The list on standard input is empty/],
  ['no list at all', 'x'.repeat(200_000), /no list of paths/],
] as const)
  test(`${what}: status 2, with words`, async (t) => {
    const { exitCode, report } = await check(scratch(t), list);
    t.is(exitCode, 2);
    t.is(report.images.length, 1);
    t.regex(report.images[0]?.error?.message ?? '', words);
  });

test('a folder as standard input', (t) => {
  const stdin = openSync(scratch(t), 'r');
  const { status, stdout } = spawnSync(process.execPath, [COMMAND, 'check', '--stdin0'], {
    env: quietEnvironment(),
    encoding: 'utf8',
    stdio: [stdin, 'pipe', 'pipe'],
  });
  t.is(status, 2);
  t.regex(stdout, /standard\s+input/);
});

/** As many names of one file, none of them given twice: each bit of the number is a slash or two. */
function* spellings(count: number): Generator<string> {
  for (let index = 0; index < count; index++) {
    const slashes = [...index.toString(2)].map((bit) => (bit === '1' ? '//' : '/'));
    yield `d/..${slashes.join('.')}a.sys\0`;
  }
}

test('100,000 names', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  mkdirSync(join(folder, 'd'));
  const { exitCode, stdout } = await run(['check', '--stdin0', '--format', 'ndjson'], {
    cwd: folder,
    stdin: undefined,
    input: [...spellings(100_000)].join(''),
  });
  t.is(exitCode, 0);
  t.is(stdout.split('\n').length, 100_002);
  t.regex(stdout, /"summary":\{"images":100000,"clean":100000,/);
});

for (const [what, count] of [
  ['one', 1],
  ['enough for threads', 40],
] as const) {
  test(`a list that stands still after ${what}: what it named is told of before it goes on`, async (t) => {
    const folder = scratch(t);
    const paths = manyDrivers(folder, count);
    const env = quietEnvironment();
    const args = [COMMAND, 'check', '--stdin0', '--format', 'ndjson', '--code', '--jobs', '2'];
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] });
    t.teardown(() => child.kill('SIGKILL'));
    let lines = 0;
    child.stdout.on('data', (data: Buffer) => {
      lines += data.toString().split('\n').length - 1;
    });
    const closed = once(child, 'close');
    child.stdin.write(paths.map((path) => `${path}\0`).join(''));
    for (let waited = 0; lines < count && waited < 30_000; waited += 50) await setTimeout(50);
    t.is(lines, count);
    child.stdin.end();
    await closed;
    t.is(lines, count + 1);
  });
}

(existsSync('/dev/full') ? test : test.skip)(
  'the report cannot be written: the rest of the list is not waited for',
  async (t) => {
    const { folder } = folderWith(t, { 'a.sys': 'clean' });
    mkdirSync(join(folder, 'd'));
    const child = spawn(process.execPath, [COMMAND, 'check', '--stdin0', '--format', 'ndjson'], {
      cwd: folder,
      env: quietEnvironment(),
      stdio: ['pipe', openSync('/dev/full', 'w'), 'ignore'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    child.stdin?.on('error', () => undefined);
    child.stdin?.write([...spellings(1000)].join(''));
    const [status] = (await once(child, 'exit', { signal: AbortSignal.timeout(60_000) })) as [number];
    t.is(status, 2);
  },
);
