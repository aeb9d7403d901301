/** Two verdicts on one image, never mixed: whether memory integrity loads it, and whether Driver Verifier complains. */
import { isLeft } from '../inspection/image-report.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';

/**
 * `refused`: memory integrity does not load it. `refused-in-strict-mode`: in strict mode only. `undetermined`: a structure
 * that decides it cannot be parsed, or a finding that refuses on some machines only. `not-checked`: unreadable, or no driver.
 */
export type LoadVerdict = 'accepted' | 'refused' | 'refused-in-strict-mode' | 'undetermined' | 'not-checked';
export type VerifierVerdict = 'nothing-found' | 'reported' | 'undetermined' | 'not-checked';

export interface Verdict {
  readonly load: LoadVerdict;
  readonly verifier: VerifierVerdict;
  /** It loads, and then does what memory integrity answers with a bug check. Known only where the code was read. */
  readonly crashes: boolean;
  /** Of all findings that are left and more than information, and of undetermined rules; each once. */
  readonly codes: readonly string[];
}

/**
 * Rules of memory integrity that decide the load. Not HVCI4001 and 4002: Windows minds those with or without memory
 * integrity, and has loaded these drivers.
 */
const DECIDES_LOAD = /^HVCI(?:2003|2004|2005|3001)$/;
/** Rules that Driver Verifier has a code or a counter for. */
const VERIFIED = /^HVCI(?:20\d\d|3001)$/;

export function verdictOf({ status, findings, undetermined }: ImageReport): Verdict {
  if (status === 'unreadable' || status === 'not-applicable')
    return { load: 'not-checked', verifier: 'not-checked', crashes: false, codes: [] };
  const left = findings.filter((finding) => isLeft(finding) && finding.severity !== 'info');
  const open = (rules: RegExp): boolean => undetermined.some(({ code }) => rules.test(code));
  const reported = left.some(({ code, effect }) => effect === 'reported-by-verifier' || VERIFIED.test(code));
  return {
    load: loadVerdict(left, open(DECIDES_LOAD)),
    verifier: reported ? 'reported' : open(VERIFIED) ? 'undetermined' : 'nothing-found',
    crashes: left.some(({ effect }) => effect === 'crash-at-run-time'),
    codes: [...new Set([...left, ...undetermined].map(({ code }) => code))].sort(),
  };
}

function loadVerdict(left: readonly ReportedFinding[], open: boolean): LoadVerdict {
  const deciding = left.filter(({ code }) => DECIDES_LOAD.test(code));
  const atLoad = deciding.filter(({ effect }) => effect === 'refused-at-load');
  if (atLoad.some(({ severity }) => severity === 'error')) return 'refused';
  if (deciding.some(({ effect }) => effect === 'refused-in-strict-mode')) return 'refused-in-strict-mode';
  return open || atLoad.length > 0 ? 'undetermined' : 'accepted';
}
