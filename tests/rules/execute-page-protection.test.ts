import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { executePageProtection } from '../../fixer/rules/execute-page-protection.js';
import { callFinding } from '../support/code/call-finding.js';
import {
  buildCodeDriver,
  type CodeDriver,
  ENTER,
  ecx,
  ecxUnknown,
  edx,
  LEAVE,
  r8d,
  stack,
} from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { testRule } from '../support/rule-tester.js';

const options = { code: readingCode(codeEngine()) };
const mapIo = (protect: readonly number[]): CodeDriver => ({
  functions: ['MmMapIoSpaceEx'],
  parts: [ENTER, ecx(0xfee00000), edx(4096), protect, { call: 'MmMapIoSpaceEx' }, LEAVE],
});
/** Win32Protect is the tenth argument. */
const view = (protect: number): CodeDriver => ({
  functions: ['ZwMapViewOfSection'],
  parts: [ENTER, stack(0x48, protect), { call: 'ZwMapViewOfSection' }, LEAVE],
});
const unknown: CodeDriver = {
  functions: ['MmProtectMdlSystemAddress'],
  parts: [ENTER, ecxUnknown, [0x89, 0xca], { call: 'MmProtectMdlSystemAddress' }, LEAVE],
};

testRule(executePageProtection, {
  failing: [
    {
      name: 'a kernel mapping that may run',
      image: () => buildCodeDriver(mapIo(r8d(0x40))),
      options,
      findings: (image) => [
        callFinding(image, mapIo(r8d(0x40)), {
          part: 4,
          ddi: 'MmMapIoSpaceEx',
          parameter: 'Protect',
          outcome: 'violation',
          values: [0x40],
          names: ['PAGE_EXECUTE_READWRITE (0x40)'],
          severity: 'error',
          message: ['PAGE_EXECUTE_READWRITE (0x40)', '0x2001'],
          hint: ['PAGE_READWRITE.'],
        }),
      ],
    },
    {
      name: 'the same with a cache flag',
      image: () => buildCodeDriver(mapIo(r8d(0x220))),
      options,
      findings: (image) => [
        callFinding(image, mapIo(r8d(0x220)), {
          part: 4,
          ddi: 'MmMapIoSpaceEx',
          parameter: 'Protect',
          outcome: 'violation',
          values: [0x220],
          names: ['PAGE_EXECUTE_READ | PAGE_NOCACHE (0x220)'],
          severity: 'error',
          message: ['PAGE_EXECUTE_READ | PAGE_NOCACHE (0x220)'],
          hint: ['Drop the PAGE_EXECUTE bits: PAGE_READONLY | PAGE_NOCACHE.'],
        }),
      ],
    },
    {
      name: 'a view of a section as a warning, because it may be for a process',
      image: () => buildCodeDriver(view(0x20)),
      options,
      findings: (image) => [
        callFinding(image, view(0x20), {
          part: 2,
          ddi: 'ZwMapViewOfSection',
          parameter: 'Win32Protect',
          outcome: 'violation',
          values: [0x20],
          names: ['PAGE_EXECUTE_READ (0x20)'],
          severity: 'warning',
          message: ['PAGE_EXECUTE_READ (0x20)', '0x2001'],
          hint: ['PAGE_READONLY.'],
        }),
      ],
    },
  ],
  passing: [
    { name: 'PAGE_READWRITE | PAGE_NOCACHE', image: () => buildCodeDriver(mapIo(r8d(0x204))), options },
    { name: 'a view that is data', image: () => buildCodeDriver(view(2)), options },
  ],
  notApplicable: [
    { name: 'a driver that imports no such function', image: () => buildDriver(), options, reason: 'no-listed-ddi' },
    { name: 'a check without the code rules', image: () => buildCodeDriver(view(0x40)), reason: 'code-not-examined' },
  ],
  undetermined: [
    {
      name: 'a protection that nobody knows',
      image: () => buildCodeDriver(unknown),
      options,
      reason: ['MmProtectMdlSystemAddress', 'NewProtect'],
    },
    {
      name: 'two protections at once, which nobody means',
      image: () => buildCodeDriver(mapIo(r8d(0x44))),
      options,
      reason: ['none that the argument can have'],
    },
  ],
});
