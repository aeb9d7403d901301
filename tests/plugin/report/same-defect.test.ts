/** The same wrong call at many places: the words once and the places below in text, a result each in SARIF and JSON. */
import { writeFileSync } from 'node:fs';
import test from 'ava';
import {
  buildCodeDriver,
  type CodeDriver,
  ENTER,
  ecx,
  edx,
  LEAVE,
  positionOf,
  r8d,
} from '../../support/code/code-driver.js';
import { folderWith, run } from '../../support/command.js';

const TAG = 0x74736554; // 'Test'
const call = (type: number) => [ecx(type), edx(16), r8d(TAG), { call: 'ExAllocatePoolWithTag' }] as const;
const PARTS_OF_A_CALL = 4;

function driverWith(...types: number[]): CodeDriver {
  return { functions: ['ExAllocatePoolWithTag'], parts: [ENTER, ...types.flatMap((type) => [...call(type)]), LEAVE] };
}

async function reports(t: Parameters<typeof folderWith>[0], driver: CodeDriver) {
  const { folder, at } = folderWith(t);
  const image = buildCodeDriver(driver);
  writeFileSync(at('a.sys'), image.bytes);
  const calls = driver.parts.filter((part) => typeof part === 'object' && 'call' in part).length;
  const text = image.section('.text');
  const rvas = Array.from({ length: calls }, (_, i) => text.rva + positionOf(driver, (i + 1) * PARTS_OF_A_CALL));
  const { stdout } = await run(['a.sys', '--code', '--treat-as', 'driver'], { cwd: folder });
  const sarif = JSON.parse(
    (await run(['a.sys', '--code', '--treat-as', 'driver', '--format', 'sarif'], { cwd: folder })).stdout,
  );
  const results = sarif.runs[0].results.filter(({ ruleId }: { ruleId: string }) => ruleId === 'HVCI2000');
  return { stdout, results, rvas };
}

test('twelve of one kind and one of another: two messages, eight more places, the number of the rest', async (t) => {
  const { stdout, results, rvas } = await reports(t, driverWith(...Array<number>(12).fill(0), 4));
  t.is(results.length, 13);
  t.regex(stdout, /HVCI2000 execute-pool-type, 13 times/);
  t.is(stdout.match(/is passed/g)?.length, 2);
  const also = [
    ...stdout.matchAll(/^ {2}also +.*\brva 0x([0-9a-f]+), returns to rva 0x([0-9a-f]+), pool tag 'Test'$/gm),
  ];
  t.deepEqual(
    also.map(([, rva = '', back = '']) => [Number.parseInt(rva, 16), Number.parseInt(back, 16)]),
    rvas.slice(1, 9).map((rva) => [rva, rva + 6]),
  );
  t.regex(stdout, /and 3 more like these; --format json lists every one/);
});

// POOL_TYPE has ten values without the NX bit that are not paged (wdm.h), and flags.
test('more kinds of calls than are shown of anything else: a message for each, however often the first is repeated', async (t) => {
  const { stdout } = await reports(t, driverWith(...Array<number>(20).fill(0), 2, 4, 6, 32, 34, 36, 38, 16));
  t.regex(stdout, /HVCI2000 execute-pool-type, 28 times/);
  t.is(stdout.match(/is passed/g)?.length, 9);
  t.is(stdout.match(/^ {2}also /gm)?.length, 8);
  t.regex(stdout, /and 11 more like these; --format json lists every one/);
});

test('different values are different defects: a message for each', async (t) => {
  const { stdout, results } = await reports(t, driverWith(0, 4, 0));
  t.is(results.length, 3);
  t.is(stdout.match(/is passed/g)?.length, 2);
  t.is(stdout.match(/^ {2}also /gm)?.length, 1);
  t.notRegex(stdout, /more like these/);
});

test('calls with different remedies: each stands once, below the last call that it is for', async (t) => {
  const { stdout } = await reports(t, driverWith(0, 4, 0, 4));
  const heads = [...stdout.matchAll(/is passed PoolType\s+(\w+)|^ {2}remedy .*\n.*?(NonPagedPoolNx\w*)/gm)];
  t.deepEqual(
    heads.slice(0, 4).map(([, passed, remedy]) => passed ?? remedy),
    ['NonPagedPool', 'NonPagedPoolNx', 'NonPagedPoolCacheAligned', 'NonPagedPoolNxCacheAligned'],
  );
  t.is(stdout.slice(0, stdout.indexOf('  effect ')).match(/^ {2}remedy /gm)?.length, 2);
});

test('a tag that is no text is shown as a number', async (t) => {
  const call = [ecx(0), edx(16), r8d(0x31), { call: 'ExAllocatePoolWithTag' }] as const;
  const { stdout, results } = await reports(t, {
    functions: ['ExAllocatePoolWithTag'],
    parts: [ENTER, ...call, ...call, LEAVE],
  });
  t.regex(stdout.replaceAll(/\s+/g, ' '), /\(pool tag 0x00000031\)/);
  t.regex(stdout, /^ {2}also .*, pool tag 0x00000031$/m);
  t.is(results.length, 2);
});
