import { codeFactsFor } from './code-facts.js';
import type { Rule } from './rule.js';

export const nxPoolOptInMissing: Rule = {
  meta: {
    code: 'HVCI3003',
    name: 'nx-pool-opt-in-missing',
    title: 'The driver asks for NonPagedPool and has not opted in to NX pool',
    severity: 'info',
    effect: 'reported-by-verifier',
    fix: 'none',
    verifierCode: null,
  },
  check(context) {
    const facts = codeFactsFor(context, 'HVCI3003');
    if (facts === null) return;
    const { calls, optInGlobals } = facts;
    const plain = calls.filter(
      ({ outcome, judged, isVolumeContext }) =>
        outcome === 'violation' &&
        !isVolumeContext &&
        (judged.kind === 'pool-type' || judged.kind === 'lookaside-flags'),
    );
    if (plain.length === 0 || optInGlobals.length > 0) return;
    context.report({
      message: `${plain.length} ${plain.length === 1 ? 'call asks' : 'calls ask'} for non-paged pool that is executable, and no variable shows that the driver has opted in to NX pool (POOL_NX_OPTIN).`,
      hint: 'Define POOL_NX_OPTIN=1 and call ExInitializeDriverRuntime(DrvRtPoolNxOptIn) first in DriverEntry, or POOL_NX_OPTIN_AUTO=1 where Windows 7 need not be supported: NonPagedPool then means NonPagedPoolNx everywhere.',
      data: { calls: plain.length },
    });
  },
};
