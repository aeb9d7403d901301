import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { nxCompatMissing } from '../../fixer/rules/nx-compat-missing.js';
import { buildCodeDriver, ENTER, ecx, LEAVE } from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import { type BuiltImage, buildImage } from '../support/image-builder.js';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

const finding = (image: BuiltImage, fix: 'safe' | 'none', hint: string[], dllCharacteristics = 0x60) =>
  ({
    severity: 'info',
    effect: 'hygiene',
    fix,
    section: null,
    field: 'optionalHeader.dllCharacteristics',
    offset: image.optionalHeader + 70,
    length: 2,
    rva: null,
    data: { dllCharacteristics },
    message: ['NX_COMPAT', '0x100'],
    hint,
  }) satisfies ExpectedFinding;
const nx = { dllCharacteristics: 0x60 };
const patch = { name: 'PATCH', characteristics: SCN.rwx, data: new Uint8Array(4) };
const onPages = Object.fromEntries(
  ['.text', '.rdata', '.data', '.pdata', 'INIT', '.reloc'].map((name, index) => [name, { rva: 0x1000 * (index + 1) }]),
);

testRule(nxCompatMissing, {
  failing: [
    {
      name: 'a missing bit in a sound image',
      image: () => buildDriver(nx),
      findings: (image) => [finding(image, 'safe', ['`fix` sets it', '/NXCOMPAT'])],
    },
    {
      name: 'DllCharacteristics 0 on x86',
      image: () => buildDriver({ machine: 'x86', dllCharacteristics: 0 }),
      findings: (image) => [finding(image, 'safe', [], 0)],
    },
    {
      name: 'all other bits set',
      image: () => buildDriver({ dllCharacteristics: 0xfeff }),
      findings: (image) => [finding(image, 'safe', [], 0xfeff)],
    },
    {
      name: 'a writable INIT that the same run fixes',
      image: () => buildDriver({ ...nx, change: { INIT: { characteristics: SCN.initRwx } } }),
      findings: (image) => [finding(image, 'safe', [])],
    },
    {
      name: 'a writable INIT that holds the import address table, without a fix',
      image: () => buildDriver({ ...nx, iatIn: 'INIT', change: { INIT: { characteristics: SCN.initRwx } } }),
      findings: (image) => [finding(image, 'none', ['section INIT is writable and executable'])],
    },
    {
      name: 'a writable INIT that the code stores into, without a fix',
      image: () =>
        buildCodeDriver({
          ...nx,
          functions: ['ExAllocatePool'],
          parts: [ENTER, ecx(512), { call: 'ExAllocatePool' }, { store: { section: 'INIT', at: 4 } }, LEAVE],
          change: { INIT: { characteristics: SCN.initRwx } },
        }),
      options: { code: readingCode(codeEngine()) },
      findings: (image) => [finding(image, 'none', ['section INIT is writable and executable'])],
    },
    {
      name: 'a writable INIT whose finding the user accepts, so that no run fixes it',
      image: () => buildDriver({ ...nx, change: { INIT: { characteristics: SCN.initRwx } } }),
      options: { accepts: ({ code }) => code === 'HVCI2003' },
      findings: (image) => [finding(image, 'none', ['section INIT is writable and executable'])],
    },
    {
      name: 'a writable INIT where HVCI2003 is off',
      image: () => buildDriver({ ...nx, change: { INIT: { characteristics: SCN.initRwx } } }),
      options: { severities: { HVCI2003: 'off' } },
      findings: (image) => [finding(image, 'none', ['section INIT is writable and executable'])],
    },
    {
      name: 'a low alignment that the user accepts',
      image: () => buildDriver({ ...nx, sectionAlignment: 0x200, change: onPages, sizeOfImage: 0x7000 }),
      options: { accepts: ({ code }) => code === 'HVCI2004' },
      findings: (image) => [finding(image, 'none', ['not page aligned'])],
    },
    {
      name: 'another writable and executable section, without a fix',
      image: () => buildDriver({ ...nx, more: [patch] }),
      findings: (image) => [finding(image, 'none', ['section PATCH is writable and executable'])],
    },
    {
      name: 'an alignment that needs a relink, without a fix',
      image: () => buildDriver({ ...nx, sectionAlignment: 0x200, relocations: [] }),
      findings: (image) => [finding(image, 'none', ['not page aligned'])],
    },
    {
      name: 'an alignment that the same run fixes',
      image: () => buildDriver({ ...nx, sectionAlignment: 0x200, change: onPages, sizeOfImage: 0x7000 }),
      findings: (image) => [finding(image, 'safe', [])],
    },
  ],
  passing: [
    { name: 'a driver with the bit', image: () => buildDriver() },
    { name: 'the bit alone', image: () => buildDriver({ dllCharacteristics: 0x100 }) },
  ],
  notApplicable: [{ name: 'an EFI driver', image: () => buildImage({ ...nx, subsystem: 11 }), reason: 'no-driver' }],
});
