import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { executePageMapping } from '../../fixer/rules/execute-page-mapping.js';
import { callFinding } from '../support/code/call-finding.js';
import { buildCodeDriver, type CodeDriver, ENTER, edx, LEAVE, r8d, stack } from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { testRule } from '../support/rule-tester.js';

const options = { code: readingCode(codeEngine()) };
const map = (mode: readonly number[], priority: number): CodeDriver => ({
  functions: ['MmMapLockedPagesSpecifyCache'],
  parts: [ENTER, mode, r8d(1), stack(0x20, 0), stack(0x28, priority), { call: 'MmMapLockedPagesSpecifyCache' }, LEAVE],
});
const kernel = [0x31, 0xd2]; // xor edx, edx
const user = [0xb2, 0x01]; // mov dl, 1
const unknown = [0x44, 0x89, 0xd2]; // mov edx, r10d
const call = { part: 5, ddi: 'MmMapLockedPagesSpecifyCache', parameter: 'Priority' } as const;

testRule(executePageMapping, {
  failing: [
    {
      name: 'a kernel mapping without MdlMappingNoExecute',
      image: () => buildCodeDriver(map(kernel, 16)),
      options,
      findings: (image) => [
        callFinding(image, map(kernel, 16), {
          ...call,
          outcome: 'violation',
          values: [16],
          names: ['NormalPagePriority (0x10)'],
          severity: 'error',
          message: ['NormalPagePriority (0x10)', '0x2002'],
          hint: ['MmGetSystemAddressForMdlSafe: NormalPagePriority | MdlMappingNoExecute.'],
        }),
      ],
    },
    {
      name: 'MdlMappingNoWrite, which does not help',
      image: () => buildCodeDriver(map(edx(0), 0x80000020)),
      options,
      findings: (image) => [
        callFinding(image, map(edx(0), 0x80000020), {
          ...call,
          outcome: 'violation',
          values: [0x80000020],
          names: ['HighPagePriority | MdlMappingNoWrite (0x80000020)'],
          severity: 'error',
          message: ['MdlMappingNoWrite'],
          hint: ['HighPagePriority | MdlMappingNoExecute | MdlMappingNoWrite.'],
        }),
      ],
    },
    {
      name: 'a mapping for user mode as information',
      image: () => buildCodeDriver(map(user, 16)),
      options,
      findings: (image) => [
        callFinding(image, map(user, 16), {
          ...call,
          outcome: 'user-mode',
          values: [16],
          names: ['NormalPagePriority (0x10)'],
          severity: 'info',
          message: ['user mode', 'never executable'],
          hint: ['Nothing to do'],
        }),
      ],
    },
  ],
  passing: [
    { name: 'MdlMappingNoExecute', image: () => buildCodeDriver(map(kernel, 0x40000010)), options },
    {
      name: 'MdlMappingNoExecute in a mode that nobody knows',
      image: () => buildCodeDriver(map(unknown, 0x40000010)),
      options,
    },
  ],
  notApplicable: [
    { name: 'a driver that maps nothing', image: () => buildDriver(), options, reason: 'no-listed-ddi' },
    {
      name: 'a check without the code rules',
      image: () => buildCodeDriver(map(kernel, 16)),
      reason: 'code-not-examined',
    },
  ],
  undetermined: [
    {
      name: 'a mode that nobody knows',
      image: () => buildCodeDriver(map(unknown, 16)),
      options,
      reason: ['MmMapLockedPagesSpecifyCache', 'Priority'],
    },
  ],
});
