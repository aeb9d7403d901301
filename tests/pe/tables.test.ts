import test from 'ava';
import { type Image, parseImage } from '../../fixer/pe/image.js';
import { importedFunctions } from '../../fixer/pe/imports.js';
import { kindOf } from '../../fixer/pe/kind.js';
import type { BuiltImage } from '../support/image-builder.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { concat, words } from '../support/image-builder-tables.js';

const open = ({ bytes }: BuiltImage): Image => {
  const image = parseImage(bytes);
  if (!image.ok) throw new Error(image.error.message);
  return image.value;
};

for (const machine of ['x64', 'x86'] as const) {
  test(`imports of a ${machine} driver: libraries, names, ordinals, slots`, (t) => {
    const image = open(buildDriver({ machine }));
    const { imports } = image;
    if (!imports.ok || imports.value === null) return t.fail();
    t.deepEqual(
      imports.value.descriptors.map(({ library }) => library),
      ['ntoskrnl.exe', 'HAL.dll'],
    );
    const width = machine === 'x64' ? 8 : 4;
    const functions = imports.value.descriptors.map((descriptor) => importedFunctions(image, descriptor));
    t.deepEqual(
      functions.map((list) => list.ok && list.value),
      [
        [
          { slot: 0x2020, name: 'IofCompleteRequest', ordinal: null },
          { slot: 0x2020 + width, name: 'IoCreateDevice', ordinal: null },
          { slot: 0x2020 + 2 * width, name: null, ordinal: 17 },
        ],
        [{ slot: 0x2020 + 4 * width, name: 'KeStallExecutionProcessor', ordinal: null }],
      ],
    );
  });
}

test('an import directory without an end is an error, not a hang', (t) => {
  const image = open(
    buildDriver({
      change: { '.data': { data: new Uint8Array(0x1000).fill(1) } },
      directories: { 1: { rva: 0x3000, size: 20 } },
    }),
  );
  t.false(image.imports.ok);
});

test('what an image is for', (t) => {
  const from = (subsystem: number, ...names: string[]) =>
    kindOf(open(buildDriver({ subsystem, libraries: names.map((name) => ({ name, functions: ['F'] })) })));
  t.is(from(1, 'ntoskrnl.exe'), 'driver');
  t.is(from(1, 'NDIS.SYS'), 'driver');
  t.is(from(2, 'NDIS.SYS'), 'driver');
  t.is(from(1, 'foo.dll'), 'driver');
  t.is(from(1, 'ntdll.dll'), 'native-application');
  t.is(from(1, 'ntdll.dll', 'ntoskrnl.exe'), 'driver');
  t.is(from(3, 'HAL.dll'), 'driver');
  t.is(from(3, 'ext-ms-win-ntos-ksecurity-l1-1-0.dll'), 'driver');
  t.is(from(2, 'KERNEL32.dll'), 'user-mode');
  t.is(from(11, 'x.dll'), 'efi');
  const bare = { change: { INIT: null }, relocations: [] };
  t.is(kindOf(open(buildDriver({ ...bare, entryPoint: 0 }))), 'user-mode', 'a keyboard layout');
  t.is(kindOf(open(buildDriver({ ...bare, entryPoint: 0x1000 }))), 'driver');
  const broken = { 1: { rva: 0x7ff00000, size: 40 } };
  t.is(kindOf(open(buildDriver({ directories: broken, entryPoint: 0 }))), 'driver', 'broken imports excuse nothing');
});

test('runtime functions of x64', (t) => {
  const functions = open(buildDriver()).runtimeFunctions;
  t.deepEqual(functions.ok && functions.value, [{ begin: 0x1000, end: 0x1010, unwindInfo: 0x2000 }]);
});

/** ARM64: bits 0-1 flag, 2-12 length in words; .xdata: bits 0-17 length in words. ARM: halfwords, Thumb bit in the rva. */
for (const [machine, begin, unit] of [
  ['arm64', 0x1000, 4],
  ['arm', 0x1001, 2],
] as const) {
  test(`packed and unpacked runtime functions of ${machine}`, (t) => {
    const table = words(begin, 0x2000, begin + 0x20, (0x11 << 2) | 1, 0, 0);
    const image = open(
      buildDriver({
        machine,
        iatIn: '.data',
        change: { '.rdata': { data: concat(words(0x08400009), new Uint8Array(28)) }, '.pdata': { data: table } },
        directories: { 3: { rva: 0x4000, size: table.length } },
      }),
    );
    const functions = image.runtimeFunctions;
    t.deepEqual(functions.ok && functions.value, [
      { begin: 0x1000, end: 0x1000 + 9 * unit, unwindInfo: 0x2000 },
      { begin: 0x1020, end: 0x1020 + 0x11 * unit, unwindInfo: null },
    ]);
  });
}

