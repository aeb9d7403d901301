import { unsupportedRelocs } from '../../fixer/rules/unsupported-relocs.js';
import { type BuiltImage, buildImage } from '../support/image-builder.js';
import { buildDriver, type DriverSpec } from '../support/image-builder-driver.js';
import type { RelocationBlock } from '../support/image-builder-tables.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

/** Type numbers of the PE specification, "Base Relocation Types". */
const [HIGH, LOW, HIGHLOW, HIGHADJ, MOV32, THUMB_MOV32, MIPS16, IMM64, DIR64] = [1, 2, 3, 4, 5, 7, 8, 9, 10] as const;
const DATA_OFFSET_OF_RVA_3000 = (image: BuiltImage): number => image.section('.data').offset;

/** `.data` is two pages long, so that fields can lie across 0x4000; the section after it begins at 0x5000. */
const driver = (relocations: readonly RelocationBlock[], more: DriverSpec = {}): BuiltImage =>
  buildDriver({ change: { '.data': { data: new Uint8Array(0x2000) } }, relocations, ...more });

const straddle = (image: BuiltImage, rva: number, type: number, width: number, severity: 'error' | 'info' = 'error') =>
  ({
    severity,
    effect: 'refused-at-load',
    fix: 'none',
    section: '.data',
    field: 'dataDirectories[5]',
    offset: DATA_OFFSET_OF_RVA_3000(image) + rva - 0x3000,
    length: width,
    rva,
    data: { count: 1, first: [{ rva, type, width, section: '.data', sectionOffset: rva - 0x3000, symbol: null }] },
    message: ['straddles a page boundary', `${width} bytes at .data+0x`],
    hint: ['Do not pack the structure', '/Gy'],
  }) satisfies ExpectedFinding;

const one = (
  name: string,
  entry: readonly [number, number],
  width: number,
  machine: 'x64' | 'x86' | 'arm' = 'x64',
): Parameters<typeof testRule>[1]['failing'][number] => ({
  name,
  image: () => driver([{ rva: 0x3000, entries: [entry] }], { machine }),
  findings: (image) => [straddle(image, 0x3000 + entry[1], entry[0], width, machine === 'x64' ? 'error' : 'info')],
});

