/** What is too much work is counted and said: no function is gone over for ever, and none of which that is true is clean. */
import test from 'ava';
import { BlockRunner } from '../../fixer/code/block-runner.js';
import { Budget, MOST_INSTRUCTIONS } from '../../fixer/code/budget.js';
import { inRanges, isInside } from '../../fixer/code/ranges.js';
import { UnwoundFunction } from '../../fixer/code/unwound-function.js';
import { buildCodeDriver, ENTER, ecx, edx, LEAVE, type Part, r8d } from '../support/code/code-driver.js';
import { codeEngine, factsOf, parsed } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

const functions = ['ExAllocatePoolWithTag'];
const SECTIONS = new Set([0, 1, 2]);
const call: Part[] = [edx(16), r8d(1), { call: 'ExAllocatePoolWithTag' }];
const jump = (by: number): number[] => [0xe9, by & 255, (by >> 8) & 255, (by >> 16) & 255, (by >> 24) & 255];

/** je to the next instruction: a block each. */
const blocks = (count: number): number[] => Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? 0x74 : 0));

/** The pool type that the loop begins with is 512; five turns later it is 0, which four registers have handed on. */
function loop(count: number): Buffer {
  const body = blocks(count);
  const before: number[] = [
    ...[0xbf, 0, 2, 0, 0, 0xbe, 0, 2, 0, 0], // mov edi, 512; mov esi, 512
    ...[0xbb, 0, 2, 0, 0, 0xbd, 0, 2, 0, 0, 0x45, 0x31, 0xe4], // mov ebx, 512; mov ebp, 512; xor r12d, r12d
  ];
  const after = [0x89, 0xf9, 0x89, 0xf7, 0x89, 0xde, 0x89, 0xeb, 0x44, 0x89, 0xe5]; // ecx = edi = esi = ebx = ebp = r12d
  const called = 5 + 6 + 6; // mov edx, 16; mov r8d, 1; call
  const back = jump(-(body.length + called + after.length + 5));
  const parts: Part[] = [[...ENTER], ecx(512), before, body, ...call, after, back, [...LEAVE]];
  return Buffer.from(buildCodeDriver({ functions, parts }).bytes);
}

const outcomes = (bytes: Uint8Array): (readonly [string, readonly number[]])[] =>
  factsOf(bytes).calls.map(({ outcome, values }) => [outcome, values] as const);

test('a loop whose states are found', (t) => {
  const bytes = loop(100);
  t.deepEqual(outcomes(bytes), [['conditional', [512, 0]]]);
  t.deepEqual(factsOf(bytes).unseen, []);
  t.true(codeEngine().storesInto(parsed(bytes), SECTIONS)?.isWhole);
});

test('a loop whose states take too long is undetermined, though what was found of them is safe', (t) => {
  const bytes = loop(14_000);
  t.deepEqual(outcomes(bytes), [['undetermined', []]]);
  t.deepEqual(
    factsOf(bytes).unseen.map(({ rule }) => rule),
    ['HVCI3004'],
  );
  const image = parsed(bytes);
  codeEngine().analyse(image);
  t.false(codeEngine().storesInto(image, SECTIONS)?.isWhole);
});

test('of a function that is too large not all is decoded, which every rule is told', (t) => {
  const parts: Part[] = [[...ENTER], ecx(0), ...call, blocks(MOST_INSTRUCTIONS), ecx(0), ...call, [...LEAVE]];
  const { bytes } = buildCodeDriver({ functions, parts });
  t.deepEqual(outcomes(bytes), [['undetermined', [0]]]);
  const rules = factsOf(bytes).unseen.map(({ rule }) => rule);
  t.true(rules.includes('HVCI2000') && rules.includes('HVCI3004'), rules.join());
});

// Each `sub rsp, rax` begins a stack of which nobody knows the distance from the one before. Their numbers ran into those
// of other things: of a thousand, the last ones were taken for a caller's.
for (const [count, rules] of [
  [100, []],
  [1100, ['HVCI3004']],
] as const)
  test(`a function with ${count} stacks`, (t) => {
    const stacks = Array.from({ length: count }, () => [0x48, 0x29, 0xc4]).flat();
    const { bytes } = buildCodeDriver({ functions, parts: [[...ENTER], stacks, ecx(0), ...call, [...LEAVE]] });
    t.deepEqual(outcomes(bytes), [[count === 100 ? 'violation' : 'undetermined', [0]]]);
    t.deepEqual(
      factsOf(bytes).unseen.map(({ rule }) => rule),
      rules,
    );
  });

