import { readingCode } from '../../fixer/rules/code-catalogue.js';
import { nxPoolOptInMissing } from '../../fixer/rules/nx-pool-opt-in-missing.js';
import { buildCodeDriver, type CodeDriver, ENTER, ecx, edx, LEAVE } from '../support/code/code-driver.js';
import { codeEngine } from '../support/code/engine.js';
import { buildDriver } from '../support/image-builder-driver.js';
import { type ExpectedFinding, testRule } from '../support/rule-tester.js';

const options = { code: readingCode(codeEngine()) };
const call = (type: number) => [ecx(type), edx(16), { call: 'ExAllocatePool' }] as const;
const driver = (...types: readonly number[]): CodeDriver => ({
  functions: ['ExAllocatePool'],
  parts: [ENTER, ...types.flatMap((type) => [...call(type)]), LEAVE],
});
const finding = (calls: number, words: readonly string[]): ExpectedFinding => ({
  severity: 'info',
  effect: 'reported-by-verifier',
  section: null,
  field: null,
  offset: null,
  length: null,
  rva: null,
  data: { calls },
  fix: 'none',
  message: [...words, 'POOL_NX_OPTIN'],
  hint: ['POOL_NX_OPTIN=1', 'ExInitializeDriverRuntime', 'POOL_NX_OPTIN_AUTO'],
});

testRule(nxPoolOptInMissing, {
  failing: [
    {
      name: 'one call for the whole driver',
      image: () => buildCodeDriver(driver(0)),
      options,
      findings: () => [finding(1, ['1 call asks'])],
    },
    {
      name: 'several calls once',
      image: () => buildCodeDriver(driver(0, 1, 4, 512)),
      options,
      findings: () => [finding(2, ['2 calls ask'])],
    },
  ],
  passing: [{ name: 'a driver whose pool is all NX or paged', image: () => buildCodeDriver(driver(512, 1)), options }],
  notApplicable: [
    { name: 'a driver that allocates nothing', image: () => buildDriver(), options, reason: 'no-listed-ddi' },
    { name: 'a check without the code rules', image: () => buildCodeDriver(driver(0)), reason: 'code-not-examined' },
  ],
});