testRule(unsupportedRelocs, {
  failing: [
    one('DIR64 at page offset 0xFF9', [DIR64, 0xff9], 8),
    one('DIR64 at page offset 0xFFF', [DIR64, 0xfff], 8),
    one('HIGHLOW at page offset 0xFFD', [HIGHLOW, 0xffd], 4, 'x86'),
    one('HIGHLOW on x64 too', [HIGHLOW, 0xffe], 4),
    one('HIGH at page offset 0xFFF', [HIGH, 0xfff], 2),
    one('LOW at page offset 0xFFF', [LOW, 0xfff], 2),
    one('HIGHADJ at page offset 0xFFF', [HIGHADJ, 0xfff], 2),
    one('MOV32 on ARM at 0xFF9', [MOV32, 0xff9], 8, 'arm'),
    one('THUMB_MOV32 on ARM at 0xFFA', [THUMB_MOV32, 0xffa], 8, 'arm'),
    {
      name: 'a field in a block that does not begin on a page',
      image: () => driver([{ rva: 0x3800, entries: [[DIR64, 0x7fa]] }]),
      findings: (image) => [straddle(image, 0x3ffa, DIR64, 8)],
    },
    {
      name: 'a field after a HIGHADJ with its parameter',
      image: () => driver([{ rva: 0x3000, entries: [[HIGHADJ, 0x10], 0xaffa, [DIR64, 0xffc]] }]),
      findings: (image) => [straddle(image, 0x3ffc, DIR64, 8)],
    },
    {
      name: 'a field in memory that has no bytes in the file, without a span',
      image: () =>
        driver([{ rva: 0x3000, entries: [[DIR64, 0xffc]] }], { change: { '.data': { virtualSize: 0x2000 } } }),
      findings: (image) => [{ ...straddle(image, 0x3ffc, DIR64, 8), offset: null, length: null }],
    },
    {
      name: 'as information where the target OS is 1703',
      image: () => driver([{ rva: 0x3000, entries: [[DIR64, 0xffc]] }]),
      options: { targetOs: '1703' },
      findings: (image) => [
        {
          ...straddle(image, 0x3ffc, DIR64, 8, 'info'),
          effect: 'hygiene',
          message: ['1703 and later apply them', 'target is 1703'],
        },
      ],
    },
    {
      name: 'as an error where the target OS is 1607',
      image: () => driver([{ rva: 0x3000, entries: [[DIR64, 0xffc]] }]),
      options: { targetOs: '1607' },
      findings: (image) => [
        { ...straddle(image, 0x3ffc, DIR64, 8), message: ['Before Windows 10 1703', 'refuses to load'] },
      ],
    },
    {
      name: 'as information on ARM64, which began with 1709',
      image: () => driver([{ rva: 0x3000, entries: [[DIR64, 0xffc]] }], { machine: 'arm64' }),
      findings: (image) => [
        { ...straddle(image, 0x3ffc, DIR64, 8, 'info'), effect: 'hygiene', message: ['ARM64 began with 1709'] },
      ],
    },
    {
      name: 'thousands of straddles as one finding that counts them and shows the first, by rva',
      image: thousands,
      findings: (image) => [
        {
          ...straddle(image, 0x3ffc, DIR64, 8),
          offset: image.section('.data').offset + 0xffc,
          data: {
            count: 3000,
            first: Array.from({ length: 16 }, (_, index) => ({
              rva: 0x3ffc + index * 0x1000,
              type: DIR64,
              width: 8,
              section: '.data',
              sectionOffset: 0xffc + index * 0x1000,
              symbol: null,
            })),
          },
          message: ['3000 base relocations straddle', 'is the first'],
        },
      ],
    },
    {
      name: 'by symbol where one is known',
      image: () => driver([{ rva: 0x3000, entries: [[DIR64, 0xffc]] }]),
      options: { symbolAt: (rva) => (rva === 0x3ffc ? 'g_packed' : null) },
      findings: (image) => [
        {
          ...straddle(image, 0x3ffc, DIR64, 8),
          symbol: 'g_packed',
          data: {
            count: 1,
            first: [{ rva: 0x3ffc, type: DIR64, width: 8, section: '.data', sectionOffset: 0xffc, symbol: 'g_packed' }],
          },
          message: ['g_packed (.data+0xffc)'],
          hint: ['behind g_packed'],
        },
      ],
    },
    {
      name: 'a straddle beside a type without meaning, which stays open',
      image: () =>
        driver([
          {
            rva: 0x3000,
            entries: [
              [THUMB_MOV32, 0x10],
              [DIR64, 0xffc],
            ],
          },
        ]),
      findings: (image) => [straddle(image, 0x3ffc, DIR64, 8)],
      undetermined: ['0x3010', 'type 7', 'x64'],
    },
  ],
  passing: [
    {
      name: 'DIR64 at 0xFF8, which ends with the page',
      image: () => driver([{ rva: 0x3000, entries: [[DIR64, 0xff8]] }]),
    },
    {
      name: 'HIGHLOW at 0xFFC',
      image: () => driver([{ rva: 0x3000, entries: [[HIGHLOW, 0xffc]] }], { machine: 'x86' }),
    },
    {
      name: 'two-byte types at 0xFFE',
      image: () => driver([{ rva: 0x3000, entries: [[HIGH, 0xffe], [LOW, 0xffe], [HIGHADJ, 0xffe], 0] }]),
    },
    {
      name: 'padding at the end of a page',
      image: () =>
        driver([
          {
            rva: 0x3000,
            entries: [
              [DIR64, 8],
              [0, 0xfff],
            ],
          },
        ]),
    },
    {
      name: 'the parameter of a HIGHADJ, which looks like a straddling entry',
      image: () => driver([{ rva: 0x3000, entries: [[HIGHADJ, 0x10], 0xaffc] }]),
    },
    {
      name: 'a block off a page whose field ends with the page',
      image: () => driver([{ rva: 0x3800, entries: [[DIR64, 0x7f8]] }]),
    },
    {
      name: 'MOV32 on ARM at 0xFF8',
      image: () => driver([{ rva: 0x3000, entries: [[MOV32, 0xff8]] }], { machine: 'arm' }),
    },
    {
      name: 'IMM64 on ia64 at any offset: the bundle is 16-byte aligned',
      image: () =>
        driver(
          [
            {
              rva: 0x3000,
              entries: [
                [IMM64, 0xff1],
                [IMM64, 0xff2],
                [IMM64, 0xffe],
              ],
            },
          ],
          { machine: 'ia64' },
        ),
    },
    {
      name: 'blocks before zero padding that the directory counts in',
      image: () =>
        driver([
          { rva: 0x3000, entries: [[DIR64, 8]] },
          { rva: 0, entries: [], sizeOfBlock: 0 },
        ]),
    },
  ],
  notApplicable: [
    {
      name: 'an image without relocations',
      image: () => buildDriver({ relocations: [] }),
      reason: 'no-base-relocations',
    },
    {
      name: 'an image with five data directories',
      image: () => buildImage({ entryPoint: 8, numberOfRvaAndSizes: 5 }),
      reason: 'no-base-relocations',
    },
  ],
  undetermined: [
    ...([MOV32, THUMB_MOV32, MIPS16, IMM64, 6, 11, 15] as const).map((type) => ({
      name: `type ${type} on x64`,
      image: () => driver([{ rva: 0x3000, entries: [[type, 0x10]] }]),
      reason: [`type ${type}`, 'no meaning on x64', '0x3010'],
    })),
    {
      name: 'IMM64 on ARM64',
      image: () => driver([{ rva: 0x3000, entries: [[IMM64, 0x10]] }], { machine: 'arm64' }),
      reason: ['type 9', 'arm64'],
    },
    {
      name: 'a block that claims more than the table has',
      image: () => driver([{ rva: 0x3000, entries: [[DIR64, 8]], sizeOfBlock: 0x40 }]),
      reason: ['relocation block 0', '64 bytes'],
    },
    {
      name: 'a block smaller than its header',
      image: () => driver([{ rva: 0x3000, entries: [[DIR64, 8]], sizeOfBlock: 4 }]),
      reason: ['relocation block 0', '4 bytes'],
    },
    {
      name: 'a block of an odd size: loaders differ on where the next one begins',
      image: () => driver([{ rva: 0x3000, entries: [[DIR64, 8]], sizeOfBlock: 11 }]),
      reason: ['relocation block 0', '11 bytes'],
    },
    {
      name: 'a table outside the image',
      image: () => driver([], { directories: { 5: { rva: 0x7ff00000, size: 12 } } }),
      reason: ['dataDirectories[5]'],
    },
  ],
});

/** 3,000 pages with a straddling pointer each, the blocks in descending order. */
function thousands(): BuiltImage {
  const relocations = Array.from({ length: 3000 }, (_, index) => ({
    rva: 0x3000 + (2999 - index) * 0x1000,
    entries: [[DIR64, 0xffc] as const],
  }));
  return buildDriver({
    change: { '.data': { virtualSize: 3001 * 0x1000, data: new Uint8Array(0x2000) } },
    relocations,
  });
}
