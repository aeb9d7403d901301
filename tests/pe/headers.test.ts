import test from 'ava';
import { planFixes } from '../../fixer/fix/plan.js';
import { parseImage } from '../../fixer/pe/image.js';
import { check } from '../../fixer/rules/check.js';
import { buildImage, latin1 } from '../support/image-builder.js';
import { buildDriver } from '../support/image-builder-driver.js';

const errorOf = (bytes: Uint8Array) => {
  const image = parseImage(bytes);
  return image.ok ? null : image.error;
};

for (const [machine, name, plus] of [
  ['x64', 'x64', true],
  ['x86', 'x86', false],
  ['arm64', 'arm64', true],
  ['arm', 'arm', false],
  ['ia64', 'ia64', true],
  [0x1c0, 'arm', false],
  [0x1c2, 'arm', false],
  [0x5064, 'unknown', true],
] as const) {
  test(`machine ${machine} with ${plus ? 'PE32+' : 'PE32'} headers`, (t) => {
    const built = buildImage({ machine, pe32plus: plus, subsystem: 1, dllCharacteristics: 0x4160, entryPoint: 0x1234 });
    const image = parseImage(built.bytes);
    if (!image.ok) return t.fail(image.error.message);
    t.is(image.value.machine, name);
    t.is(image.value.isPE32Plus, plus);
    t.like(image.value.optionalHeader, {
      offset: built.optionalHeader,
      magic: plus ? 0x20b : 0x10b,
      addressOfEntryPoint: 0x1234,
      imageBase: plus ? 0x140000000 : 0x10000,
      sectionAlignment: 0x1000,
      fileAlignment: 0x200,
      subsystem: 1,
      dllCharacteristics: 0x4160,
      numberOfRvaAndSizes: 16,
    });
    t.is(image.value.fileHeader.timeDateStamp, 0x5f000001);
    t.is(image.value.dataDirectories.length, 16);
  });
}

test('bytes in the middle of a larger buffer', (t) => {
  const { bytes } = buildDriver();
  const around = new Uint8Array(bytes.length + 7);
  around.set(bytes, 3);
  const image = parseImage(around.subarray(3, 3 + bytes.length));
  t.true(image.ok && image.value.imports.ok && image.value.sections.length === 6);
  if (image.ok) t.is(image.value.computedCheckSum, image.value.optionalHeader.checkSum);
});

for (const [what, bytes] of [
  ['an empty file', new Uint8Array(0)],
  ['one byte', latin1('M')],
  ['a text', latin1('MS-DOS is not MZ')],
  ['an NE image', withSignature('NE')],
  ['an LE image (a VxD)', withSignature('LE')],
  ['zeros where the signature should be', withSignature('\0\0')],
] as const) {
  test(`${what} is no PE image`, (t) => {
    t.is(errorOf(bytes)?.code, 'not-pe');
  });
}

function withSignature(signature: string): Uint8Array {
  const { bytes, fileHeader } = buildImage();
  bytes.set(latin1(signature), fileHeader - 4);
  return bytes;
}

test('what is cut off names the field, its offset and the bytes that are missing', (t) => {
  const { bytes, fileHeader, optionalHeader } = buildDriver();
  t.like(errorOf(bytes.slice(0, 40)), { code: 'truncated', path: 'dosHeader', needed: 64, present: 40 });
  t.like(errorOf(bytes.slice(0, 0x80)), { code: 'truncated', path: 'dosHeader.e_lfanew', offset: 0x3c });
  t.like(errorOf(bytes.slice(0, fileHeader + 10)), { code: 'truncated', path: 'fileHeader', needed: 20, present: 10 });
  t.like(errorOf(bytes.slice(0, optionalHeader)), { code: 'truncated', path: 'optionalHeader.magic' });
  t.like(errorOf(bytes.slice(0, optionalHeader + 100)), { path: 'optionalHeader', needed: 112, present: 100 });
  t.like(errorOf(bytes.slice(0, optionalHeader + 250)), { code: 'truncated', path: 'sections' });
  t.like(errorOf(bytes.slice(0, bytes.length - 1)), { code: 'truncated', path: 'sections[5].sizeOfRawData' });
});

test('an optional header that is no PE32 or PE32+ is not supported', (t) => {
  const { bytes, optionalHeader } = buildImage();
  bytes[optionalHeader] = 0x07;
  t.like(errorOf(bytes), { code: 'unsupported', path: 'optionalHeader.magic', offset: optionalHeader });
});

test('a SizeOfOptionalHeader below the fixed part is malformed', (t) => {
  const { bytes, fileHeader } = buildImage();
  new DataView(bytes.buffer).setUint16(fileHeader + 16, 111, true);
  t.like(errorOf(bytes), { code: 'malformed', path: 'fileHeader.sizeOfOptionalHeader', needed: 112, present: 111 });
});

test('the section table follows SizeOfOptionalHeader, larger or smaller than usual', (t) => {
  for (const sizeOfOptionalHeader of [112, 112 + 8 * 6, 112 + 128, 112 + 128 + 40]) {
    const { bytes } = buildImage({
      sizeOfOptionalHeader,
      sections: [{ name: 'ONE', characteristics: 0x40000040, data: latin1('abc') }],
    });
    const image = parseImage(bytes);
    t.is(image.ok && image.value.sections[0]?.name, 'ONE', `${sizeOfOptionalHeader}`);
  }
});

for (let count = 0; count <= 16; count++) {
  test(`NumberOfRvaAndSizes ${count}`, (t) => {
    const image = parseImage(buildImage({ numberOfRvaAndSizes: count }).bytes);
    t.is(image.ok && image.value.dataDirectories.length, count);
    t.deepEqual(image.ok && image.value.anomalies, []);
  });
}

test('an absurd NumberOfRvaAndSizes means 16, and no more than fit', (t) => {
  for (const numberOfRvaAndSizes of [17, 0x7fffffff, 0xffffffff]) {
    const image = parseImage(buildImage({ numberOfRvaAndSizes }).bytes);
    t.is(image.ok && image.value.dataDirectories.length, 16);
  }
  const short = parseImage(buildImage({ numberOfRvaAndSizes: 16, sizeOfOptionalHeader: 112 + 8 * 3 }).bytes);
  t.is(short.ok && short.value.dataDirectories.length, 3);
  t.is(short.ok && short.value.anomalies[0]?.code, 'data-directories-cut-off');
});

test('NT headers off a multiple of four are no image that Windows loads', (t) => {
  const image = parseImage(buildImage({ peOffset: 0x86 }).bytes);
  t.like(image, { ok: false, error: { code: 'malformed', path: 'dosHeader.e_lfanew', offset: 0x3c } });
});

test('a directory that is declared and does not fit leaves what needs it undetermined, and the image unfixed', (t) => {
  const { bytes } = buildImage({ numberOfRvaAndSizes: 16, sizeOfOptionalHeader: 112 + 8 });
  const image = parseImage(bytes);
  if (!image.ok) return t.fail();
  const result = check(image.value, { treatAs: 'driver' });
  const undetermined = new Set(result.undetermined.map(({ code }) => code));
  for (const code of ['HVCI2005', 'HVCI3001', 'HVCI4003']) t.true(undetermined.has(code), code);
  const plan = planFixes(image.value, result, { stripSignature: true });
  t.is(plan.edits.length > 0 ? plan.blocked?.code : 'certificate-inside-image', 'certificate-inside-image');
});
