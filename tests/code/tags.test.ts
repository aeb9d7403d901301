/** The pool tag that a message names: the caller's, where a wrapper passes it on. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
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
