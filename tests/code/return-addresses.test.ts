/** Driver Verifier reports where the innermost call returns to: jumps on the way to the DDI leave no return address. */
import test from 'ava';
import { check } from '../../fixer/rules/check.js';
import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { codeEngine, parsed } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

/** What the source makes of the result, right after the call. */
const after = {
  x64: [0x48, 0x05, 0x34, 0x02, 0x00, 0x00], // Intel SDM, ADD: add rax, 234h
  x86: [0x05, 0x34, 0x02, 0x00, 0x00], // add eax, 234h
  arm64: [0x00, 0xd0, 0x08, 0x91], // Arm ARM, ADD (immediate): add x0, x0, #0x234
} as const;
const name = {
  x64: 'ExAllocatePoolWithTag',
  x86: '_ExAllocatePoolWithTag@12',
  arm64: 'ExAllocatePoolWithTag',
} as const;

const forms = {
  'an import’s stub': { through: 'stub', wrappers: null },
  'a wrapper that ends in a jump': { through: 'wrapper', wrappers: 'a wrapper' },
} as const;

for (const arch of ['x64', 'x86', 'arm64'] as const)
  for (const [what, { through, wrappers }] of Object.entries(forms)) {
    // Arguments on the stack: clang makes that a call.
    if (arch === 'x86' && through === 'wrapper') continue;
    test(`${arch}: ${what}`, async (t) => {
      if (!toolsReady(t, smallDriverTools)) return;
      // Without __declspec(dllimport).
      const source = `
        PVOID NTAPI stub(POOL_TYPE type, SIZE_T size, ULONG tag) __asm__("${name[arch]}");
        static NOINLINE __attribute__((used)) PVOID NTAPI wrapper(POOL_TYPE type, SIZE_T size, ULONG tag) { return stub(type, size + 8, tag); }
        CASE(x)(SIZE_T size) { return (UCHAR *)${through}(NonPagedPool, size, TAG) + 0x234; }`;
      const image = parsed(await smallDriver({ source, arch, level: 'O2' }));
      const findings = check(image, { code: readingCode(codeEngine()) }).findings.filter(({ data }) => data['ddi']);
      t.is(findings.length, 1);
      const [finding] = findings;
      const found = image.readRva(Number(finding?.data['returnRva']), after[arch].length);
      t.deepEqual(found.ok && [...found.value], [...after[arch]]);
      t.is(/The call goes through (.*?):/.exec(finding?.message ?? '')?.[1] ?? null, wrappers);
    });
  }