test('of a large array that is filled on the stack the last values are known', (t) => {
  const stored = (at: number, value: number): number[] => [
    0xc7,
    0x84,
    0x24,
    at & 255,
    at >> 8,
    0,
    0,
    value & 255,
    value >> 8,
    0,
    0,
  ];
  const load = (at: number): number[] => [0x8b, 0x8c, 0x24, at & 255, at >> 8, 0, 0]; // mov ecx, [rsp+disp32]
  const array = Array.from({ length: 2000 }, (_, at) => stored(64 + 4 * at, 512)).flat();
  const outcomeOf = (at: number) =>
    outcomes(buildCodeDriver({ functions, parts: [[...ENTER], array, load(at), ...call, [...LEAVE]] }).bytes);
  t.deepEqual(outcomeOf(64 + 4 * 1999), [['ok', [512]]]);
  t.deepEqual(outcomeOf(64), [['undetermined', []]]);
});

// Each variable whose address is made was sought by going over the whole function.
test.serial('work on a function that allocates by 1,500 variables is what the image may be', (t) => {
  const { run } = BlockRunner.prototype;
  let work = 0;
  BlockRunner.prototype.run = function (this: BlockRunner, ...given: Parameters<typeof run>): void {
    work += given[0].instructions.length;
    run.apply(this, given);
  };
  t.teardown(() => {
    BlockRunner.prototype.run = run;
  });
  const data = { '.data': { data: new Uint8Array(0x4000) } };
  const build = (dataRva: number): Uint8Array => {
    const parts: Part[] = [[...ENTER]];
    let at = 0x1000 + ENTER.length;
    const to = (length: number, each: number): number[] => {
      at += length;
      const by = dataRva + 8 * each - at;
      return [by & 255, (by >> 8) & 255, (by >> 16) & 255, (by >> 24) & 255];
    };
    for (let each = 0; each < 1500; each++) {
      parts.push([0x48, 0x8d, 0x05, ...to(7, each)], [0x8b, 0x0d, ...to(6, each)], ...call, [0x74, 0]); // lea rax; mov ecx
      at += 5 + 6 + 6 + 2;
    }
    return buildCodeDriver({ functions, parts: [...parts, [...LEAVE]], change: data }).bytes;
  };
  const dataRva = parsed(build(0)).sections.find(({ name }) => name === '.data')?.virtualAddress ?? 0;
  const bytes = build(dataRva);
  const { calls } = factsOf(bytes);
  t.is(calls.length, 1500);
  const { steps } = new Budget(bytes.length);
  t.true(work < steps + 50_000, `${work} of ${steps}`);
});

test('a byte in one of many ranges of a function', (t) => {
  const code = new UnwoundFunction(parsed(loop(1)), 'x64', 0x5000);
  code.start({ begin: 0x5000, end: 0x5010 }, null);
  for (let each = 0; each < 40; each++) {
    const begin = 0x1000 + ((each * 7) % 40) * 32;
    code.ranges.push({ begin, end: begin + (each % 3 === 0 ? 32 : 20) });
  }
  const before = [...code.ranges];
  code.sortRanges();
  t.true(code.ranges.length < before.length);
  t.is(code.ranges[0]?.begin, 0x5000);
  for (let rva = 0xff0; rva < 0x5020; rva++) t.is(isInside(code.ranges, rva), inRanges(before, rva), `${rva}`);
});

test('arm64: a page that is named everywhere, with hundreds of stubs on it: they are not looked for without end', async (t) => {
  if (!toolsReady(t, smallDriverTools)) return;
  const stub = 'adrp x16, __imp_ExAllocatePoolWithTag\\n ldr x16, [x16, :lo12:__imp_ExAllocatePoolWithTag]\\n br x16';
  const source = `
    __asm__(".text\\n .p2align 12\\n stubs:\\n .rept 300\\n ${stub}\\n .endr");
    CASE(names)(SIZE_T size) {
      __asm__ volatile(".rept 20000\\n adrp x0, stubs\\n .endr" ::: "x0");
      return ExAllocatePoolWithTag(NonPagedPoolNx, size, 1);
    }`;
  const facts = codeEngine().analyse(parsed(await smallDriver({ source, arch: 'arm64', level: 'O2' })));
  t.true(facts?.unseen.some(({ reason }) => /larger than what one analysis/.test(reason)));
});
