import { checksumMismatch } from '../../fixer/rules/checksum-mismatch.js';
import { type BuiltImage, buildImage } from '../support/image-builder.js';
import { checkSumOf } from '../support/image-builder-checksum.js';
import { buildDriver, type DriverSpec } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

const residues = [0, 1, 2, 3, 4, 5, 6, 7];
/** A file whose length is `residue` modulo 8, with an overlay whose last byte counts. */
const ofLength = (residue: number, spec: DriverSpec = {}): BuiltImage =>
  buildDriver({ overlay: new Uint8Array(16 + residue).fill(0xa5), ...spec });
const finding = (image: BuiltImage, stored: number) =>
  ({
    severity: stored === 0 ? 'warning' : 'error',
    effect: 'refused-at-load',
    fix: 'safe',
    section: null,
    field: 'optionalHeader.checkSum',
    offset: image.checkSum,
    length: 4,
    rva: null,
    data: { stored, computed: checkSumOf(image.bytes, image.checkSum) },
    message: stored === 0 ? ['CheckSum is 0', 'required'] : ['0xc0000221', 'refuses to load'],
    hint: ['`fix` writes the right value', '/RELEASE'],
  }) satisfies ExpectedFinding;

testRule(checksumMismatch, {
  failing: [
    {
      name: 'a wrong value',
      image: () => buildDriver({ checkSum: 0x12345678 }),
      findings: (image) => [finding(image, 0x12345678)],
    },
    {
      name: 'no value, as a warning',
      image: () => buildDriver({ checkSum: 'zero' }),
      findings: (image) => [finding(image, 0)],
    },
    {
      name: 'a value with bit 31',
      image: () => buildDriver({ checkSum: 0xfffffffe }),
      findings: (image) => [finding(image, 0xfffffffe)],
    },
    ...residues.map((residue) => ({
      name: `one too much in a file of 8n + ${residue} bytes`,
      image: () => ofLength(residue, { checkSum: 'wrong' }),
      findings: (image: BuiltImage): [ExpectedFinding] => [finding(image, checkSumOf(image.bytes, image.checkSum) + 1)],
    })),
    {
      name: 'a wrong value on x86 as an error too',
      image: () => buildDriver({ machine: 'x86', checkSum: 1 }),
      findings: (image) => [finding(image, 1)],
    },
    {
      name: 'a wrong value in a signed driver, certificate table included in the sum',
      image: () => buildDriver({ certificate: { place: 'end' }, checkSum: 7 }),
      findings: (image) => [finding(image, 7)],
    },
  ],
  passing: [
    ...([
      residues.map((residue) => ({
        name: `the right value in a file of 8n + ${residue} bytes`,
        image: () => ofLength(residue),
      })),
    ].flat() as [{ name: string; image: () => BuiltImage }]),
    { name: 'PE headers at an odd multiple of four', image: () => buildDriver({ peOffset: 0x84 }) },
    { name: 'a sum that ends at 0xFFFF', image: endsAtFfff },
    { name: 'the same sum as the kernel ends it, at 0', image: () => endsAtFfff(true) },
  ],
  notApplicable: [{ name: 'a program', image: () => buildImage({ subsystem: 3, checkSum: 5 }), reason: 'no-driver' }],
});

/** An overlay word that makes the one's complement sum 0xFFFF, which is also 0. */
function endsAtFfff(asZero = false): BuiltImage {
  const build = (word: number): BuiltImage => buildDriver({ overlay: Uint8Array.of(word & 0xff, word >>> 8) });
  const empty = build(0);
  const folded = checkSumOf(empty.bytes, empty.checkSum) - empty.bytes.length;
  const image = build(0xffff - folded);
  if (checkSumOf(image.bytes, image.checkSum) !== image.bytes.length + 0xffff) throw new Error('the sum is not 0xFFFF');
  if (asZero) new DataView(image.bytes.buffer).setUint32(image.checkSum, image.bytes.length, true);
  return image;
}
