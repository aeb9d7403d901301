/** Offsets come from the image builder, which types them from the PE specification. */
import test from 'ava';
import fc from 'fast-check';
import { authenticodeInput } from '../../fixer/pe/authenticode.js';
import { parseImage } from '../../fixer/pe/image.js';
import { type BuiltImage, buildImage } from '../support/image-builder.js';
import { buildDriver } from '../support/image-builder-driver.js';

function inputOf(bytes: Uint8Array) {
  const image = parseImage(bytes);
  if (!image.ok) throw new Error(image.error.message);
  return authenticodeInput(image.value);
}

/** CheckSum and data directory 4 left out. */
const headerRanges = (image: BuiltImage) => [
  { start: 0, end: image.checkSum },
  { start: image.checkSum + 4, end: image.directory(4) },
];

test('unsigned: all but CheckSum and data directory 4', (t) => {
  const image = buildDriver();
  const { length } = image.bytes;
  t.is(length % 8, 0);
  const ranges = [...headerRanges(image), { start: image.directory(4) + 8, end: length }];
  t.deepEqual(inputOf(image.bytes), { ok: true, value: { ranges, padding: 0 } });
});

for (const [more, padding] of [
  [1, 7],
  [3, 5],
  [7, 1],
  [8, 0],
] as const) {
  test(`unsigned, ${more} bytes behind the sections: ${padding} zeros follow`, (t) => {
    const input = inputOf(buildDriver({ overlay: new Uint8Array(more).fill(0x55) }).bytes);
    t.is(input.ok && input.value.padding, padding);
  });
}

test('signed: the certificate table is left out, and no padding is added', (t) => {
  const image = buildDriver({ certificate: { place: 'end', length: 40 } });
  const { offset, size } = image.certificate;
  t.is(offset + size, image.bytes.length);
  const ranges = [...headerRanges(image), { start: image.directory(4) + 8, end: offset }];
  t.deepEqual(inputOf(image.bytes), { ok: true, value: { ranges, padding: 0 } });
});

test('signed, with data behind the certificate table: it counts', (t) => {
  const image = buildDriver({ certificate: { place: 'middle', length: 40 }, overlay: new Uint8Array(16) });
  const { offset, size } = image.certificate;
  t.true(offset + size < image.bytes.length);
  const behind = [
    { start: image.directory(4) + 8, end: offset },
    { start: offset + size, end: image.bytes.length },
  ];
  t.deepEqual(inputOf(image.bytes), {
    ok: true,
    value: { ranges: [...headerRanges(image), ...behind], padding: 0 },
  });
});

test('a header without data directory 4: CheckSum alone is left out', (t) => {
  const image = buildImage({ numberOfRvaAndSizes: 4, sections: [{ name: '.text', characteristics: 0x60000020 }] });
  const input = inputOf(image.bytes);
  t.deepEqual(input.ok && input.value.ranges, [
    { start: 0, end: image.checkSum },
    { start: image.checkSum + 4, end: image.bytes.length },
  ]);
});

for (const place of ['dangling', 'too-long'] as const) {
  test(`a certificate table that is ${place}: an error`, (t) => {
    const input = inputOf(buildDriver({ certificate: { place } }).bytes);
    t.is(input.ok ? null : input.error.code, 'out-of-range');
  });
}

test('any flipped bytes: ranges in order and inside the file, or an error', (t) => {
  const { bytes } = buildDriver({ certificate: { place: 'end', length: 40 } });
  const flip = fc.tuple(fc.nat(0x400), fc.nat(255));
  fc.assert(
    fc.property(fc.array(flip, { minLength: 1, maxLength: 6 }), (flips) => {
      const changed = Uint8Array.from(bytes);
      for (const [at, value] of flips) changed[at] = value;
      const image = parseImage(changed);
      const input = image.ok ? authenticodeInput(image.value) : null;
      let last = 0;
      for (const { start, end } of input?.ok ? input.value.ranges : []) {
        if (start < last || end <= start || end > changed.length) return false;
        last = end;
      }
      return true;
    }),
    { numRuns: 5_000 },
  );
  t.pass();
});
