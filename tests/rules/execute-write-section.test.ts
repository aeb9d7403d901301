import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { executeWriteSection } from '../../fixer/rules/execute-write-section.js';
import { buildCodeDriver, ENTER, ecx, LEAVE } from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import { type BuiltImage, buildImage } from '../support/image-builder.js';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

const place = (image: BuiltImage, name: string, characteristics: number, virtualSize: number) => {
  const section = image.section(name);
  return {
    section: name,
    field: `sections[${section.index}].characteristics`,
    offset: section.header + 36,
    length: 4,
    rva: section.rva,
    data: { characteristics, virtualSize },
  };
};
const init = (image: BuiltImage, fix: 'safe' | 'none', hint: string[], severity: 'warning' | 'info' = 'warning') =>
  ({
    ...place(image, 'INIT', SCN.initRwx, image.bytes[image.section('INIT').header + 8] ?? 0),
    severity,
    effect: 'hygiene',
    fix,
    message: ['INIT', 'writable and executable', '0xe2000020', '0x2003'],
    hint,
  }) satisfies ExpectedFinding;
const other = (image: BuiltImage, name: string, characteristics: number, virtualSize: number) =>
  ({
    ...place(image, name, characteristics, virtualSize),
    severity: 'error',
    effect: 'refused-in-strict-mode',
    fix: 'opt-in',
    message: [`Section ${name}`, 'writable and executable', 'strict mode'],
    hint: [`--strip-write ${name}`, `--strip-execute ${name}`, 'Separate code and data'],
  }) satisfies ExpectedFinding;

const rwxInit = { INIT: { characteristics: SCN.initRwx } };
const patch = { name: 'PATCH', characteristics: SCN.rwx, data: new Uint8Array(16) };

testRule(executeWriteSection, {
  failing: [
    {
      name: 'an INIT that is writable, as a warning that the header edit removes',
      image: () => buildDriver({ change: rwxInit }),
      findings: (image) => [init(image, 'safe', ['`fix` clears MEM_WRITE', '/SECTION:INIT,ERD'])],
    },
    {
      name: 'an INIT on ARM64 alike',
      image: () => buildDriver({ machine: 'arm64', change: rwxInit }),
      findings: (image) => [init(image, 'safe', ['`fix` clears'])],
    },
    {
      name: 'an INIT that holds the import address table, without a fix',
      image: () => buildDriver({ change: rwxInit, iatIn: 'INIT' }),
      findings: (image) => [
        {
          ...init(image, 'none', ['No header edit helps', '0x2005', 'Relink']),
          // HVCI2005 says that Windows refuses this driver.
          message: ['INIT', 'writable and executable', 'this alone does not keep the driver from loading'],
        },
      ],
    },
    {
      name: 'an INIT that holds the FirstThunk arrays while directory 12 is empty, without a fix',
      image: () => buildDriver({ change: rwxInit, iatIn: 'INIT', directory12: false }),
      findings: (image) => [init(image, 'none', ['No header edit helps', 'import address table'])],
    },
    {
      name: 'an INIT in an image whose import table cannot be parsed, without a fix',
      image: () =>
        buildDriver({ change: rwxInit, directory12: false, directories: { 1: { rva: 0x70000000, size: 40 } } }),
      findings: (image) => [init(image, 'none', ['cannot be parsed'])],
    },
    {
      name: 'an INIT that the code stores into, without a fix',
      image: () =>
        buildCodeDriver({
          functions: ['ExAllocatePool'],
          parts: [ENTER, ecx(512), { call: 'ExAllocatePool' }, { store: { section: 'INIT', at: 4 } }, LEAVE],
          change: rwxInit,
        }),
      options: { code: readingCode(codeEngine()) },
      findings: (image) => [init(image, 'none', ['No header edit helps', 'stores into INIT', 'data section'])],
    },
    {
      name: 'a section without a name, which no option can name',
      image: () => buildDriver({ more: [{ ...patch, name: '' }] }),
      findings: (image) => [
        {
          ...place(image, '', SCN.rwx, 16),
          severity: 'error',
          effect: 'refused-in-strict-mode',
          fix: 'none',
          message: ['Section (no name) is writable and executable'],
          hint: ['Separate code and data', 'No option of the linker or of `fix`'],
        },
      ],
    },
    {
      name: 'another section, only by the word of the user',
      image: () => buildDriver({ more: [patch] }),
      findings: (image) => [other(image, 'PATCH', SCN.rwx, 16)],
    },
    {
      name: 'a section named init, which Windows does not treat like INIT',
      image: () => buildDriver({ more: [{ ...patch, name: 'init' }] }),
      findings: (image) => [other(image, 'init', SCN.rwx, 16)],
    },
    {
      name: 'each of several sections, in the order of the table',
      image: () => buildDriver({ change: { ...rwxInit, '.text': { characteristics: SCN.rwx } }, more: [patch] }),
      findings: (image) => [
        other(image, '.text', SCN.rwx, 0x60),
        init(image, 'safe', ['`fix` clears']),
        other(image, 'PATCH', SCN.rwx, 16),
      ],
    },
    {
      name: 'a section with neither read access nor raw data',
      image: () => buildDriver({ more: [{ name: 'BSS', characteristics: 0xa0000080, virtualSize: 0x40 }] }),
      findings: (image) => [other(image, 'BSS', 0xa0000080, 0x40)],
    },
    {
      name: 'INIT of an x86 driver as information',
      image: () => buildDriver({ machine: 'x86', change: rwxInit }),
      findings: (image) => [init(image, 'safe', ['`fix` clears'], 'info')],
    },
    {
      name: 'another section at the severity that the user set',
      image: () => buildDriver({ more: [patch] }),
      options: { severities: { HVCI2003: 'warning' } },
      findings: (image) => [{ ...other(image, 'PATCH', SCN.rwx, 16), severity: 'warning' }],
    },
  ],
  passing: [
    { name: 'a driver in which code and data are apart', image: () => buildDriver() },
    {
      name: 'an INIT that is writable but not executable',
      image: () => buildDriver({ change: { INIT: { characteristics: 0xca000040 } } }),
    },
    {
      name: 'the code flag (CNT_CODE) on a writable section, which gives no right',
      image: () => buildDriver({ change: { '.data': { characteristics: 0xc8000060 } } }),
    },
    {
      name: 'whatever it finds, once switched off',
      image: () => buildDriver({ change: rwxInit, more: [patch] }),
      options: { severities: { HVCI2003: 'off' } },
    },
  ],
  notApplicable: [
    { name: 'a driver without sections', image: () => buildImage({ entryPoint: 0x10 }), reason: 'no-sections' },
    {
      name: 'a program in user mode',
      image: () =>
        buildDriver({ subsystem: 3, libraries: [{ name: 'kernel32.dll', functions: ['Sleep'] }], more: [patch] }),
      reason: 'no-driver',
    },
  ],
});
