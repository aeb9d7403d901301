/** The pool tag that a message names: the caller's, where a wrapper passes it on. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { buildCodeDriver, ENTER, ecx, edx, LEAVE, r8d } from '../support/code/code-driver.js';
import { factsOf } from '../support/code/engine.js';
import { buildKnownDriver } from '../support/code/known-answers.js';
import { toolsReady } from '../support/toolchain/tools.js';

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: the tag is that of the caller on the chain`, async (t) => {
    if (!toolsReady(t, ['clang-22', 'lld-link-22', 'llvm-dlltool-22'])) return;
    for (const level of ['O0', 'O2'] as const) {
      const driver = await buildKnownDriver('shapes.c', arch, level);
      const tags = new Map<string, string | null>();
      for (const call of factsOf(await readFile(driver.path)).calls)
        tags.set(driver.symbols.get(call.function) ?? '', call.tag);
      t.is(tags.get('case_tagged'), 'Mine');
      t.is(tags.get('case_tagged_otherwise'), 'Yurs');
      t.is(tags.get('case_returned_to_wrapper'), 'TTag');
    }
  });
}

test('a tag with a byte that is no character is told in hexadecimal; 0 is none', (t) => {
  const tagOf = (tag: number): string | null | undefined => {
    const parts = [ENTER, ecx(0), edx(16), r8d(tag), { call: 'ExAllocatePoolWithTag' }, LEAVE];
    return factsOf(buildCodeDriver({ functions: ['ExAllocatePoolWithTag'], parts }).bytes).calls[0]?.tag;
  };
  t.is(tagOf(0x74736554), 'Test');
  t.is(tagOf(0x31), '0x00000031');
  t.is(tagOf(0x414141a5), '0x414141a5');
  t.is(tagOf(0xffffffff), '0xffffffff');
  t.is(tagOf(0), null);
});
