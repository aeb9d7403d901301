/** Addresses in a section that loses write access, given to code that may write there. */
import test from 'ava';
import { planFixes } from '../../fixer/fix/plan.js';
import { check } from '../../fixer/rules/check.js';
import { codeEngine, parsed } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

const inInit = (uses: string): string => `
  __attribute__((section("INIT$d"))) ULONG table[8] = {1, 2, 3};
  __attribute__((section("INIT"), noinline)) int starts(int a) { return (int)(ULONG_PTR)Ask(a) + 1; }
  NOINLINE void fills(volatile ULONG *to, ULONG count) { for (ULONG at = 0; at < count; at++) to[at] = at; }
  CASE(uses)(SIZE_T size) { ${uses} return (void *)size; }`;

for (const arch of ['x64', 'arm64', 'x86'] as const)
  test(`${arch}: the plan names what other code is given the address of`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const noteOf = async (uses: string, level: 'O0' | 'O2') => {
      const image = parsed(await smallDriver({ source: inInit(uses), arch, level, link: ['/section:INIT,erw'] }));
      const { notes, edits } = planFixes(image, check(image), { code: codeEngine() });
      t.true(edits.some(({ field }) => /^sections.*characteristics$/.test(field)));
      return notes.find((note) => note.startsWith('other code'));
    };
    for (const level of ['O0', 'O2'] as const) {
      t.regex((await noteOf('fills(table, (ULONG)size);', level)) ?? '', /address of rva 0x[0-9a-f]+ in it: make sure/);
      t.is(await noteOf('Consume((void *)starts);', level), undefined);
      t.is(await noteOf('size += table[size & 7];', level), undefined);
    }
  });
