import test from 'ava';
import { execa } from 'execa';
import { type SymbolTable, symbolsFromMap } from '../../../fixer/pe/debug/symbols.js';
import type { Parsed } from '../../../fixer/pe/errors.js';
import { parseImage } from '../../../fixer/pe/image.js';
import { readobj } from '../../support/toolchain/readobj.js';
import { toolsReady } from '../../support/toolchain/tools.js';
import {
  architectures,
  bytesOf,
  gnuTools,
  linkGnuImage,
  linkImage,
  linkTools,
  removeFolders,
} from './linked-images.js';
import { pdbutilSymbols } from './pdb-oracle.js';

test.after.always(removeFolders);

/** By layout where `change` takes the time of linking away. */
async function tableFor(image: string, map: string, change = (text: string) => text): Promise<Parsed<SymbolTable>> {
  const parsedImage = parseImage(await bytesOf(image));
  if (!parsedImage.ok) throw new Error(parsedImage.error.message);
  const { optionalHeader, sections, fileHeader } = parsedImage.value;
  const { imageBase, addressOfEntryPoint } = optionalHeader;
  const text = change(new TextDecoder().decode(await bytesOf(map)));
  return symbolsFromMap(text, imageBase, sections, fileHeader.timeDateStamp, addressOfEntryPoint);
}

function valueIn(table: Parsed<SymbolTable>): SymbolTable {
  if (!table.ok) throw new Error(table.error.message);
  return table.value;
}

for (const architecture of architectures) {
  test(`${architecture}: /map and /lldmap name what llvm-pdbutil names at the same rva`, async (t) => {
    if (!toolsReady(t, linkTools)) return;
    const linked = await linkImage(architecture);
    const { sections } = await readobj(linked.image);
    const symbols = (await pdbutilSymbols(linked.pdb)).filter(({ record }) => /^S_PUB32|^S_[GL]PROC32/.test(record));
    const table = valueIn(await tableFor(linked.image, linked.map));
    const lldTable = valueIn(await tableFor(linked.image, linked.lldMap));
    for (const { record, name, section, offset, size } of symbols) {
      const { virtualAddress, characteristics } = sections[section - 1]!;
      const rva = virtualAddress + offset;
      const kind = (characteristics & 0x20000000) === 0 ? 'data' : 'function';
      const last = rva + (size ?? 1) - 1;
      for (const found of [table.find(rva), table.find(last), lldTable.find(rva), lldTable.find(last)]) {
        t.like(found, { rva, size: null, kind });
      }
      // A map has the linker's names, as publics do.
      if (record === 'S_PUB32') t.is(table.find(rva)?.name, name);
      t.true(lldTable.find(rva)?.name.includes(name.startsWith('?') ? '(' : name.replace(/^_/, '')));
    }
    t.is(table.find(0), null);
    t.is(table.find(sections[0]!.virtualAddress + sections[0]!.virtualSize), null, 'past the end of the code');
    t.is(table.line(sections[0]!.virtualAddress), null);
  });
}

// As lld-link /Brepro writes it.
const reproducible = (text: string): string =>
  text.replace(/[0-9a-f]{8} \(\w+ \w+ +\d+ [\d:]+ \d{4}\)/, '00000000 (Repro mode)');

test('maps without a time of linking fit their own image and no other one', async (t) => {
  if (!toolsReady(t, [...linkTools, ...gnuTools])) return;
  const linked = await Promise.all(architectures.map((architecture) => linkImage(architecture)));
  const gnu = await Promise.all((['x86_64', 'i686'] as const).map((prefix) => linkGnuImage(prefix)));
  const maps = [...linked.map(({ map }) => map), ...linked.map(({ lldMap }) => lldMap), ...gnu.map(({ map }) => map)];
  const images = [
    ...linked.map(({ image }) => image),
    ...linked.map(({ image }) => image),
    ...gnu.map(({ image }) => image),
  ];
  for (const [i, map] of maps.entries()) {
    for (const image of images) {
      const table = await tableFor(image, map, reproducible);
      if (image === images[i]) t.is(table.ok ? table.value.fit : table.error.message, 'layout', `${map} ${image}`);
      else t.false(table.ok, `${map} ${image}`);
    }
  }
});

