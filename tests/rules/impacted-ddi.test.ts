import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { impactedDdi } from '../../fixer/rules/impacted-ddi.js';
import { callFinding } from '../support/code/call-finding.js';
import { buildCodeDriver, type CodeDriver, ENTER, ecx, LEAVE } from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { testRule } from '../support/rule-tester.js';

const options = { code: readingCode(codeEngine()) };
const storport = (code: number): CodeDriver => ({
  functions: ['StorPortExtendedFunction'],
  parts: [ENTER, ecx(code), { call: 'StorPortExtendedFunction' }, LEAVE],
});
const deciding: CodeDriver = {
  functions: ['ExAllocatePoolWithTag'],
  parts: [ENTER, ecx(512), { call: 'ExAllocatePoolWithTag' }, LEAVE],
};
const imports = (name: string) => () =>
  buildDriver({ libraries: [{ name: 'ntoskrnl.exe', functions: ['IoCreateDevice', name] }] });

testRule(impactedDdi, {
  failing: [
    {
      name: 'an import of the list, at its slot',
      image: imports('MmMapIoSpace'),
      options,
      findings: (image) => {
        // The import address table lies behind 0x20 bytes of .rdata; this is its second slot.
        const { rva, offset } = image.section('.rdata');
        return [
          {
            severity: 'info',
            effect: 'reported-by-verifier',
            section: '.rdata',
            field: null,
            offset: offset + 0x28,
            length: 8,
            rva: rva + 0x28,
            data: { ddi: 'MmMapIoSpace', library: 'ntoskrnl.exe' },
            fix: 'none',
            message: ['MmMapIoSpace', 'no argument'],
            hint: ['MmMapIoSpaceEx'],
          },
        ];
      },
    },
    {
      name: 'a Storport function by its code',
      image: () => buildCodeDriver(storport(43)),
      options,
      findings: (image) => [
        callFinding(image, storport(43), {
          part: 2,
          ddi: 'StorPortExtendedFunction',
          parameter: 'FunctionCode',
          outcome: 'violation',
          values: [43],
          names: ['ExtFunctionGetDataInBufferSystemAddress (0x2b)'],
          severity: 'info',
          message: ['ExtFunctionGetDataInBufferSystemAddress'],
          hint: ['Replacement'],
        }),
      ],
    },
  ],
  passing: [
    { name: 'a function that an argument decides', image: () => buildCodeDriver(deciding), options },
    { name: 'a function that is on no list of Microsoft', image: imports('MmAllocatePagesForMdlEx'), options },
    { name: 'another Storport function', image: () => buildCodeDriver(storport(1)), options },
  ],
  notApplicable: [
    {
      name: 'a driver that imports nothing',
      image: () => buildDriver({ libraries: [] }),
      options,
      reason: 'no-imports',
    },
    { name: 'a check without the code rules', image: imports('MmMapIoSpace'), reason: 'code-not-examined' },
  ],
  undetermined: [
    {
      name: 'an import table that cannot be parsed',
      image: () => buildDriver({ directories: { 1: { rva: 0x70000000, size: 40 } } }),
      options,
      reason: ['cannot be parsed'],
    },
  ],
});
