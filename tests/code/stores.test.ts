/** Stores into sections: what `fix` asks before it takes write access away. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { buildCodeDriver, type CodeDriver, ENTER, LEAVE, positionOf } from '../support/code/code-driver.js';
import { codeEngine, parsed } from '../support/code/engine.js';
import { saidOf, smallDriver, smallDriverTools } from '../support/code/small-driver.js';
import type { BuiltImage } from '../support/image-builder.js';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { runtimeFunctionTable } from '../support/image-builder-tables.js';
import { committedSample } from '../support/toolchain/samples.js';
import { toolsReady } from '../support/toolchain/tools.js';

const storing = (section: string, at: number): CodeDriver => ({
  functions: ['IoCreateDevice'],
  parts: [ENTER, { store: { section, at } }, LEAVE],
});

function storesOf(image: BuiltImage, ...names: readonly string[]) {
  const indexes = new Set(names.map((name) => image.section(name).index));
  return codeEngine().storesInto(parsed(image.bytes), indexes)?.stores ?? null;
}

test('a store is found with its address, its target and its width, whatever the image imports', (t) => {
  const driver = storing('INIT', 8);
  const image = buildCodeDriver(driver);
  const text = image.section('.text').rva;
  const expected = {
    rva: text + positionOf(driver, 1),
    target: image.section('INIT').rva + 8,
    width: 4,
    function: text,
    isIndexed: false,
  };
  t.deepEqual(storesOf(image, 'INIT'), [expected]);
  t.deepEqual(storesOf(image, 'INIT', '.rdata'), [expected]);
  t.deepEqual(storesOf(image, '.rdata'), []);
});

test('a load, an address and a call are no stores', (t) => {
  // mov eax, [rip+x]; lea rax, [rip+x]; cmp [rip+x], eax; call [rip+x] of the next section.
  const code = (rvaOf: (name: string) => number): Uint8Array => {
    const bytes = new Uint8Array(0x60).fill(0xcc);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const opcode of [
      [0x8b, 0x05],
      [0x48, 0x8d, 0x05],
      [0x39, 0x05],
      [0xff, 0x15],
    ]) {
      bytes.set(opcode, at);
      at += opcode.length + 4;
      view.setInt32(at - 4, rvaOf('INIT') - (rvaOf('.text') + at), true);
    }
    bytes[at] = 0xc3;
    return bytes;
  };
  t.deepEqual(storesOf(buildDriver({ change: { '.text': { data: code } } }), 'INIT'), []);
});

test('data between functions that happens to be an instruction is none', (t) => {
  const image = buildDriver({
    change: {
      '.text': {
        data: (rvaOf) => {
          const bytes = new Uint8Array(0x60).fill(0xcc);
          bytes[0] = 0xc3;
          // add [rip+x], dl behind the only function of the exception directory; nothing refers to it.
          bytes.set([0x00, 0x15], 0x30);
          new DataView(bytes.buffer).setInt32(0x32, rvaOf('INIT') - (rvaOf('.text') + 0x36), true);
          bytes[0x36] = 0xc3;
          return bytes;
        },
      },
      '.pdata': { data: (rvaOf) => runtimeFunctionTable([rvaOf('.text'), rvaOf('.text') + 1, rvaOf('.rdata')]) },
      INIT: { characteristics: SCN.initRwx },
    },
  });
  t.deepEqual(storesOf(image, 'INIT'), []);
});

/** `call`, `jump` and `store` (into INIT) at their places in .text, each before a RET; the rest is int3 or `data`. */
interface Leaf {
  readonly call: number;
  readonly jump?: number;
  readonly store: number;
  readonly data?: readonly number[];
  readonly hasUnwindData: boolean;
}

/** The entry point calls what stores, or what jumps to it; unwind data, where there is any, tells of the entry point only. */
function leafDriver({ call, jump, store, data = [], hasUnwindData }: Leaf): BuiltImage {
  const code = (rvaOf: (name: string) => number): Uint8Array => {
    const bytes = new Uint8Array(0x60).fill(0xcc);
    const view = new DataView(bytes.buffer);
    bytes.set(data, 0x1b);
    bytes.set([0xe8, 0, 0, 0, 0, 0xc3], 0);
    view.setInt32(1, call - 5, true);
    if (jump !== undefined) {
      bytes[jump] = 0xe9;
      view.setInt32(jump + 1, store - (jump + 5), true);
    }
    // mov dword ptr [rip+disp32], imm32; ret
    bytes.set([0xc7, 0x05, 0, 0, 0, 0, 1, 0, 0, 0, 0xc3], store);
    view.setInt32(store + 2, rvaOf('INIT') + 8 - (rvaOf('.text') + store + 10), true);
    return bytes;
  };
  const unwound = (rvaOf: (name: string) => number): Uint8Array =>
    runtimeFunctionTable([rvaOf('.text'), rvaOf('.text') + 6, rvaOf('.rdata')]);
  return buildDriver({
    change: {
      '.text': { data: code },
      '.pdata': hasUnwindData ? { data: unwound } : null,
      INIT: { characteristics: SCN.initRwx },
    },
  });
}

