/** More functions that return the argument than are gone over: calls of those that come later stay undetermined, all others judged. */
import test from 'ava';
import { factsOf } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

/** 200,000 instructions are gone over for all of them: each has a thousand. */
const COUNT = 300;
const INSTRUCTIONS = 1000;

const numbers = Array.from({ length: COUNT }, (_, index) => index);
/** One that changes nothing; not NOP, which may as well be the padding before a function. */
const fillers = { x64: 'test %%eax, %%eax', x86: 'test %%eax, %%eax', arm64: 'tst w0, w0' } as const;
const sourceFor = (filler: string): string => `
  #define GETTER(number) \\
    __attribute__((weak)) NOINLINE POOL_TYPE type##number(void) { \\
      __asm__ volatile(".rept ${INSTRUCTIONS}\\n ${filler}\\n .endr" : : : "cc"); \\
      return NonPagedPool; \\
    } \\
    CASE(getter##number)(SIZE_T size) { return ExAllocatePoolWithTag(type##number(), size, TAG); }
  ${numbers.map((number) => `GETTER(${number})`).join('\n')}
  static volatile ULONG variable = NonPagedPool;
  static NOINLINE void *wrapper(POOL_TYPE type) { Ask(1); return (UCHAR *)ExAllocatePoolWithTag(type, 64, TAG) + 1; }
  CASE(later_constant)(SIZE_T size) { return ExAllocatePoolWithTag(NonPagedPoolCacheAligned, size, TAG); }
  CASE(later_variable)(SIZE_T size) { variable = NonPagedPoolNx; return ExAllocatePoolWithTag(variable, size, TAG); }
  CASE(later_wrapper)(void) { return (UCHAR *)wrapper(NonPagedPoolNxCacheAligned) + 1; }`;

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: more getters than are gone over`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const { calls, unseen } = factsOf(await smallDriver({ source: sourceFor(fillers[arch]), arch, level: 'O1' }));
    const found = calls.map(({ outcome, values }) => [outcome, ...[...values].sort((a, b) => a - b)].join(' '));
    t.is(found.length, COUNT + 3);
    t.is(found.filter((text) => text === 'violation 0' || text === 'undetermined').length, COUNT);
    t.is(found[0], 'violation 0');
    t.true(found.includes('undetermined'), 'the limit is not reached: the test shows nothing');
    for (const later of ['violation 4', 'opt-in 0 512', 'ok 516']) t.true(found.includes(later), later);
    t.deepEqual(unseen, []);
  });
}
