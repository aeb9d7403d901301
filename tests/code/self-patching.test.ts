/** HVCI3004 on code that nobody gave write access: its address is made in a register first, as that of any callback is. */
import test from 'ava';
import { codeEngine, parsed } from '../support/code/engine.js';
import { saidOf, smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import { toolsReady } from '../support/toolchain/tools.js';

const victim = 'static __attribute__((noinline)) int victim(int a) { return (int)(ULONG_PTR)Ask(a) * 5; }';
const driver = (body: string): string => `
  ${victim}
  CASE(patches)(SIZE_T length) {
    // Code is read only where something is imported that it may call wrongly.
    UCHAR *with = ExAllocatePoolWithTag(NonPagedPoolNx, victim(1), 1);
    volatile UCHAR *code = (volatile UCHAR *)victim;
    __asm__ volatile("" : "+r"(code));
    ${body}
    return (void *)length;
  }`;

const patching = {
  'one byte': 'code[0] = 0xc3;',
  'a jump':
    'code[0] = 0x48; code[1] = 0xb8; *(volatile SIZE_T *)(code + 2) = length; code[10] = 0xff; code[11] = 0xe0;',
  'a loop': 'for (int i = 0; i < 14; i++) code[i] = with[i];',
  'a loop that decrypts': 'for (int i = 0; i < 64; i++) code[i] ^= 0x5a;',
} as const;
const harmless = {
  'a callback that is passed on': 'Consume((void *)code);',
  'a callback that is stored in a structure': 'struct { void *a, *b; } both = { (void *)code, with }; Consume(&both);',
  'a byte of code that is read': 'Consume((void *)(SIZE_T)(code[0] == 0xcc));',
  'a store through what a callback is stored in': '*(volatile UCHAR **)with = code; with[9] = 1;',
} as const;

for (const arch of ['x64', 'arm64', 'x86'] as const)
  test(`${arch}: code that its own driver writes to`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    for (const level of ['O0', 'O1', 'O2', 'Os'] as const) {
      for (const [name, body] of Object.entries(patching))
        t.true((await saidOf({ source: driver(body), arch, level }, 'HVCI3004')).includes('store'), `${name} ${level}`);
      for (const [name, body] of Object.entries(harmless))
        t.deepEqual(await saidOf({ source: driver(body), arch, level }, 'HVCI3004'), [], `${name} ${level}`);
    }
  });

for (const arch of ['x64', 'arm64', 'x86'] as const)
  test(`${arch}: below a page of alignment read-only data can be written, and is found to be`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const source = `
      __attribute__((section(".rdata"))) const int constants[4] = {1, 2, 3, 4};
      CASE(writes)(SIZE_T length) {
        for (int i = 0; i < 4; i++) ((volatile int *)constants)[i] = i;
        return (void *)length;
      }`;
    for (const level of ['O0', 'O1', 'O2'] as const) {
      const bytes = await smallDriver({ source, arch, level });
      // SectionAlignment (PE specification, "Optional Header Windows-Specific Fields").
      bytes.writeUInt32LE(0x200, bytes.readUInt32LE(0x3c) + 24 + 32);
      const image = parsed(bytes);
      const { index = -1 } = image.sections.find(({ name }) => name === '.rdata') ?? {};
      t.not(codeEngine().storesInto(image, new Set([index]))?.stores.length, 0, level);
    }
  });
