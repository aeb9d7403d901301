/** The helpers themselves: sharing results between processes, and what happens when a tool is missing. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { cachedFolder, keyOf } from '../support/toolchain/cache.js';
import { driversFolder } from '../support/toolchain/paths.js';
import { parseReadobjText } from '../support/toolchain/readobj-text.js';
import { toolchainMissing, toolsReady } from '../support/toolchain/tools.js';

/** Records what a test would have been told. */
function recorder(): { t: ExecutionContext; said: string[] } {
  const said: string[] = [];
  const t = {
    fail: (message: string) => said.push(`fail: ${message}`),
    log: (message: string) => said.push(`log: ${message}`),
    pass: () => said.push('pass'),
  };
  return { t: t as unknown as ExecutionContext, said };
}

test.serial('a missing tool skips the test, but fails it under CI', (t) => {
  const before = process.env['CI'];
  const outcomes = ['', 'true'].map((ci) => {
    process.env['CI'] = ci;
    const { t: inner, said } = recorder();
    return [toolsReady(inner, ['no-such-tool-1']), ...said.map((line) => line.replace(/:.*/, ''))];
  });
  if (before === undefined) delete process.env['CI'];
  else process.env['CI'] = before;
  t.deepEqual(outcomes, [
    [false, 'log', 'pass'],
    [false, 'fail'],
  ]);
});

test('missing tools are named', (t) => {
  t.deepEqual(toolchainMissing(['no-such-tool-1', '/bin/sh', 'sh']), ['no-such-tool-1']);
});

test('of several makers of one result, all get one whole folder and nothing is left over', async (t) => {
  const key = `test-${keyOf(String(process.pid), String(process.hrtime.bigint()))}`;
  let makers = 0;
  const folders = await Promise.all(
    Array.from({ length: 8 }, () =>
      cachedFolder(key, async (own) => {
        const maker = String(makers++);
        await writeFile(join(own, 'first'), maker);
        await writeFile(join(own, 'second'), maker);
      }),
    ),
  );
  t.is(makers, 8, 'all of them found nothing and began');
  t.deepEqual(new Set(folders), new Set([join(driversFolder, key)]));
  t.is(await readFile(join(folders[0]!, 'first'), 'utf8'), await readFile(join(folders[0]!, 'second'), 'utf8'));
  const leftOver = (await readdir(driversFolder)).filter((name) => name.startsWith(`.making-${process.pid}-`));
  t.deepEqual(leftOver, []);
  await cachedFolder(key, () => t.fail('made again') as never);
  await rm(folders[0]!, { recursive: true });
});

test('a maker that fails says so and leaves nothing', async (t) => {
  const key = `test-failing-${process.pid}`;
  const failing = cachedFolder(key, () => Promise.reject(new Error('the compiler said no')));
  await t.throwsAsync(failing, { message: 'the compiler said no' });
  t.false((await readdir(driversFolder)).includes(key));
});

test('keys tell where one part ends', (t) => {
  t.not(keyOf('ab', 'c'), keyOf('a', 'bc'));
});

test('readobj text: nesting, flags, repeated keys', (t) => {
  const root = parseReadobjText(
    'Import {\n  Name: a.sys\n  Symbol: X (0)\n  Symbol: Y (1)\n}\nS {\n  C [ (0x22)\n  ]\n}\n',
  );
  t.deepEqual(root.child('Import').texts('Symbol'), ['X (0)', 'Y (1)']);
  t.is(root.child('S').child('C').label, '(0x22)');
  t.throws(() => root.child('S').text('Name'), { message: 'llvm-readobj printed no Name in S' });
});
