import type { JudgedCall } from '../code/facts.js';
import { reportCalls } from './judged-calls.js';
import type { Rule } from './rule.js';

const CODE = 'HVCI2000';

export const executePoolType: Rule = {
  meta: {
    code: CODE,
    name: 'execute-pool-type',
    title: 'A call asks for executable pool memory',
    severity: 'error',
    effect: 'reported-by-verifier',
    fix: 'none',
    verifierCode: 0x2000,
  },
  check(context) {
    reportCalls(context, CODE, { defect: 'which is executable memory', verifier: '0x2000', hint });
  },
};

function hint({ ddi, isVolumeContext, judged, outcome }: JudgedCall): string {
  if (isVolumeContext)
    return 'The page of FltAllocateContext demands NonPagedPool for volume contexts; ask for it only there, and test with the target Windows whether NonPagedPoolNx is accepted';
  if (outcome === 'conditional')
    return `If Windows 7 need not be supported, pass only the safe value; else define POOL_NX_OPTIN=1 and call ExInitializeDriverRuntime`;
  if (judged.kind === 'pool-flags') return 'Use POOL_FLAG_NON_PAGED in place of POOL_FLAG_NON_PAGED_EXECUTE';
  return `Use ${ddi.remedy}. For a whole driver: define POOL_NX_OPTIN=1 and call ExInitializeDriverRuntime(DrvRtPoolNxOptIn) first in DriverEntry`;
}
