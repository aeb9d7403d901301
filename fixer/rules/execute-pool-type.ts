import type { ArgumentKind } from '../code/ddi/ddi.js';
import { insteadOf } from '../code/ddi/instead.js';
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
    reportCalls(context, CODE, {
      defect: 'which is executable memory',
      verifier: '0x2000',
      hint,
      isForOlderWindows,
    });
  },
};

function hint(call: JudgedCall): string {
  const { isVolumeContext, judged, outcome, values } = call;
  if (isVolumeContext)
    return 'The page of FltAllocateContext demands NonPagedPool for volume contexts; ask for it only there, and test with the target Windows whether NonPagedPoolNx is accepted';
  if (outcome === 'conditional' && isForOlderWindows(call))
    return `If Windows 7 need not be supported, pass only the safe value; else define POOL_NX_OPTIN=1 and call ExInitializeDriverRuntime`;
  if (judged.kind === 'pool-flags') return flagsHint(judged.kind, values);
  const kept = outcome === 'conditional' && values.some((value) => (value & PAGED) !== 0) ? ' PagedPool can stay.' : '';
  return `Use ${replacement(call)}.${kept} For a whole driver: define POOL_NX_OPTIN=1 and call ExInitializeDriverRuntime(DrvRtPoolNxOptIn) first in DriverEntry`;
}

/** Bits of POOL_TYPE (wdm.h). */
const PAGED = 1;
const CACHE_ALIGNED = 4;
const QUOTA_FAIL = 8;
const RAISE = 16;
const SESSION = 32;
const NX = 512;

/** The same type with and without the NX bit: `isWin8 ? NonPagedPoolNx : NonPagedPool`. */
const isForOlderWindows = ({ values }: JudgedCall): boolean => values.some((value) => (value & NX) !== 0);

function flagsHint(kind: ArgumentKind, values: readonly number[]): string {
  const flags = insteadOf(kind, values);
  const exactly = flags === null || flags === 'POOL_FLAG_NON_PAGED' ? '' : `: ${flags}`;
  return `Use POOL_FLAG_NON_PAGED in place of POOL_FLAG_NON_PAGED_EXECUTE${exactly}`;
}

/** The remedy for the type as it is: cache aligned memory stays so, and what raised an exception does. */
function replacement({ ddi, judged, values }: JudgedCall): string {
  const executable = values.filter((value) => (value & (PAGED | NX)) === 0);
  const isAll = (bit: number): boolean => executable.length > 0 && executable.every((value) => (value & bit) !== 0);
  // The functions with quota raise where they are not told to fail; ExAllocatePool2 fails where it is not told to raise.
  const raises = ddi.name.startsWith('ExAllocatePoolWithQuota')
    ? executable.length > 0 && executable.every((value) => (value & QUOTA_FAIL) === 0)
    : isAll(RAISE);
  const flags = [
    ...(isAll(CACHE_ALIGNED) ? ['POOL_FLAG_CACHE_ALIGNED'] : []),
    ...(isAll(SESSION) ? ['POOL_FLAG_SESSION'] : []),
    ...(raises ? ['POOL_FLAG_RAISE_ON_FAILURE'] : []),
  ];
  const flagged = ddi.remedy.replaceAll('POOL_FLAG_NON_PAGED', ['POOL_FLAG_NON_PAGED', ...flags].join(' | '));
  const type = insteadOf(judged.kind, values);
  return type === null
    ? flagged
    : flagged.replaceAll(judged.kind === 'lookaside-flags' ? 'POOL_NX_ALLOCATION' : 'NonPagedPoolNx', type);
}
