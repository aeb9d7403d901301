import test from 'ava';
import { type CodeViewSource, parseCodeView } from '../../../fixer/pe/debug/codeview.js';
import { failed, parsed } from '../../../fixer/pe/errors.js';

/** An image that is one piece of memory: rva and offset are the same. Layout from the PE specification. */
function imageOf(entries: readonly { type: number; size: number; rva: number; offset: number }[]): {
  image: CodeViewSource;
  bytes: Uint8Array;
} {
  const bytes = new Uint8Array(0x400);
  const view = new DataView(bytes.buffer);
  entries.forEach(({ type, size, rva, offset }, i) => {
    const entry = 0x100 + 28 * i;
    view.setUint32(entry + 12, type, true);
    view.setUint32(entry + 16, size, true);
    view.setUint32(entry + 20, rva, true);
    view.setUint32(entry + 24, offset, true);
  });
  const dataDirectories = Array.from({ length: 16 }, () => ({ virtualAddress: 0, size: 0 }));
  dataDirectories[6] = { virtualAddress: 0x100, size: 28 * entries.length };
  const image: CodeViewSource = {
    bytes,
    dataDirectories,
    readRva: (rva, length) =>
      rva + length <= bytes.length
        ? parsed(bytes.subarray(rva, rva + length))
        : failed('out-of-range', 'rva', rva, length, 0, 'outside the image'),
  };
  return { image, bytes };
}

const guidBytes = [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];

function putRecord(bytes: Uint8Array, at: number, signature: string, path: string): void {
  bytes.set(new TextEncoder().encode(signature), at);
  bytes.set(guidBytes, at + 4);
  bytes[at + 20] = 5;
  bytes.set(new TextEncoder().encode(path), at + 24);
}

const record = { guid: '00112233-4455-6677-8899-AABBCCDDEEFF', age: 5, pdbPath: 'C:\\obj\\d.pdb' };

test('reads guid, age and path, by file offset first', (t) => {
  const { image, bytes } = imageOf([{ type: 2, size: 37, rva: 0x3f0, offset: 0x200 }]);
  putRecord(bytes, 0x200, 'RSDS', 'C:\\obj\\d.pdb');
  t.deepEqual(parseCodeView(image), parsed(record));
});

test('reads by rva where the entry has no file offset', (t) => {
  const { image, bytes } = imageOf([{ type: 2, size: 37, rva: 0x200, offset: 0 }]);
  putRecord(bytes, 0x200, 'RSDS', 'C:\\obj\\d.pdb');
  t.deepEqual(parseCodeView(image), parsed(record));
});

test('goes past entries of other types and the older NB10', (t) => {
  const { image, bytes } = imageOf([
    { type: 16, size: 40, rva: 0, offset: 0x380 },
    { type: 2, size: 40, rva: 0, offset: 0x300 },
    { type: 2, size: 37, rva: 0, offset: 0x200 },
  ]);
  putRecord(bytes, 0x300, 'NB10', 'old.pdb');
  putRecord(bytes, 0x200, 'RSDS', 'C:\\obj\\d.pdb');
  t.deepEqual(parseCodeView(image), parsed(record));
});

test('a path without an end stops at the record', (t) => {
  const { image, bytes } = imageOf([{ type: 2, size: 27, rva: 0, offset: 0x200 }]);
  putRecord(bytes, 0x200, 'RSDS', 'C:\\obj\\d.pdb');
  t.deepEqual(parseCodeView(image), parsed({ ...record, pdbPath: 'C:\\' }));
});

test('no directory, no entry and only NB10 are null', (t) => {
  const { image, bytes } = imageOf([{ type: 2, size: 40, rva: 0, offset: 0x300 }]);
  t.deepEqual(parseCodeView({ ...image, dataDirectories: [] }), parsed(null));
  putRecord(bytes, 0x300, 'NB10', 'old.pdb');
  t.deepEqual(parseCodeView(image), parsed(null));
  t.deepEqual(parseCodeView(imageOf([]).image), parsed(null));
});

test('a record or directory outside the file is an error, not an exception', (t) => {
  const outside = parseCodeView(imageOf([{ type: 2, size: 37, rva: 0, offset: 0xfffffff0 }]).image);
  t.is(outside.ok ? null : outside.error.path, 'debugDirectory[0].pointerToRawData');
  const { image } = imageOf([{ type: 2, size: 37, rva: 0xfffffff0, offset: 0 }]);
  t.false(parseCodeView(image).ok);
  const dataDirectories = image.dataDirectories.map(() => ({ virtualAddress: 0x100, size: 0xffffffff }));
  t.false(parseCodeView({ ...image, dataDirectories }).ok);
});