test('runtime functions that point outside the image are an error', (t) => {
  const image = open(
    buildDriver({
      machine: 'arm64',
      change: { '.pdata': { data: words(0x1000, 0x7ff00000) } },
      directories: { 3: { rva: 0x4000, size: 8 } },
    }),
  );
  t.false(image.runtimeFunctions.ok);
});

/** IMAGE_LOAD_CONFIG_DIRECTORY64: SecurityCookie 0x58, GuardCFCheckFunctionPointer 0x70, GuardFlags 0x90, DVRT 0xE0. */
test('load config of x64, as far as its Size reaches', (t) => {
  const withSize = (size: number) => {
    const data = new Uint8Array(0x140);
    const view = new DataView(data.buffer);
    view.setUint32(0, size, true);
    view.setBigUint64(0x58, 0x140003000n, true);
    view.setBigUint64(0x70, 0x140002028n, true);
    view.setBigUint64(0x78, 0x140002030n, true);
    view.setUint32(0x90, 0x10500, true);
    view.setUint32(0xe0, 0x44, true);
    view.setUint16(0xe4, 6, true);
    const image = open(
      buildDriver({ iatIn: '.data', change: { '.rdata': { data } }, directories: { 10: { rva: 0x2000, size } } }),
    );
    return image.loadConfig.ok ? image.loadConfig.value : null;
  };
  t.deepEqual(withSize(0x140), {
    size: 0x140,
    securityCookie: 0x140003000n,
    guardCFCheckFunctionPointer: 0x140002028n,
    guardCFDispatchFunctionPointer: 0x140002030n,
    guardFlags: 0x10500,
    dynamicValueRelocTableOffset: 0x44,
    dynamicValueRelocTableSection: 6,
  });
  t.like(withSize(0x94), { guardFlags: 0x10500, dynamicValueRelocTableOffset: null });
  t.like(withSize(0x70), { securityCookie: 0x140003000n, guardCFCheckFunctionPointer: null, guardFlags: null });
  t.deepEqual(open(buildDriver()).loadConfig, { ok: true, value: null });
});

test('load config of x86', (t) => {
  const data = words(0x48, ...Array.from({ length: 14 }, () => 0), 0x13000, 0, 0, 0x12028, 0);
  const image = open(
    buildDriver({
      machine: 'x86',
      iatIn: '.data',
      change: { '.rdata': { data } },
      directories: { 10: { rva: 0x2000, size: 0x40 } },
    }),
  );
  t.like(image.loadConfig.ok ? image.loadConfig.value : null, {
    securityCookie: 0x13000n,
    guardCFCheckFunctionPointer: null,
  });
});

test('COFF symbols with auxiliary records, and a table past the end', (t) => {
  const built = buildDriver({
    symbols: [
      { name: '.file', value: 0, section: -2, storageClass: 103 },
      { name: 'DriverEntry', value: 0x10, section: 1, type: 0x20 },
    ],
  });
  const { coffSymbols } = open(built);
  t.deepEqual(coffSymbols.ok && coffSymbols.value?.symbols, [
    { name: 'DriverEntry', rva: 0x1010, storageClass: 2, type: 0x20 },
  ]);
  new DataView(built.bytes.buffer).setUint32(built.fileHeader + 12, 0x01000000, true);
  t.false(open(built).coffSymbols.ok);
});

test('a structure that is not there is null', (t) => {
  const image = open(
    buildDriver({ numberOfRvaAndSizes: 0, directories: {}, change: { INIT: null, '.pdata': null }, relocations: [] }),
  );
  const parts = [
    image.imports,
    image.importAddressTable,
    image.baseRelocations,
    image.certificateTable,
    image.loadConfig,
    image.runtimeFunctions,
    image.coffSymbols,
  ];
  t.deepEqual(
    parts.map((part) => part.ok && part.value),
    parts.map(() => null),
  );
});
