import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { executePoolType } from '../../fixer/rules/execute-pool-type.js';
import { callFinding } from '../support/code/call-finding.js';
import {
  buildCodeDriver,
  type CodeDriver,
  ENTER,
  ecx,
  ecxTruth,
  ecxUnknown,
  edx,
  LEAVE,
  r8d,
  r9d,
  shiftEcx,
} from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { testRule } from '../support/rule-tester.js';

const options = { code: readingCode(codeEngine()) };
const TAG = 0x74736554; // 'Test'
const allocate = (type: readonly number[]): CodeDriver => ({
  functions: ['ExAllocatePoolWithTag'],
  parts: [ENTER, type, edx(16), r8d(TAG), { call: 'ExAllocatePoolWithTag' }, LEAVE],
});
const pool2 = (flags: number): CodeDriver => ({
  functions: ['ExAllocatePool2'],
  parts: [ENTER, ecx(flags), edx(16), r8d(TAG), { call: 'ExAllocatePool2' }, LEAVE],
});
const quota: CodeDriver = {
  functions: ['ExAllocatePoolWithQuotaTag'],
  parts: [ENTER, ecx(4), edx(16), r8d(TAG), { call: 'ExAllocatePoolWithQuotaTag' }, LEAVE],
};
const openCall: CodeDriver['parts'] = [ecxUnknown, { call: 'ExAllocatePool' }];
const sixOpen: CodeDriver = {
  functions: ['ExAllocatePool'],
  parts: [ENTER, ...Array.from({ length: 6 }, () => openCall).flat(), LEAVE],
};
const volume = (type: number): CodeDriver => ({
  functions: ['FltAllocateContext'],
  parts: [ENTER, edx(1), r8d(16), r9d(type), { call: 'FltAllocateContext' }, LEAVE],
});

const plain = allocate(ecx(0));
const conditional = allocate([...ecxTruth, ...shiftEcx(9)]);
const pagedOrNot = allocate(ecxTruth);
const twice: CodeDriver = {
  functions: ['ExAllocatePoolWithTag'],
  parts: [
    ...[ENTER, ecx(4), edx(16), r8d(TAG), { call: 'ExAllocatePoolWithTag' }],
    ...[ecx(512), edx(16), r8d(TAG), { call: 'ExAllocatePoolWithTag' }, LEAVE],
  ],
};
const pool = { ddi: 'ExAllocatePoolWithTag', parameter: 'PoolType', tag: 'Test' } as const;

