import test from 'ava';
import { buildImage } from '../support/image-builder.js';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { codesOf, editsOf, fixed, imageOf, planOf } from './fix-support.js';

const rwxInit = { INIT: { characteristics: SCN.initRwx } };
const strip = { stripSignature: true };

test('a signed image is refused, with the way out', (t) => {
  const plan = planOf(buildDriver({ change: rwxInit, certificate: { place: 'end' } }).bytes);
  t.is(plan.blocked?.code, 'signed');
  for (const word of ['--strip-signature', '--sign-with', 'Microsoft'])
    t.true(plan.blocked?.message.includes(word), word);
  t.is(plan.truncateTo, null);
});

test('a dangling certificate entry is refused too', (t) => {
  t.is(planOf(buildDriver({ change: rwxInit, certificate: { place: 'dangling' } }).bytes).blocked?.code, 'signed');
});

test('where the optional header cuts the entry off, no option helps, and none is named', (t) => {
  const image = buildImage({
    sizeOfOptionalHeader: 112 + 8 * 2,
    entryPoint: 0x1000,
    dllCharacteristics: 0,
    sections: [{ name: '.text', characteristics: SCN.text, data: new Uint8Array(4) }],
  });
  for (const options of [{}, strip]) {
    const { blocked } = planOf(image.bytes, options);
    t.regex(blocked?.message ?? '', /cannot be told: .*SizeOfOptionalHeader.*Link it again/);
    t.notRegex(blocked?.message ?? '', /--/);
  }
});

test('a signed image in which nothing is wrong is not refused', (t) => {
  const plan = planOf(buildDriver({ certificate: { place: 'end' } }).bytes);
  t.deepEqual([plan.blocked, plan.edits], [null, []]);
});

test('a signed image in which only CheckSum is wrong keeps its signature: that does not cover CheckSum', (t) => {
  const image = buildDriver({ certificate: { place: 'end' }, checkSum: 'wrong' });
  for (const options of [{}, strip]) {
    const { plan, bytes, result } = fixed(t, image, options);
    t.deepEqual(editsOf(plan), []);
    t.is(plan.edits.length, 1);
    t.is(bytes.length, image.bytes.length);
    t.true(result.signed);
  }
});

test('a table at the end goes, with its bytes', (t) => {
  const image = buildDriver({ change: rwxInit, certificate: { place: 'end' } });
  const { plan, bytes, result } = fixed(t, image, strip);
  t.is(plan.truncateTo, image.certificate.offset);
  t.is(bytes.length, image.certificate.offset);
  t.deepEqual(imageOf(bytes).dataDirectories[4], { virtualAddress: 0, size: 0 });
  t.deepEqual([codesOf(result), result.signed], [[], false]);
});

test('padding before the table stays: it may be the file itself', (t) => {
  const image = buildDriver({ change: rwxInit, overlay: new Uint8Array(3).fill(1), certificate: { place: 'end' } });
  const { bytes } = fixed(t, image, strip);
  t.is(bytes.length, image.certificate.offset);
  t.is(bytes.length % 8, 0);
});

test('a table in the middle is disconnected and its bytes stay', (t) => {
  const image = buildDriver({ change: rwxInit, certificate: { place: 'middle' } });
  const { plan, bytes } = fixed(t, image, strip);
  t.is(plan.truncateTo, null);
  t.is(bytes.length, image.bytes.length);
  t.deepEqual(bytes.slice(image.certificate.offset), image.bytes.slice(image.certificate.offset));
  t.true(plan.notes.some((note) => note.includes('disconnected')));
});

for (const place of ['dangling', 'too-long'] as const) {
  test(`a ${place} entry goes, alone, even with nothing else to fix`, (t) => {
    const image = buildDriver({ certificate: { place } });
    t.deepEqual(planOf(image.bytes).edits, []);
    const { plan, bytes, result } = fixed(t, image, strip);
    t.true(editsOf(plan).every(([field]) => field.startsWith('dataDirectories[4].')));
    t.is(bytes.length, image.bytes.length);
    t.deepEqual(codesOf(result), []);
  });
}

test('a table inside a section is not taken off', (t) => {
  const image = buildDriver({ change: rwxInit, overlay: new Uint8Array(8) });
  const view = new DataView(image.bytes.buffer);
  const { offset } = image.section('.data');
  view.setUint32(image.directory(4), offset, true);
  view.setUint32(image.directory(4) + 4, 0x20, true);
  view.setUint32(offset, 0x20, true);
  const plan = planOf(image.bytes, strip);
  t.like(plan.blocked, { code: 'certificate-inside-image', section: '.data' });
});

test('a table that overlaps the COFF symbols is not taken off: it would cut them', (t) => {
  const symbols = Array.from({ length: 8 }, (_, value) => ({ name: `s${value}`, value, section: 1 }));
  const image = buildDriver({ change: rwxInit, symbols });
  const view = new DataView(image.bytes.buffer);
  const at = view.getUint32(image.fileHeader + 8, true) + 18;
  view.setUint32(image.directory(4), at, true);
  view.setUint32(image.directory(4) + 4, image.bytes.length - at, true);
  view.setUint32(at, image.bytes.length - at, true);
  const plan = planOf(image.bytes, strip);
  t.is(plan.blocked?.code, 'certificate-inside-image');
  t.regex(plan.blocked?.message ?? '', /COFF symbol table/);
});