for (const [what, leaf] of [
  ['without unwind data: what the entry point calls', { call: 0x20, store: 0x20, hasUnwindData: false }],
  ['without unwind data: what that one jumps to', { call: 0x20, jump: 0x20, store: 0x30, hasUnwindData: false }],
  ['a leaf that a leaf behind it jumps to', { call: 0x30, jump: 0x30, store: 0x20, hasUnwindData: true }],
  // mov rcx, imm64 would go on into the function.
  ['a leaf behind data', { call: 0x20, store: 0x20, data: [0x48, 0xb9, 1, 2, 3], hasUnwindData: true }],
  ['behind data, by a jump', { call: 0x30, jump: 0x30, store: 0x20, data: [0x48, 0xb9, 1, 2, 0], hasUnwindData: true }],
] as const)
  test(`a store in a function that only code leads to: ${what}`, (t) => {
    const image = leafDriver(leaf);
    t.deepEqual(
      storesOf(image, 'INIT')?.map(({ rva, target }) => [rva, target]),
      [[image.section('.text').rva + leaf.store, image.section('INIT').rva + 8]],
    );
  });

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: a driver that writes only data`, async (t) => {
    const image = parsed(await readFile(committedSample('clean', arch)));
    const code = image.sections.filter(({ name }) => name === '.text' || name === 'INIT').map(({ index }) => index);
    t.true(code.length > 0);
    t.deepEqual(codeEngine().storesInto(image, new Set(code)), { stores: [], addressesHeld: [], isWhole: true });
  });
}

test('a machine whose code is not read gives no answer', (t) => {
  t.is(codeEngine().storesInto(parsed(buildDriver({ machine: 'ia64' }).bytes), new Set([0])), null);
});

/** `area` lies in an executable section; a string instruction goes over `length` bytes of it. */
const overwriting = (section: string, instruction: string): string => `
  __attribute__((section("${section}"))) UCHAR area[64] = {0x90};
  static UCHAR other[64];
  CASE(string)(SIZE_T length) {
    void *to = area, *from = other;
    Ask(1);
    __asm__ volatile("${instruction}" : "+D"(to), "+S"(from), "+c"(length) : "a"(0) : "memory");
    return from;
  }`;

for (const arch of ['x64', 'x86'] as const) {
  test(`${arch}: string instructions that fill or copy into an executable section`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    for (const level of ['O0', 'O2'] as const) {
      const said = (section: string, instruction: string, access: string) =>
        saidOf(
          { source: overwriting(section, instruction), arch, level, link: [`/section:${section},${access}`] },
          'HVCI3004',
        );
      for (const instruction of ['rep stosb', 'rep movsl', 'stosl', 'rep stosq'].slice(0, arch === 'x64' ? 4 : 3)) {
        t.deepEqual(await said('patched', instruction, 'erw'), ['store'], `${level} ${instruction}`);
        t.deepEqual(await said('data', instruction, 'rw'), [], `${level} ${instruction}`);
      }
      const decrypts = '1: lodsl; xorl $0x5a, %%eax; stosl; loop 1b';
      t.deepEqual(await said('patched', `movl %%edi, %%esi; ${decrypts}`, 'erw'), ['store'], `${level} ${decrypts}`);
      t.deepEqual(await said('patched', 'repe cmpsb', 'erw'), [], `${level}: what only reads`);
    }
  });
}

test('x64: a string instruction of known length says how much it writes', async (t) => {
  if (!toolsReady(t, smallDriverTools)) return;
  const source = overwriting('patched', 'rep stosl').replace('Ask(1);', 'length = 5;');
  const image = parsed(await smallDriver({ source, arch: 'x64', level: 'O2', link: ['/section:patched,erw'] }));
  const section = image.sections.find(({ name }) => name === 'patched');
  const found = codeEngine().storesInto(image, new Set([section?.index ?? -1]));
  t.deepEqual(
    found?.stores.map(({ target, width }) => [target, width]),
    [[section?.virtualAddress, 20]],
  );
});

for (const arch of ['x64', 'arm64', 'x86'] as const)
  test(`${arch}: a store through a register that holds the address`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const source = `
      __attribute__((section("patched"))) UCHAR area[64] = {0x90};
      CASE(patches)(SIZE_T length) {
        volatile UCHAR *to = area;
        Ask((ULONG)(ULONG_PTR)to);
        to[3] = 0xc3;
        return (void *)length;
      }`;
    for (const level of ['O0', 'O1', 'Oz'] as const)
      t.deepEqual(await saidOf({ source, arch, level, link: ['/section:patched,erw'] }, 'HVCI3004'), ['store'], level);
  });

for (const arch of ['x64', 'arm64', 'x86'] as const)
  test(`${arch}: what functions of Windows write where their first argument points to is stored there`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    const wrote = async (call: string) => {
      const source = `
        __attribute__((section("patched"))) UCHAR area[64] = {0x90};
        CASE(patches)(SIZE_T length) {
          ${call};
          return (void *)length;
        }`;
      const image = parsed(await smallDriver({ source, arch, level: 'O1', link: ['/section:patched,erw'] }));
      const { index = -1, virtualAddress = 0 } = image.sections.find(({ name }) => name === 'patched') ?? {};
      const stores = codeEngine().storesInto(image, new Set([index]))?.stores ?? [];
      return stores.map(({ target, width }) => [target - virtualAddress, width]);
    };
    t.deepEqual(await wrote('memcpy(area + 4, (void *)length, 16)'), [[4, 16]]);
    t.deepEqual(await wrote('memset(area, 0, length)'), [[0, 1]], 'of a length that is not known');
    t.deepEqual(await wrote('memcpy((void *)length, area, 16)'), [], 'what is only read');
    t.deepEqual(await wrote('Consume(area)'), [], 'a function of which nothing is known');
  });

/** Instructions that store into `area`, through an index or a pointer that a loop moves on. */
const writers: Readonly<Record<string, string>> = {
  index: 'area[length & 63] = 0xc3;',
  'index that something is taken from': 'area[(length & 31) + 5] = 0xc3;',
  loop: 'for (ULONG at = 0; at < 64; at++) { area[at] = (ULONG)Ask(at); }',
  pointer: 'for (ULONG *to = area; to < area + 64; to++) *to = (ULONG)Ask(0);',
};
const indexed = (writer: string, name: string): string => `
  __attribute__((section("${name}"))) ULONG area[64] = {0x90};
  CASE(fills)(SIZE_T length) {
    ${writer}
    return (void *)length;
  }`;

for (const arch of ['x64', 'arm64', 'x86'] as const)
  test(`${arch}: stores into a table: write access is not taken from its section, nor from others kept`, async (t) => {
    if (!toolsReady(t, smallDriverTools)) return;
    for (const [name, writer] of Object.entries(writers)) {
      // There the sum of address and index is made in a register, which is a pointer like any other.
      if (arch === 'arm64' && name === 'index that something is taken from') continue;
      for (const level of ['O0', 'O1', 'O2', 'Os'] as const) {
        const image = parsed(await smallDriver({ source: indexed(writer, 'patched'), arch, level }));
        const stores = (section: string) => {
          const { index = -1 } = image.sections.find((each) => each.name === section) ?? {};
          return codeEngine().storesInto(image, new Set([index]))?.stores ?? [];
        };
        t.not(stores('patched').length, 0, `${name} at ${level}`);
        t.deepEqual(stores('.rdata'), [], `${name} at ${level}`);
      }
    }
  });

test('arm64: a loop that goes down to the first byte of a section does not store into the code before it', async (t) => {
  if (!toolsReady(t, smallDriverTools)) return;
  const source = `
    __attribute__((section(".data$0"))) ULONG table[3] = {1, 2, 3};
    CASE(other)(SIZE_T length) { return (void *)length; }
    CASE(fills)(SIZE_T length) {
      Consume((void *)case_other);
      for (ULONG *to = table + 3; to != table;) *--to = Ask(0);
      return (void *)length;
    }`;
  for (const level of ['O0', 'O1', 'Oz'] as const)
    t.deepEqual(await saidOf({ source, arch: 'arm64', level, link: ['/merge:.rdata=.data'] }, 'HVCI3004'), [], level);
});

// Intel SDM, MOVDIR64B: 64 bytes to the address in the register that is its first operand. Bytes: llvm-mc.
test('movdir64b stores 64 bytes where its first operand points', (t) => {
  const code = (rvaOf: (name: string) => number): Uint8Array => {
    const bytes = new Uint8Array(0x60).fill(0xcc);
    bytes.set([0x48, 0x8d, 0x05, 0, 0, 0, 0, 0x66, 0x0f, 0x38, 0xf8, 0x04, 0x24, 0xc3]); // lea rax, x; movdir64b rax, [rsp]
    new DataView(bytes.buffer).setInt32(3, rvaOf('INIT') + 0x40 - (rvaOf('.text') + 7), true);
    return bytes;
  };
  const image = buildDriver({ change: { '.text': { data: code }, INIT: { characteristics: SCN.initRwx } } });
  t.like(storesOf(image, 'INIT')?.[0], {
    rva: image.section('.text').rva + 7,
    target: image.section('INIT').rva + 0x40,
    width: 64,
  });
});
