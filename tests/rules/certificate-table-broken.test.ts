import { certificateTableBroken } from '../../fixer/rules/certificate-table-broken.js';
import type { BuiltImage } from '../support/image-builder.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

const finding = (
  image: BuiltImage,
  tableOffset: number,
  tableSize: number,
  message: string[],
  atOffset = tableOffset,
) =>
  ({
    severity: 'warning',
    effect: 'hygiene',
    fix: 'none',
    section: null,
    field: 'dataDirectories[4]',
    offset: image.directory(4),
    length: 8,
    rva: null,
    data: { tableOffset, tableSize, atOffset },
    message: ['signature cannot be read', 'unsigned', ...message],
    hint: ['Sign the file again', '--strip-signature'],
  }) satisfies ExpectedFinding;

/** A signed driver in which the first certificate's dwLength is overwritten. */
function withLength(dwLength: number): BuiltImage {
  const image = buildDriver({ certificate: { place: 'end', length: 40 } });
  new DataView(image.bytes.buffer).setUint32(image.certificate.offset, dwLength, true);
  return image;
}

testRule(certificateTableBroken, {
  failing: [
    {
      name: 'an entry that points behind the end of the file',
      image: () => buildDriver({ certificate: { place: 'dangling' } }),
      findings: (image) => [finding(image, image.certificate.offset, image.certificate.size, ['the file ends at'])],
    },
    {
      name: 'a table that claims more than the file has left',
      image: () => buildDriver({ certificate: { place: 'too-long' } }),
      findings: (image) => [finding(image, image.certificate.offset, image.certificate.size, ['claims', 'are left'])],
    },
    {
      name: 'an entry with a size but no offset',
      image: () => buildDriver({ directories: { 4: { rva: 0, size: 48 } } }),
      findings: (image) => [finding(image, 0, 48, ['half empty'])],
    },
    {
      name: 'an entry with an offset but no size',
      image: () => buildDriver({ directories: { 4: { rva: 0x400, size: 0 } } }),
      findings: (image) => [finding(image, 0x400, 0, ['half empty'])],
    },
    {
      name: 'a table inside the headers',
      image: () => buildDriver({ directories: { 4: { rva: 0x40, size: 16 } } }),
      findings: (image) => [finding(image, 0x40, 16, ['inside the headers'])],
    },
    {
      name: 'a certificate longer than its table',
      image: () => withLength(0x1000),
      findings: (image) => [finding(image, image.certificate.offset, 48, ['4096 bytes', '48 left'])],
    },
    {
      name: 'a certificate of length 0',
      image: () => withLength(0),
      findings: (image) => [finding(image, image.certificate.offset, 48, ['0 bytes'])],
    },
    {
      name: 'a table too small for a certificate',
      image: () =>
        buildDriver({
          overlay: new Uint8Array(16),
          directories: { 4: (): { rva: number; size: number } => ({ rva: 0x1008, size: 4 }) },
        }),
      findings: (image) => [finding(image, 0x1008, 4, ['too few'])],
    },
  ],
  passing: [
    { name: 'a table at the end', image: () => buildDriver({ certificate: { place: 'end' } }) },
    { name: 'a table with bytes behind it', image: () => buildDriver({ certificate: { place: 'middle' } }) },
    {
      name: 'a certificate that fills its table without padding',
      image: () => buildDriver({ certificate: { place: 'end', length: 8 } }),
    },
    {
      name: 'a certificate with seven bytes of padding',
      image: () => buildDriver({ certificate: { place: 'end', length: 41 } }),
    },
  ],
  notApplicable: [
    { name: 'an unsigned driver', image: () => buildDriver(), reason: 'no-certificate-table' },
    {
      name: 'an image with four data directories',
      image: () => buildDriver({ directory12: false, relocations: [], numberOfRvaAndSizes: 4 }),
      reason: 'no-certificate-table',
    },
  ],
});
