import test from 'ava';
import type { AddressSpace } from '../../fixer/pe/address-space.js';
import { parseImage } from '../../fixer/pe/image.js';
import { buildImage, type ImageSpec, latin1 } from '../support/image-builder.js';

const R = 0x40000040;
const open = (spec: ImageSpec) => {
  const built = buildImage(spec);
  const image = parseImage(built.bytes);
  if (!image.ok) throw new Error(image.error.message);
  return { built, image: image.value };
};

test('section headers, as the specification lays them out', (t) => {
  const { built, image } = open({
    sections: [
      { name: 'eight_by', characteristics: 0xe2000020, data: new Uint8Array(0x201).fill(7), virtualSize: 0x1801 },
      { name: 'B', characteristics: R, data: latin1('b') },
    ],
  });
  t.like(image.sections[0], {
    index: 0,
    headerOffset: built.optionalHeader + 240,
    name: 'eight_by',
    virtualSize: 0x1801,
    virtualAddress: 0x1000,
    sizeOfRawData: 0x400,
    pointerToRawData: 0x200,
    characteristics: 0xe2000020,
    extent: 0x2000,
  });
  t.like(image.sections[1], { name: 'B', virtualAddress: 0x3000, pointerToRawData: 0x600, extent: 0x1000 });
});

test('long names come from the string table, hostile bytes stay one character each', (t) => {
  const { image } = open({
    sections: [
      { name: '.debug_abbrev_long', characteristics: R, data: latin1('x') },
      { name: 'a\x1b[31m\xff', characteristics: R, data: latin1('x') },
    ],
    symbols: [{ name: 'symbol_with_a_long_name', value: 1, section: 1 }],
  });
  t.deepEqual(
    image.sections.map(({ name }) => name),
    ['.debug_abbrev_long', 'a\x1b[31m\xff'],
  );
  t.is(image.coffSymbols.ok && image.coffSymbols.value?.symbols[0]?.name, 'symbol_with_a_long_name');
});

test('a name /4 without a string table is the name', (t) => {
  t.is(open({ sections: [{ name: '/4', characteristics: R, data: latin1('x') }] }).image.sections[0]?.name, '/4');
});

test('raw data past the end of the file is an error', (t) => {
  const { bytes } = buildImage({
    sections: [{ name: 'A', characteristics: R, data: latin1('x'), sizeOfRawData: 0x201 }],
  });
  const image = parseImage(bytes);
  t.like(image.ok ? null : image.error, {
    code: 'truncated',
    path: 'sections[0].sizeOfRawData',
    needed: 0x401,
    present: 0x400,
  });
});

test('rva to offset: header, data, zeros behind the data, holes, past the end', (t) => {
  const { image } = open({
    sections: [
      { name: 'A', characteristics: R, data: latin1('abc'), virtualSize: 0x3000 },
      { name: 'B', characteristics: R, data: latin1('xyz'), rva: 0x8000 },
    ],
  });
  const space: AddressSpace = image.addressSpace;
  t.deepEqual(
    [0, 0x1ff, 0x200, 0x1000, 0x11ff, 0x1200, 0x3fff, 0x4000, 0x8000, 0x8200, 0x9000, 0xffffffff].map((rva) =>
      space.offsetOf(rva),
    ),
    [0, 0x1ff, null, 0x200, 0x3ff, null, null, null, 0x400, null, null, null],
  );
  t.is(space.sectionAt(0x3fff)?.name, 'A');
  t.is(space.sectionAt(0x4000), null);
  const inMemory = image.readRva(0x11fe, 8);
  t.deepEqual(inMemory.ok && [...inMemory.value], [0, 0, 0, 0, 0, 0, 0, 0]);
  t.false(image.readRva(0x3ffc, 8).ok);
});

test('raw data beyond a section in memory is not what lies at the next rva', (t) => {
  const data = new Uint8Array(0x2000).fill(0xaa);
  const { image } = open({
    sections: [
      { name: 'A', characteristics: R, data, virtualSize: 0x1000 },
      { name: 'B', characteristics: R, data: latin1('next'), rva: 0x2000 },
    ],
  });
  const read = image.readRva(0x1ffe, 6);
  t.deepEqual(read.ok && [...read.value], [0xaa, 0xaa, ...latin1('next')]);
});

test('VirtualSize 0 means SizeOfRawData', (t) => {
  const { image } = open({
    sections: [{ name: 'A', characteristics: R, data: new Uint8Array(0x1001), virtualSize: 0 }],
  });
  t.is(image.sections[0]?.extent, 0x2000);
  t.is(image.addressSpace.offsetOf(0x1fff), 0x11ff);
});

test('PointerToRawData is rounded down to a sector, except in a low-alignment image', (t) => {
  const section = { name: 'A', characteristics: R, data: new Uint8Array(0x40), pointerToRawData: 0x210 };
  const page = buildImage({ sections: [{ ...section, sizeOfRawData: 0x30 }] });
  const high = parseImage(page.bytes);
  t.is(high.ok && high.value.addressSpace.offsetOf(0x1000), 0x200);
  const low = parseImage(
    buildImage({ sectionAlignment: 0x20, fileAlignment: 0x20, sections: [{ ...section, pointerToRawData: 0x1a0 }] })
      .bytes,
  );
  if (!low.ok) return t.fail(low.error.message);
  t.is(low.value.addressSpace.offsetOf(low.value.sections[0]?.virtualAddress ?? 0), 0x1a0);
  // lld-link /FILEALIGN:16: llvm-readobj and pefile take the bytes from where the header says.
  const small = parseImage(
    buildImage({ fileAlignment: 0x10, sections: [{ ...section, pointerToRawData: 0x1b0 }] }).bytes,
  );
  t.is(small.ok && small.value.addressSpace.offsetOf(0x1000), 0x1b0);
});

test('the overlay lies between the sections and the certificate table', (t) => {
  const { built, image } = open({
    sections: [{ name: 'A', characteristics: R, data: latin1('x') }],
    overlay: new Uint8Array(16).fill(1),
    certificate: { place: 'end' },
  });
  t.deepEqual(image.overlay, { offset: 0x400, size: 16 });
  t.deepEqual(image.certificateTable.ok && image.certificateTable.value, {
    offset: built.certificate.offset,
    size: 48,
    certificates: [{ offset: 0x418, length: 40, revision: 0x200, certificateType: 2 }],
  });
});
