/** Which instructions store: x86 and x64 against iced-x86's own description of each, ARM64 against the manual's. */
import test from 'ava';
import { READS_FIRST } from '../../fixer/code/x86/mnemonics.js';
import { codeEngine, parsed } from '../support/code/engine.js';
import { smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { memoryEncodings } from '../support/code/x86-encodings.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

test('what has memory as its first operand and only reads it', (t) => {
  const reads = new Set<number>();
  const writes = new Set<number>();
  for (const bitness of [32, 64] as const)
    for (const { operand, mnemonic, writes: isWrite } of memoryEncodings(bitness)) {
      if (operand === 0) (isWrite ? writes : reads).add(mnemonic);
      else t.false(isWrite, `mnemonic ${mnemonic} writes another operand than its first`);
    }
  t.deepEqual(
    [...reads].filter((mnemonic) => !READS_FIRST.has(mnemonic)),
    [],
  );
  t.deepEqual(
    [...READS_FIRST].filter((mnemonic) => writes.has(mnemonic)),
    [],
  );
  t.true(reads.size > 70, `${reads.size} mnemonics`);
});

test('x64: every instruction that writes a place of the image is a store into its section, and no other', (t) => {
  const wrong: string[] = [];
  let count = 0;
  for (const { bytes, displacement, name, writes, isPlain, isRelative } of memoryEncodings(64)) {
    if (!isPlain || !isRelative) continue;
    const text = (rvaOf: (section: string) => number): Uint8Array => {
      const code = new Uint8Array(0x60).fill(0xcc);
      code.set(bytes);
      new DataView(code.buffer).setInt32(displacement, rvaOf('INIT') + 8 - (rvaOf('.text') + bytes.length), true);
      code[bytes.length] = 0xc3;
      return code;
    };
    const image = buildDriver({ change: { '.text': { data: text } } });
    const found = codeEngine().storesInto(parsed(image.bytes), new Set([image.section('INIT').index]));
    count++;
    if ((found?.stores.length === 1) !== writes) wrong.push(`${name} ${Buffer.from(bytes).toString('hex')}`);
  }
  t.true(count > 1000, `${count} instructions`);
  t.deepEqual(wrong, []);
});

const A64_LOADS = [
  ...['prfm pldl1keep, [%0]', 'prfm pstl1keep, [%0]', 'prfum pldl1keep, [%0, #1]', 'dc cvau, %0', 'dc civac, %0'],
  ...['ic ivau, %0', 'at s1e1r, %0', 'ldr x9, [%0]', 'ldp x9, x10, [%0]', 'ldrsw x9, [%0, #4]', 'ldtr x9, [%0]'],
  ...[
    'ldapr x9, [%0]',
    'ldapur x9, [%0, #8]',
    'ldxr x9, [%0]',
    'ldaxr w9, [%0]',
    'ldaxp x9, x10, [%0]',
    'ldar x9, [%0]',
  ],
  ...['ldr q0, [%0], #16', 'ldnp q0, q1, [%0]', 'ld1 {v0.16b}, [%0]', 'ld1r {v0.4s}, [%0]', 'ld4 {v0.b-v3.b}[1], [%0]'],
  ...['ldg x9, [%0]', 'ld64b x0, [%0]'],
];
const A64_STORES = [
  ...[
    'str x9, [%0]',
    'strb w9, [%0, x10]',
    'str x9, [%0, #8]!',
    'strh wzr, [%0]',
    'sttrb w9, [%0]',
    'stp x9, x10, [%0]',
  ],
  ...['str q0, [%0, #16]', 'stur q0, [%0, #3]', 'str h0, [%0]', 'stp d0, d1, [%0]', 'stnp q0, q1, [%0]'],
  ...[
    'stlr x9, [%0]',
    'stllr x9, [%0]',
    'stlrb wzr, [%0]',
    'stlur x9, [%0, #8]',
    'stlurb w9, [%0]',
    'stlxr w10, x9, [%0]',
  ],
  ...['stxp w11, x9, x10, [%0]', 'swp x9, x10, [%0]', 'stadd x9, [%0]', 'ldsmax x9, x10, [%0]', 'casb w9, w10, [%0]'],
  ...['casal x9, x10, [%0]', 'casp x0, x1, x2, x3, [%0]', 'caspal x0, x1, x2, x3, [%0]', 'st64b x0, [%0]'],
  ...['st1 {v0.2d-v3.2d}, [%0], #64', 'st2 {v0.4s, v1.4s}, [%0]', 'st4 {v0.b-v3.b}[1], [%0]', 'st1 {v0.2d}, [%0], #16'],
  ...['dc zva, %0', 'dc gzva, %0', 'stg %0, [%0]', 'stzg %0, [%0]', 'st2g %0, [%0], #32', 'stgp x9, x10, [%0]'],
  'setp [%0]!, %1!, x9',
];

/** A function for each instruction, which gets the address of `area`. */
const each = (instructions: readonly string[]): string => `
  __attribute__((section("patched"))) UCHAR area[256] = {0x90};
  ${instructions
    .map(
      (text, index) => `CASE(n${index})(SIZE_T length) {
        void *to = area;
        Ask(1);
        __asm__ volatile(".arch armv8.7-a+mte+ls64+mops\\n" "${text}" : "+r"(to), "+r"(length) : : "memory", "x0",
          "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x9", "x10", "x11", "v0", "v1", "v2", "v3");
        return to;
      }`,
    )
    .join('\n')}`;

for (const [what, instructions, stores] of [
  ['stores', A64_STORES, A64_STORES.length],
  ['loads and hints', A64_LOADS, 0],
] as const)
  test(`arm64: ${what}`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const image = parsed(await smallDriver({ source: each(instructions), arch: 'arm64', level: 'O2' }));
    const { index = -1 } = image.sections.find(({ name }) => name === 'patched') ?? {};
    const found = codeEngine().storesInto(image, new Set([index]))?.stores ?? [];
    t.is(new Set(found.map((store) => store.function)).size, stores);
  });
