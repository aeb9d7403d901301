/** What a checked and fixed image means for the build. */
import { isDamaged } from '../../fixer/rules/undecidable.js';
import { isLeft } from '../inspection/image-report.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';

/** 64-bit Windows alone has memory integrity. */
const WITHOUT_MEMORY_INTEGRITY: ReadonlySet<string> = new Set(['x86', 'arm', 'ia64']);

/** Warnings that are left, as errors. */
export function withWarningsAsErrors(report: ImageReport): ImageReport {
  const raise = (finding: ReportedFinding): ReportedFinding =>
    isLeft(finding) && finding.severity === 'warning' ? { ...finding, severity: 'error' } : finding;
  return { ...report, findings: report.findings.map(raise) };
}

/**
 * 0: nothing of severity error is left. 1: something is, or a fix was refused. 2: the image could not be read, parsed in
 * full or written. A refusal and what could not be decided do not stop a 32-bit driver, for which they mean nothing.
 */
export function statusForBuild(report: ImageReport): 0 | 1 | 2 {
  if (report.error !== undefined || report.status === 'unreadable') return 2;
  const spared = WITHOUT_MEMORY_INTEGRITY.has(report.machine);
  if (!spared && report.undetermined.some(isDamaged)) return 2;
  if (report.findings.some((finding) => isLeft(finding) && finding.severity === 'error')) return 1;
  return !spared && report.plan?.failed === true ? 1 : 0;
}

/** What an error list can do nothing about, left out. */
export function forBuildLog(report: ImageReport): ImageReport {
  return WITHOUT_MEMORY_INTEGRITY.has(report.machine) ? { ...report, undetermined: [] } : report;
}
