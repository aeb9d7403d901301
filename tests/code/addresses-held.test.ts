/** Addresses in a section that loses write access, which code or data holds: who has them may write there. */
import test from 'ava';
import { planFixes } from '../../fixer/fix/plan.js';
import { check } from '../../fixer/rules/check.js';
import { codeEngine, parsed } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

const inInit = (uses: string, pointer: 'table' | '0' = '0'): string => `
  #define PLACE ${pointer}
  __attribute__((section("INIT$d"))) ULONG table[8] = {1, 2, 3};
  __attribute__((section("INIT"), noinline)) int starts(int a) { return (int)(ULONG_PTR)Ask(a) + 1; }
  ULONG *volatile kept = PLACE;
  NOINLINE void fills(volatile ULONG *to, ULONG count) { for (ULONG at = 0; at < count; at++) to[at] = at; }
  CASE(uses)(SIZE_T size) { ${uses} return (void *)size; }`;

for (const arch of ['x64', 'arm64', 'x86'] as const)
  test(`${arch}: the plan names data whose address a pointer holds`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const noteOf = async (uses: string, level: 'O0' | 'O2', pointer?: 'table') => {
      const image = parsed(
        await smallDriver({ source: inInit(uses, pointer), arch, level, link: ['/section:INIT,erw'] }),
      );
      const { notes, edits } = planFixes(image, check(image), { code: codeEngine() });
      t.true(edits.some(({ field }) => /^sections.*characteristics$/.test(field)));
      return notes.find((note) => note.startsWith('the address of'));
    };
    for (const level of ['O0', 'O2'] as const) {
      t.regex(
        (await noteOf('fills(table, (ULONG)size);', level)) ?? '',
        /address of rva 0x[0-9a-f]+ in INIT is held in a pointer: make sure/,
      );
      t.regex((await noteOf('kept[1] = 2;', level, 'table')) ?? '', /is held in a pointer/);
      t.is(await noteOf('Consume((void *)starts);', level), undefined);
      t.is(await noteOf('Ask(starts((int)size));', level), undefined);
    }
  });
