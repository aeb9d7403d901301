import { sectionWithoutAccess } from '../../fixer/rules/section-without-access.js';
import { type BuiltImage, buildImage } from '../support/image-builder.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

const finding = (image: BuiltImage, name: string, characteristics: number) => {
  const section = image.section(name);
  return {
    severity: 'warning',
    effect: 'refused-at-load',
    fix: 'none',
    section: name,
    field: `sections[${section.index}].characteristics`,
    offset: section.header + 36,
    length: 4,
    rva: section.rva,
    data: { characteristics },
    message: [`Section ${name}`, 'neither readable, writable nor executable', 'failed to load'],
    hint: [`/SECTION:${name},R`, `/MERGE:${name}=.rdata`],
  } satisfies ExpectedFinding;
};
const without = (name: string, characteristics: number) =>
  buildDriver({ more: [{ name, characteristics, data: new Uint8Array(8) }] });

testRule(sectionWithoutAccess, {
  failing: [
    {
      name: '.retplne of rust-lld',
      image: () => without('.retplne', 0x40),
      findings: (image) => [finding(image, '.retplne', 0x40)],
    },
    { name: 'no flag at all', image: () => without('NONE', 0), findings: (image) => [finding(image, 'NONE', 0)] },
    {
      name: 'NOT_PAGED and DISCARDABLE, which give no right, on ARM64',
      image: () =>
        buildDriver({ machine: 'arm64', more: [{ name: 'X', characteristics: 0x0a000040, data: new Uint8Array(8) }] }),
      findings: (image) => [finding(image, 'X', 0x0a000040)],
    },
    {
      name: 'an x86 driver as information',
      image: () =>
        buildDriver({ machine: 'x86', more: [{ name: 'X', characteristics: 0x40, data: new Uint8Array(8) }] }),
      findings: (image) => [{ ...finding(image, 'X', 0x40), severity: 'info' }],
    },
  ],
  passing: [
    { name: 'a driver whose sections can all be read', image: () => buildDriver() },
    { name: 'execute alone', image: () => without('X', 0x20000020) },
    { name: 'write alone', image: () => without('W', 0x80000040) },
  ],
  notApplicable: [
    { name: 'a driver without sections', image: () => buildImage({ entryPoint: 8 }), reason: 'no-sections' },
  ],
});
