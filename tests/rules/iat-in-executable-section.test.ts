import { iatInExecutableSection } from '../../fixer/rules/iat-in-executable-section.js';
import { type BuiltImage, buildImage } from '../support/image-builder.js';
import { buildDriver, SCN, TEXT_SIZE } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

/** The usual driver imports 3 functions of one library and 1 of another: 6 thunks with the two empty ones. */
const THUNKS = 6;

const finding = (
  image: BuiltImage,
  name: string,
  directory: 1 | 12,
  tableRva: number,
  tableSize: number,
  spansSections = false,
) =>
  ({
    severity: 'error',
    effect: 'refused-at-load',
    fix: 'none',
    section: name,
    field: `dataDirectories[${directory}]`,
    offset: image.directory(directory),
    length: 8,
    rva: tableRva,
    data: {
      source: directory === 12 ? 'dataDirectories[12]' : 'importDescriptors',
      tableRva,
      tableSize,
      spansSections,
    },
    message: ['import address table', name, 'refuses to load', directory === 1 ? 'FirstThunk' : 'data directory 12'],
    hint: ['Relink', '/MERGE'],
  }) satisfies ExpectedFinding;

testRule(iatInExecutableSection, {
  failing: [
    {
      name: 'a table in .text',
      image: () => buildDriver({ iatIn: '.text' }),
      findings: (image) => [finding(image, '.text', 12, 0x1000 + TEXT_SIZE, THUNKS * 8)],
    },
    {
      name: 'a table of four-byte thunks in .text of an x86 driver, as information',
      image: () => buildDriver({ machine: 'x86', iatIn: '.text' }),
      findings: (image) => [{ ...finding(image, '.text', 12, 0x1000 + TEXT_SIZE, THUNKS * 4), severity: 'info' }],
    },
    {
      name: 'FirstThunk arrays in .text while directory 12 is empty',
      image: () => buildDriver({ iatIn: '.text', directory12: false }),
      findings: (image) => [finding(image, '.text', 1, 0x1000 + TEXT_SIZE, THUNKS * 8)],
    },
    {
      name: 'FirstThunk arrays of an image without lookup tables (OriginalFirstThunk 0)',
      image: () => buildDriver({ iatIn: '.text', directory12: false, withoutLookup: true }),
      findings: (image) => [finding(image, '.text', 1, 0x1000 + TEXT_SIZE, THUNKS * 8)],
    },
    {
      name: 'a table in an executable INIT',
      image: () => buildDriver({ iatIn: 'INIT' }),
      findings: (image) => {
        const { bytes } = image;
        const rva = new DataView(bytes.buffer).getUint32(image.directory(12), true);
        return [finding(image, 'INIT', 12, rva, THUNKS * 8)];
      },
    },
    {
      name: 'the executable one of two sections that a table spans',
      image: () =>
        buildDriver({
          change: { '.pdata': { characteristics: SCN.text } },
          directories: { 12: { rva: 0x3ff0, size: 0x30 } },
        }),
      findings: (image) => [finding(image, '.pdata', 12, 0x4000, 0x20, true)],
    },
    {
      name: 'both of two executable sections that a table spans, each with its share',
      image: () =>
        buildDriver({
          change: { '.data': { characteristics: SCN.text }, '.pdata': { characteristics: SCN.text } },
          directories: { 12: { rva: 0x3ff0, size: 0x30 } },
        }),
      findings: (image) => [
        finding(image, '.data', 12, 0x3ff0, 0x10, true),
        finding(image, '.pdata', 12, 0x4000, 0x20, true),
      ],
    },
    {
      name: 'the last byte of a table that reaches into an executable section',
      image: () =>
        buildDriver({
          change: { '.pdata': { characteristics: SCN.text } },
          directories: { 12: { rva: 0x3ff8, size: 9 } },
        }),
      findings: (image) => [finding(image, '.pdata', 12, 0x4000, 1, true)],
    },
  ],
  passing: [
    {
      name: 'a table in .rdata that .text reaches over only when rounded up to SectionAlignment',
      image: () => {
        const image = buildDriver();
        new DataView(image.bytes.buffer).setUint32(image.optionalHeader + 32, 0x4000, true);
        return image;
      },
    },
    { name: 'descriptors in an executable INIT and the table in .rdata, as the WDK links', image: () => buildDriver() },
    { name: 'the same with directory 12 empty', image: () => buildDriver({ directory12: false }) },
    {
      name: 'a directory 12 with an address but no size, which counts as empty',
      image: () => buildDriver({ directories: { 12: { rva: 0x1000, size: 0 } } }),
    },
    {
      name: 'an image with 12 data directories, where there is none numbered 12',
      image: () => buildDriver({ directory12: false, numberOfRvaAndSizes: 12 }),
    },
    {
      name: 'a table that ends where an executable section begins',
      image: () =>
        buildDriver({
          change: { '.pdata': { characteristics: SCN.text } },
          directories: { 12: { rva: 0x3ff0, size: 0x10 } },
        }),
    },
    { name: 'a table in writable .data', image: () => buildDriver({ iatIn: '.data' }) },
  ],
  notApplicable: [
    {
      name: 'a driver that imports nothing',
      image: () =>
        buildImage({
          entryPoint: 0x1000,
          sections: [{ name: '.text', characteristics: SCN.text, data: new Uint8Array(4) }],
        }),
      reason: 'no-imports',
    },
    {
      name: 'a native application',
      image: () => buildDriver({ iatIn: '.text', libraries: [{ name: 'ntdll.dll', functions: ['NtClose'] }] }),
      reason: 'no-driver',
    },
  ],
  undetermined: [
    {
      name: 'a table outside the image',
      image: () => buildDriver({ directories: { 12: { rva: 0x7ff00000, size: 0x40 } } }),
      reason: ['0x7ff00000', 'outside the image'],
    },
    {
      name: 'import descriptors outside the image, while directory 12 is empty',
      image: () => buildDriver({ directory12: false, directories: { 1: { rva: 0x7ff00000, size: 0x40 } } }),
      reason: ['dataDirectories[1]'],
    },
    {
      name: 'addresses that the loader writes into code, which directory 12 leaves out',
      image: () => buildDriver({ iatIn: '.text', directories: { 12: { rva: 0x2000, size: 0x10 } } }),
      reason: ['ntoskrnl.exe', 'executable section .text', 'data directory 12'],
    },
  ],
});
