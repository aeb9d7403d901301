/** The two verdicts of a driver, kept apart: whether Windows loads it, and whether Driver Verifier complains. */
import { isLeft } from '../inspection/image-report.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';
import type { LoadVerdict, VerifierVerdict } from './data.js';

/** Rules that decide whether Windows loads the driver: undetermined, they leave that open. */
const LOAD_RULES: ReadonlySet<string> = new Set([
  'HVCI2003',
  'HVCI2004',
  'HVCI2005',
  'HVCI3001',
  'HVCI4001',
  'HVCI4002',
]);

/** With memory integrity on, by what the findings that are left do; information decides nothing. */
export function loadVerdict(report: ImageReport): LoadVerdict {
  if (report.status === 'unreadable') return 'unreadable';
  if (report.status === 'not-applicable') return 'exempt';
  const counting = report.findings.filter((finding) => isLeft(finding) && finding.severity !== 'info');
  const any = (effect: ReportedFinding['effect'], severity?: ReportedFinding['severity']): boolean =>
    counting.some((finding) => finding.effect === effect && (severity === undefined || finding.severity === severity));
  if (!hasMemoryIntegrity(report)) return any('refused-at-load', 'error') ? 'anyway' : 'exempt';
  if (any('refused-at-load', 'error')) return 'refused';
  if (any('crash-at-run-time')) return 'crash';
  if (any('refused-in-strict-mode')) return 'strict';
  if (any('refused-at-load')) return 'doubtful';
  return report.undetermined.some(({ code }) => LOAD_RULES.has(code)) ? 'undecided' : 'loads';
}

export function verifierVerdict(report: ImageReport): VerifierVerdict {
  if (report.status === 'unreadable') return 'unknown';
  if (report.status === 'not-applicable' || !hasMemoryIntegrity(report)) return 'exempt';
  if (report.findings.some(isReported)) return 'reports';
  return report.undetermined.some(({ code }) => isVerifierCode(code)) ? 'unknown' : 'silent';
}

/** HVCI20xx carry Driver Verifier's own code, whatever else their effect is. */
const isReported = (finding: ReportedFinding): boolean =>
  isLeft(finding) &&
  finding.severity !== 'info' &&
  (finding.effect === 'reported-by-verifier' || isVerifierCode(finding.code));

const isVerifierCode = (code: string): boolean => /^HVCI20\d\d$/.test(code);

/** 64-bit Windows alone has it. */
const hasMemoryIntegrity = ({ machine }: ImageReport): boolean => machine === 'x64' || machine === 'arm64';