for (const prefix of ['x86_64', 'i686'] as const) {
  test(`${prefix}: a map of GNU ld agrees with the image's COFF symbols`, async (t) => {
    if (!toolsReady(t, gnuTools)) return;
    const linked = await linkGnuImage(prefix);
    const table = valueIn(await tableFor(linked.image, linked.map));
    const { stdout } = await execa(`${prefix}-w64-mingw32-nm`, ['-C', '--defined-only', linked.image]);
    const { stdout: headers } = await execa(`${prefix}-w64-mingw32-objdump`, ['-p', linked.image]);
    const base = BigInt(`0x${/^ImageBase\s+([0-9a-f]+)$/m.exec(headers)![1]}`);
    const names = ['DriverEntry', 'n::c::m(int)', 'packed_table', 'shared_data', 'shared_helper', 'twice(int)'];
    const found = stdout.split('\n').flatMap((line) => {
      const [, address, name = ''] = /^([0-9a-f]+) \w _?(.*)$/.exec(line) ?? [];
      return names.includes(name) ? [{ name, rva: Number(BigInt(`0x${address}`) - base) }] : [];
    });
    t.deepEqual(found.map(({ name }) => name).sort(), names);
    for (const { name, rva } of found) {
      t.like(table.find(rva), { name, rva, size: null });
      t.is(table.find(rva + 3)?.name, name);
    }
    t.is(table.find(0x1000), null, 'a static before the first global has no name in such a map');
  });
}

// Columns and flags as in maps of link.exe for 32-bit images; headings in German, as a German Visual Studio writes them.
const linkExeMap = [
  ' d',
  '',
  ' Zeitstempel ist 5cb05a9c (Fri Apr 12 10:00:00 2019)',
  '',
  ' Bevorzugte Ladeadresse ist 00010000',
  '',
  ' Anfang        Laenge     Name                   Klasse',
  ' 0001:00000000 00000050H .text                   CODE',
  ' 0001:00000060 00000010H .text$mn                CODE',
  ' 0002:00000000 00000020H .rdata                  DATA',
  '',
  '  Adresse         Publics by Value              Rva+Base       Lib:Object',
  '',
  ' 0000:00000003       ___safe_se_handler_count   00000003     <absolute>',
  ' 0001:00000000       ?f@@YGXPAU_X@@@Z           00011000 f   d.obj',
  ' 0001:00000010       _DriverEntry@8             00011010 f i d.obj',
  ' 0002:00000008       ??_C@_05 a string?$AA@     00012008     BufferOverflowK:gs.obj',
  '',
  ' entry point at        0001:00000010',
  '',
  ' Static symbols',
  '',
  ' 0001:00000060       _helper@4                  00011060 f   d.obj',
];
const sections = [
  { virtualAddress: 0x1000, virtualSize: 0x70, sizeOfRawData: 0x200, characteristics: 0x68000020 },
  { virtualAddress: 0x2000, virtualSize: 0x20, sizeOfRawData: 0x200, characteristics: 0x48000040 },
];

for (const newline of ['\n', '\r\n']) {
  test(`a map of link.exe with ${JSON.stringify(newline)}: publics, statics, groups, no absolutes`, (t) => {
    const table = valueIn(symbolsFromMap(linkExeMap.join(newline), 0, sections));
    t.deepEqual(table.find(0x1000), { name: '?f@@YGXPAU_X@@@Z', rva: 0x1000, size: null, kind: 'function' });
    t.deepEqual(table.find(0x104f), { name: '_DriverEntry@8', rva: 0x1010, size: null, kind: 'function' });
    t.is(table.find(0x1050), null, 'between two groups');
    t.deepEqual(table.find(0x106f), { name: '_helper@4', rva: 0x1060, size: null, kind: 'function' });
    t.is(table.find(0x2007), null, 'before the first symbol of its group');
    t.deepEqual(table.find(0x2008), { name: '??_C@_05 a string?$AA@', rva: 0x2008, size: null, kind: 'data' });
    t.is(table.find(3), null);
  });
}

