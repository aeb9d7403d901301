import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { writesExecutableMemory } from '../../fixer/rules/writes-executable-memory.js';
import { buildCodeDriver, type CodeDriver, ENTER, ecx, LEAVE, positionOf } from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import type { BuiltImage } from '../support/image-builder.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

const options = { code: readingCode(codeEngine()) };
const functions = ['ExAllocatePool'];
const call = [ecx(512), { call: 'ExAllocatePool' }] as const;
const stores = (section: string, at: number): CodeDriver => ({
  functions,
  parts: [ENTER, ...call, { store: { section, at } }, LEAVE],
});
/** xsave [rip+disp32], of 7 bytes, in place of that store. */
const saving = positionOf(stores('.text', 0), 3);
const saved: CodeDriver = {
  functions,
  parts: [ENTER, ...call, [0x0f, 0xae, 0x25, 0x50 - (saving + 7), 0, 0, 0], LEAVE],
};
const readCr0 = [0x0f, 0x20, 0xc0]; // mov rax, cr0
const writeCr0 = [0x0f, 0x22, 0xc0]; // mov cr0, rax
const clearWp = [0x25, 0xff, 0xff, 0xfe, 0xff]; // and eax, 0xFFFEFFFF
const setWp = [0x0d, 0x00, 0x00, 0x01, 0x00]; // or eax, 0x10000
const control = (change: readonly number[]): CodeDriver => ({
  functions,
  parts: [ENTER, ...call, readCr0, change, writeCr0, LEAVE],
});

const at = (image: BuiltImage, driver: CodeDriver, part: number) => {
  const text = image.section('.text');
  const position = positionOf(driver, part);
  return {
    section: '.text',
    field: null,
    offset: text.offset + position,
    length: 1,
    rva: text.rva + position,
  } as const;
};
const store = (image: BuiltImage, section: string, position: number): ExpectedFinding => ({
  ...at(image, stores(section, position), 3),
  severity: 'error',
  effect: 'crash-at-run-time',
  data: {
    target: image.section(section).rva + position,
    width: 4,
    functionRva: image.section('.text').rva,
    source: null,
  },
  fix: 'none',
  message: ['writes 4 bytes', `executable section ${section}`, 'crashes'],
  hint: ['data section'],
});

const cleared = (image: BuiltImage, driver: CodeDriver, part: number) => ({
  ...at(image, driver, part),
  severity: 'warning' as const,
  effect: 'crash-at-run-time' as const,
  data: { functionRva: image.section('.text').rva, source: null },
  fix: 'none' as const,
  message: ['CR0.WP'],
  hint: ['callback'],
});

testRule(writesExecutableMemory, {
  failing: [
    {
      name: 'a store into its own code',
      image: () => buildCodeDriver(stores('.text', 0x50)),
      options,
      findings: (image) => [store(image, '.text', 0x50)],
    },
    {
      name: 'a store into INIT, which runs',
      image: () => buildCodeDriver(stores('INIT', 4)),
      options,
      findings: (image) => [store(image, 'INIT', 4)],
    },
    {
      name: 'XSAVE, which stores as much as XCR0 says: no size is told',
      image: () => buildCodeDriver(saved),
      options,
      findings: (image) => [
        {
          ...store(image, '.text', 0x50),
          data: {
            target: image.section('.text').rva + 0x50,
            width: 0,
            functionRva: image.section('.text').rva,
            source: null,
          },
          message: [' writes to rva 0x1050, in the executable section .text'],
        },
      ],
    },
    {
      name: 'CR0.WP cleared, as a warning',
      image: () => buildCodeDriver(control(clearWp)),
      options,
      findings: (image) => [cleared(image, control(clearWp), 5)],
    },
    {
      name: 'CR0.WP cleared by a driver that imports nothing to judge, in a function without unwind data',
      image: () =>
        buildCodeDriver({
          functions: ['IoCreateDevice'],
          parts: [readCr0, clearWp, writeCr0, [0xc3]],
          change: { '.pdata': { data: () => new Uint8Array(12) } },
        }),
      options,
      findings: (image) => [cleared(image, { functions: [], parts: [readCr0, clearWp, writeCr0] }, 2)],
    },
  ],
  passing: [
    { name: 'a store into data', image: () => buildCodeDriver(stores('.data', 8)), options },
    { name: 'CR0.WP set', image: () => buildCodeDriver(control(setWp)), options },
  ],
  notApplicable: [
    { name: 'a driver whose code is not read', image: () => buildDriver(), options, reason: 'no-listed-ddi' },
    {
      name: 'a check without the code rules',
      image: () => buildCodeDriver(stores('.text', 0x50)),
      reason: 'code-not-examined',
    },
  ],
});
