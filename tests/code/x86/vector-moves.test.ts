/** MOVSD and CMPSD are string instructions and instructions of SSE2; with one mnemonic, but they write other places. */
import test from 'ava';
import { saidOf, smallDriverTools } from '../../support/code/small-driver.js';
import { toolsReady } from '../../support/toolchain/tools.js';

/** A pool type on the stack, and what is copied over it. */
const copying = (instructions: string): string => `
  static const unsigned long long Plain = 0;
  CASE(copy)(SIZE_T size) {
    volatile unsigned long long type = NonPagedPoolNx;
    __asm__ volatile("${instructions}" : "=m"(type) : "m"(Plain), "S"(size) : "xmm0", "memory");
    return ExAllocatePoolWithTag((POOL_TYPE)(ULONG)type, size, TAG);
  }`;

for (const level of ['O0', 'O2'] as const)
  test(`what MOVSD of SSE2 copies over a pool type counts, at ${level}`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const said = (instructions: string) => saidOf({ source: copying(instructions), arch: 'x64', level }, 'HVCI2000');
    t.deepEqual(await said('movsd %1, %%xmm0; movsd %%xmm0, %0'), ['undetermined']);
    t.deepEqual(await said('movsd %1, %%xmm0; vmovsd %%xmm0, %0'), ['undetermined']);
    t.deepEqual(await said('movsd %1, %%xmm0; cmpeqsd %%xmm0, %%xmm0; movhps %%xmm0, %0'), ['undetermined']);
  });

test('a register that MOVSD of SSE2 does not name keeps its value', async (t) => {
  if (!toolsReady(t, smallDriverTools)) return;
  const source = `
    static unsigned long long Other;
    CASE(kept)(SIZE_T size) {
      register SIZE_T type __asm__("rsi") = 0;
      __asm__ volatile("xorl %%esi, %%esi; movsd %1, %%xmm0; cmpeqsd %1, %%xmm0; movsd %%xmm0, %1; movl %%esi, %%ecx; callq *__imp_ExAllocatePoolWithTag(%%rip)" : "+r"(type), "+m"(Other) : "d"(size) : "rcx", "xmm0", "memory");
      return (void *)type;
    }`;
  t.deepEqual(await saidOf({ source, arch: 'x64', level: 'O2' }, 'HVCI2000'), ['violation 0']);
});
