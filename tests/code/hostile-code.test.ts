/** Random bytes as code, broken unwind data, flipped bits in real drivers: no throw, and an end in bounded time. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { parseImage } from '../../fixer/pe/image.js';
import { codeEngine } from '../support/code/engine.js';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { runtimeFunctionTable } from '../support/image-builder-tables.js';
import { committedSample } from '../support/toolchain/samples.js';

const LIBRARIES = [
  {
    name: 'ntoskrnl.exe',
    functions: ['ExAllocatePoolWithTag', 'MmMapLockedPagesSpecifyCache', 'MmGetSystemRoutineAddress'],
  },
  { name: 'WDFLDR.SYS', functions: ['WdfVersionBind'] },
];

/** Everything the engine offers; returns so that the caller can see that it did. */
function analyse(bytes: Uint8Array): boolean {
  const image = parseImage(bytes);
  if (!image.ok) return false;
  codeEngine().analyse(image.value);
  codeEngine().storesInto(image.value, new Set(image.value.sections.map(({ index }) => index)));
  return true;
}

const machine = fc.constantFrom('x64' as const, 'x86' as const, 'arm64' as const);
/** Calls and jumps are frequent in it, so that the graph is not trivial. */
const code = fc
  .array(
    fc.oneof(
      fc.nat(255),
      fc.constantFrom(0xff, 0x15, 0x25, 0xe8, 0xe9, 0xeb, 0x74, 0x0f, 0x48, 0x8b, 0xc3, 0x94, 0x97, 0xd6),
    ),
    {
      minLength: 64,
      maxLength: 3000,
    },
  )
  .map((values) => Uint8Array.from(values));

test('random bytes as code', (t) => {
  let analysed = 0;
  fc.assert(
    fc.property(machine, code, (arch, bytes) => {
      const text = { '.text': { data: bytes, characteristics: SCN.text } };
      if (analyse(buildDriver({ machine: arch, libraries: LIBRARIES, change: text }).bytes)) analysed++;
    }),
    { numRuns: 300 },
  );
  t.true(analysed >= 300);
});

test('functions of the exception directory that overlap, run backwards and chain in circles', (t) => {
  let analysed = 0;
  const entry = fc.tuple(fc.nat(0x6000), fc.nat(0x6000), fc.nat(0x6000));
  fc.assert(
    fc.property(code, fc.array(entry, { minLength: 1, maxLength: 40 }), (bytes, entries) => {
      const table = runtimeFunctionTable(...entries);
      const image = buildDriver({
        libraries: LIBRARIES,
        change: { '.text': { data: bytes }, '.pdata': { data: table } },
        directories: { 3: (rvaOf) => ({ rva: rvaOf('.pdata'), size: table.length }) },
      });
      if (analyse(image.bytes)) analysed++;
    }),
    { numRuns: 200 },
  );
  t.true(analysed >= 200);
});

for (const arch of ['x64', 'x86', 'arm64'] as const) {
  test(`${arch}: a real driver with changed bytes`, (t) => {
    const original = readFileSync(committedSample('clean', arch));
    let analysed = 0;
    const change = fc.tuple(fc.nat(original.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), (changes) => {
        const bytes = Uint8Array.from(original);
        for (const [at, value] of changes) bytes[at] = value;
        if (analyse(bytes)) analysed++;
      }),
      { numRuns: 150 },
    );
    t.true(analysed > 50, `${analysed} parsed`);
  });
}

test('a function that jumps to itself from everywhere ends', (t) => {
  // Each instruction branches both ways: as many paths as there can be.
  const bytes = new Uint8Array(60_000);
  for (let at = 0; at + 6 <= bytes.length; at += 6) {
    bytes.set([0x41, 0xff, 0xc0, 0x74, (at * 7) & 0x7e, 0x90], at);
  }
  const table = runtimeFunctionTable([0x1000, 0x1000 + bytes.length, 0x1000]);
  const image = buildDriver({
    libraries: LIBRARIES,
    change: {
      '.text': { data: bytes },
      '.pdata': {
        data: (rvaOf) => runtimeFunctionTable([rvaOf('.text'), rvaOf('.text') + bytes.length, rvaOf('.rdata')]),
      },
    },
    directories: { 3: (rvaOf) => ({ rva: rvaOf('.pdata'), size: table.length }) },
  });
  t.true(analyse(image.bytes));
});

test('a thousand sections that are the same megabyte of first letters: names are looked for once', (t) => {
  // E and K begin ExAllocatePool2 and KmdfLibrary.
  for (const letter of ['E', 'K']) {
    const data = new Uint8Array(1 << 20).fill(letter.charCodeAt(0));
    const same = (index: number) => ({
      name: '.same',
      characteristics: SCN.rdata,
      rva: 0x1000000 + index * 0x1000,
      virtualSize: 0x1000,
      ...(index === 0 ? { data } : { pointerToRawData: 0x20000, sizeOfRawData: data.length - 0x20000 }),
    });
    const more = Array.from({ length: 1000 }, (_, index) => same(index));
    const image = buildDriver({ libraries: LIBRARIES, sizeOfHeaders: 0x400, more });
    const begin = performance.now();
    t.true(analyse(image.bytes));
    t.true(performance.now() - begin < 5000, `${performance.now() - begin} ms`);
  }
});