test('a map of another build is an error', (t) => {
  const moved = [{ ...sections[0]! }, { ...sections[1]!, virtualAddress: 0x3000 }];
  for (const other of [moved, sections.slice(0, 1)]) {
    const table = symbolsFromMap(linkExeMap.join('\n'), 0x10000, other);
    t.false(table.ok);
    if (!table.ok) t.regex(table.error.message, /belongs to another build/);
  }
});

test('a map that tells another time of linking is of another build', (t) => {
  const english = linkExeMap.map((line) => line.replace('Zeitstempel ist', 'Timestamp is'));
  for (const map of [linkExeMap, english]) {
    t.true(symbolsFromMap(map.join('\n'), 0x10000, sections, 0x5cb05a9c).ok);
    const other = symbolsFromMap(map.join('\n'), 0x10000, sections, 0x5cb05a9d);
    t.regex(other.ok ? '' : other.error.message, /another build: it was linked at 5cb05a9c, the image at 5cb05a9d/);
  }
});

test('a map that tells no time is compared by load address, entry point and section lengths', (t) => {
  // lld-link /Brepro: the stamp is made of the image's bytes, after the map.
  const map = reproducible(linkExeMap.join('\n'));
  const [code, data] = [sections[0]!, sections[1]!];
  const fitting = symbolsFromMap(map, 0x10000, sections, 0x816ecfcc, 0x1010);
  t.is(fitting.ok && fitting.value.fit, 'layout');
  const unfit = [
    [0x20000, sections, 0x1010, /load address is 0x10000, the image's 0x20000/],
    [0x10000, sections, 0x1000, /entry point is rva 0x1010, the image's 0x1000/],
    [0x10000, [{ ...code, virtualSize: 0x68 }, data], 0x1010, /section at rva 0x1000 has 0x70 bytes, the image's 0x68/],
    [
      0x10000,
      [{ ...code, virtualSize: 0x170 }, data],
      0x1010,
      /section at rva 0x1000 has 0x70 bytes, the image's 0x170/,
    ],
  ] as const;
  for (const [base, other, entry, why] of unfit) {
    const table = symbolsFromMap(map, base, other, 0x816ecfcc, entry);
    t.regex(table.ok ? '' : table.error.message, why);
    t.true(symbolsFromMap(map, base, other).ok, 'null takes any');
  }
});

test('a text that is no map is an error', (t) => {
  for (const text of ['', 'hello', '<xml/>', '0001:00000000', '\0'.repeat(100)]) {
    const table = symbolsFromMap(text, 0, sections);
    t.is(table.ok ? null : table.error.code, 'unsupported');
  }
});

test('GNU ld: wrapped section names, assignments, fill and discarded sections', (t) => {
  const address = (hex: string) => `                0x${hex.padStart(16, '0')}`;
  const text = [
    'Discarded input sections',
    ` .gone          0x0000000000000000       0x10 a.o`,
    'Linker script and memory map',
    `${address('140000000')}                __image_base__ = 0x140000000`,
    `.text           0x0000000140001000      0x200`,
    ` .text          0x0000000140001000       0x20 a.o`,
    `${address('140001004')}                operator==(a const&, b const&)`,
    ` .text$a_name_longer_than_its_column`,
    `${address('140001020')}        0x8 b.o`,
    `${address('140001020')}                __start__ = .`,
    `${address('140001022')}                later`,
    ` *fill*         0x0000000140001028        0x8 `,
    `${address('140001030')}        0x4 LONG 0xffffffff`,
  ].join('\n');
  const table = valueIn(symbolsFromMap(text, 0x10000, sections));
  t.is(table.find(0x1000), null);
  t.is(table.find(0x1004)?.name, 'operator==(a const&, b const&)');
  t.is(table.find(0x101f)?.name, 'operator==(a const&, b const&)');
  t.is(table.find(0x1020), null, 'an assignment of the linker script names a place');
  t.is(table.find(0x1027)?.name, 'later');
  t.is(table.find(0x1028), null);
  t.is(table.find(0x1030), null);
});
