import { sectionAlignment } from '../../fixer/rules/section-alignment.js';
import { type BuiltImage, buildImage } from '../support/image-builder.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

const field = (image: BuiltImage, alignment: number, fix: 'safe' | 'none', hint: string[]) =>
  ({
    severity: 'error',
    effect: 'refused-at-load',
    fix,
    section: null,
    field: 'optionalHeader.sectionAlignment',
    offset: image.optionalHeader + 32,
    length: 4,
    rva: null,
    data: { sectionAlignment: alignment },
    message: [`SectionAlignment is 0x${alignment.toString(16).toUpperCase()}`, '0x1000', 'refuses to load'],
    hint: ['/ALIGN:0x1000', 'DRIVER_ALIGNMENT=0x1000', ...hint],
  }) satisfies ExpectedFinding;
const section = (image: BuiltImage, name: string) => {
  const { index, header, rva } = image.section(name);
  return {
    severity: 'error',
    effect: 'refused-at-load',
    fix: 'none',
    section: name,
    field: `sections[${index}].virtualAddress`,
    offset: header + 12,
    length: 4,
    rva,
    data: { virtualAddress: rva },
    message: [`Section ${name}`, `0x${rva.toString(16).toUpperCase()}`, 'page'],
    hint: ['DRIVER_ALIGNMENT=0x1000'],
  } satisfies ExpectedFinding;
};
const names = ['.text', '.rdata', '.data', '.pdata', 'INIT', '.reloc'];
const low = (alignment: number) =>
  buildDriver({
    sectionAlignment: alignment,
    fileAlignment: alignment,
    relocations: [{ rva: 0x500, entries: [[10, 8]] }],
  });

testRule(sectionAlignment, {
  failing: [
    {
      name: 'a low SectionAlignment without sections: the headers hold the code, mapped as one writable piece',
      image: () => buildImage({ sectionAlignment: 0x20, entryPoint: 8 }),
      findings: (image) => [field(image, 0x20, 'none', ['the image has no sections'])],
    },
    {
      name: 'a low SectionAlignment, and each section that is off a page',
      image: () => low(0x80),
      findings: (image) => [
        field(image, 0x80, 'none', ['middle of a page']),
        ...names.map((name) => section(image, name)),
      ],
    },
    {
      name: 'a low SectionAlignment over sections that begin on pages, which the header edit fixes',
      image: () => buildDriver({ sectionAlignment: 0x200, fileAlignment: 0x200, ...onPages() }),
      findings: (image) => [field(image, 0x200, 'safe', ['`fix` raises'])],
    },
    {
      name: 'SectionAlignment 0',
      image: () => buildDriver({ sectionAlignment: 0, ...onPages() }),
      findings: (image) => [field(image, 0, 'safe', ['`fix` raises'])],
    },
    {
      name: 'a SectionAlignment over a page that is no multiple of one',
      image: () => buildDriver({ sectionAlignment: 0x1800, ...onPages() }),
      findings: (image) => [
        {
          ...field(image, 0x1800, 'none', ['0x1800 is not below a page']),
          message: ['SectionAlignment is 0x1800, not a multiple of the page size 0x1000, so sections cannot'],
        },
      ],
    },
    {
      name: 'one section off a page although SectionAlignment is right',
      image: () =>
        buildDriver({ more: [{ name: 'ODD', characteristics: 0x48000040, rva: 0x8010, data: new Uint8Array(8) }] }),
      findings: (image) => [section(image, 'ODD')],
    },
    {
      name: 'an x86 driver as information',
      image: () => buildDriver({ machine: 'x86', sectionAlignment: 0x200, ...onPages() }),
      findings: (image) => [{ ...field(image, 0x200, 'safe', []), severity: 'info' }],
    },
  ],
  passing: [
    { name: 'the default alignment', image: () => buildDriver() },
    { name: 'two pages', image: () => buildDriver({ sectionAlignment: 0x2000, relocations: [] }) },
    { name: '64 KB', image: () => buildDriver({ sectionAlignment: 0x10000, relocations: [] }) },
  ],
  undetermined: [
    {
      name: 'pages that are no multiples of a larger SectionAlignment, which the PE specification forbids',
      image: () => buildDriver({ sectionAlignment: 0x3000, ...onPages() }),
      reason: ['.text', '0x1000', 'SectionAlignment 0x3000'],
    },
  ],
  notApplicable: [
    {
      name: 'a driver without sections',
      image: () => buildImage({ entryPoint: 8 }),
      reason: 'no-sections',
    },
    { name: 'a keyboard layout', image: () => buildImage({ sectionAlignment: 0x20 }), reason: 'no-driver' },
  ],
});

/** Sections on successive pages, whatever SectionAlignment says. */
function onPages() {
  const change = Object.fromEntries(names.map((name, index) => [name, { rva: 0x1000 * (index + 1) }]));
  return { change, sizeOfImage: 0x1000 * (names.length + 1) };
}