testRule(executePoolType, {
  failing: [
    {
      name: 'NonPagedPool, with what Driver Verifier would say and what to write',
      image: () => buildCodeDriver(plain),
      options,
      findings: (image) => [
        callFinding(image, plain, {
          ...pool,
          part: 4,
          outcome: 'violation',
          values: [0],
          names: ['NonPagedPool (0)'],
          severity: 'error',
          message: [
            'ExAllocatePoolWithTag',
            'PoolType NonPagedPool (0)',
            "'Test'",
            '0x2000',
            'if this call is reached',
          ],
          hint: ['ExAllocatePool2(POOL_FLAG_NON_PAGED', 'NonPagedPoolNx', 'POOL_NX_OPTIN'],
        }),
      ],
    },
    {
      name: 'only the executable one of two calls',
      image: () => buildCodeDriver(twice),
      options,
      findings: (image) => [
        callFinding(image, twice, {
          ...pool,
          part: 4,
          outcome: 'violation',
          values: [4],
          names: ['NonPagedPoolCacheAligned (4)'],
          severity: 'error',
          message: ['NonPagedPoolCacheAligned (4)'],
          hint: ['POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED,', 'else NonPagedPoolNxCacheAligned.'],
        }),
      ],
    },
    {
      name: 'a type that depends on a condition, as information',
      image: () => buildCodeDriver(conditional),
      options,
      findings: (image) => [
        callFinding(image, conditional, {
          ...pool,
          part: 4,
          outcome: 'conditional',
          values: [0, 512],
          names: ['NonPagedPool (0)', 'NonPagedPoolNx (0x200)'],
          severity: 'info',
          message: ['NonPagedPool (0) or NonPagedPoolNx (0x200)', 'condition'],
          hint: ['Windows 7'],
        }),
      ],
    },
    {
      name: 'a choice between paged and non-paged pool, which has nothing to do with older Windows',
      image: () => buildCodeDriver(pagedOrNot),
      options,
      findings: (image) => [
        callFinding(image, pagedOrNot, {
          ...pool,
          part: 4,
          outcome: 'conditional',
          values: [0, 1],
          names: ['NonPagedPool (0)', 'PagedPool (1)'],
          severity: 'info',
          message: ['NonPagedPool (0) or PagedPool (1)', 'depends on a condition at run time.'],
          hint: ['else NonPagedPoolNx. PagedPool can stay.'],
        }),
      ],
    },
    {
      name: 'pool with quota, which raises where it is not told to fail',
      image: () => buildCodeDriver(quota),
      options,
      findings: (image) => [
        callFinding(image, quota, {
          part: 4,
          ddi: 'ExAllocatePoolWithQuotaTag',
          parameter: 'PoolType',
          tag: 'Test',
          outcome: 'violation',
          values: [4],
          names: ['NonPagedPoolCacheAligned (4)'],
          severity: 'error',
          message: ['NonPagedPoolCacheAligned (4)'],
          hint: [
            'POOL_FLAG_USE_QUOTA | POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE,',
            'ExAllocatePoolQuotaZero(NonPagedPoolNxCacheAligned, ...)',
          ],
        }),
      ],
    },
    {
      name: 'POOL_FLAG_NON_PAGED_EXECUTE',
      image: () => buildCodeDriver(pool2(0x80)),
      options,
      findings: (image) => [
        callFinding(image, pool2(0x80), {
          part: 4,
          ddi: 'ExAllocatePool2',
          parameter: 'Flags',
          tag: 'Test',
          outcome: 'violation',
          values: [0x80],
          names: ['POOL_FLAG_NON_PAGED_EXECUTE (0x80)'],
          severity: 'error',
          message: ['POOL_FLAG_NON_PAGED_EXECUTE (0x80)'],
          hint: ['POOL_FLAG_NON_PAGED'],
        }),
      ],
    },
    {
      name: 'the context of a volume as a warning, because its page demands NonPagedPool',
      image: () => buildCodeDriver(volume(0)),
      options,
      findings: (image) => [
        callFinding(image, volume(0), {
          part: 4,
          ddi: 'FltAllocateContext',
          parameter: 'PoolType',
          outcome: 'violation',
          values: [0],
          names: ['NonPagedPool (0)'],
          severity: 'warning',
          message: ['NonPagedPool (0)'],
          hint: ['demands NonPagedPool'],
        }),
      ],
    },
  ],
  passing: [
    { name: 'NonPagedPoolNx', image: () => buildCodeDriver(allocate(ecx(512))), options },
    { name: 'PagedPool', image: () => buildCodeDriver(allocate(ecx(1))), options },
    { name: 'POOL_FLAG_NON_PAGED', image: () => buildCodeDriver(pool2(0x40)), options },
    { name: 'a volume context in NX pool', image: () => buildCodeDriver(volume(512)), options },
  ],
  notApplicable: [
    { name: 'a driver that imports no such function', image: () => buildDriver(), options, reason: 'no-listed-ddi' },
    { name: 'a check without the code rules', image: () => buildCodeDriver(plain), reason: 'code-not-examined' },
  ],
  undetermined: [
    {
      name: 'six types that are arguments of the entry point: four places, and how many more',
      image: () => buildCodeDriver(sixOpen),
      options,
      // Each mov of 3 bytes is followed by a call of 6; .text is the first section, at rva 0x1000; ENTER has 4 bytes.
      reason: [
        '6 of 6 calls could not be decided: at rva 0x1007 (ExAllocatePool, PoolType): ',
        '; at rva 0x1010, 0x1019 and 0x1022 (ExAllocatePool, PoolType): ',
        '; and 2 more',
      ],
    },
    {
      name: 'a type that is an argument of the entry point',
      image: () => buildCodeDriver(allocate(ecxUnknown)),
      options,
      reason: ['1 of 1 calls', 'ExAllocatePoolWithTag', 'entry point'],
    },
    {
      name: 'a number that is no pool type',
      image: () => buildCodeDriver(allocate(ecx(0x12345678))),
      options,
      reason: ['none that the argument can have'],
    },
  ],
});
