import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { executableSectionObject } from '../../fixer/rules/executable-section-object.js';
import { callFinding } from '../support/code/call-finding.js';
import {
  buildCodeDriver,
  type CodeDriver,
  ENTER,
  ecx,
  ecxUnknown,
  edx,
  LEAVE,
  stack,
} from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { testRule } from '../support/rule-tester.js';

const options = { code: readingCode(codeEngine()) };
const section = (access: number, attributes: number): CodeDriver => ({
  functions: ['ZwCreateSection'],
  parts: [ENTER, edx(access), stack(0x20, 2), stack(0x28, attributes), { call: 'ZwCreateSection' }, LEAVE],
});
const setInformation = (informationClass: readonly number[]): CodeDriver => ({
  functions: ['ZwSetSystemInformation'],
  parts: [ENTER, informationClass, { call: 'ZwSetSystemInformation' }, LEAVE],
});
const access = { part: 4, ddi: 'ZwCreateSection', parameter: 'DesiredAccess', outcome: 'violation' } as const;

testRule(executableSectionObject, {
  failing: [
    {
      name: 'SECTION_MAP_EXECUTE',
      image: () => buildCodeDriver(section(0xc, 0x8000000)),
      options,
      findings: (image) => [
        callFinding(image, section(0xc, 0x8000000), {
          ...access,
          values: [0xc],
          names: ['SECTION_MAP_EXECUTE | 4 (0xc)'],
          severity: 'warning',
          message: ['SECTION_MAP_EXECUTE'],
          hint: ['SECTION_MAP_READ'],
        }),
      ],
    },
    {
      name: 'SECTION_ALL_ACCESS as information',
      image: () => buildCodeDriver(section(0xf001f, 0x8000000)),
      options,
      findings: (image) => [
        callFinding(image, section(0xf001f, 0x8000000), {
          ...access,
          values: [0xf001f],
          names: ['SECTION_ALL_ACCESS (0xf001f)'],
          severity: 'info',
          message: ['SECTION_ALL_ACCESS'],
          hint: ['SECTION_MAP_READ'],
        }),
      ],
    },
    {
      name: 'SEC_IMAGE',
      image: () => buildCodeDriver(section(4, 0x1000000)),
      options,
      findings: (image) => [
        callFinding(image, section(4, 0x1000000), {
          ...access,
          parameter: 'AllocationAttributes',
          values: [0x1000000],
          names: ['SEC_IMAGE (0x1000000)'],
          severity: 'warning',
          message: ['SEC_IMAGE'],
          hint: ['SEC_COMMIT'],
        }),
      ],
    },
    {
      name: 'an image that is loaded as a driver by hand',
      image: () => buildCodeDriver(setInformation(ecx(38))),
      options,
      findings: (image) => [
        callFinding(image, setInformation(ecx(38)), {
          part: 2,
          ddi: 'ZwSetSystemInformation',
          parameter: 'SystemInformationClass',
          outcome: 'violation',
          values: [38],
          names: ['SystemExtendServiceTableInformation (0x26)'],
          severity: 'warning',
          message: ['SystemExtendServiceTableInformation'],
          hint: ['service'],
        }),
      ],
    },
  ],
  passing: [
    { name: 'a section for data', image: () => buildCodeDriver(section(4, 0x8000000)), options },
    { name: 'another information class', image: () => buildCodeDriver(setInformation(ecx(2))), options },
  ],
  notApplicable: [
    { name: 'a driver without sections', image: () => buildDriver(), options, reason: 'no-listed-ddi' },
    {
      name: 'a check without the code rules',
      image: () => buildCodeDriver(section(8, 0)),
      reason: 'code-not-examined',
    },
  ],
  undetermined: [
    {
      name: 'a class that nobody knows',
      image: () => buildCodeDriver(setInformation(ecxUnknown)),
      options,
      reason: ['ZwSetSystemInformation'],
    },
  ],
});
