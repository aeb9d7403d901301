/** Engine results in the shape of the JSON contract. */
import type { Image } from '../../fixer/pe/image.js';
import type { CheckResult } from '../../fixer/rules/check.js';
import type { Finding, Undetermined } from '../../fixer/rules/finding.js';
import type { Suppress } from '../configuration/suppressions.js';
import type { ImageReport, ImageStatus, ReportedFinding, SectionRow } from '../report/model.js';

export function imageReport(
  path: string,
  image: Image,
  result: CheckResult,
  suppress: Suppress,
  sha256: string | null,
): ImageReport {
  const findings = result.findings.map((finding) => reported(path, finding, suppress));
  const report: ImageReport = {
    path,
    sha256,
    size: image.bytes.length,
    machine: image.machine,
    kind: result.kind,
    signed: result.signed,
    status: result.applicable ? statusOf(findings, result.undetermined) : 'not-applicable',
    findings,
    undetermined: result.undetermined,
    coverage: { callSites: result.coverage.callSites, resolved: result.coverage.resolved, notes: result.notes },
  };
  return image.anomalies.length === 0 ? report : { ...report, anomalies: image.anomalies };
}

export function reported(path: string, finding: Finding, suppress: Suppress): ReportedFinding {
  const reason = suppress(path, finding);
  // Member by member: a spread costs ten times as much, and folders have thousands of findings.
  const plain: ReportedFinding = {
    code: finding.code,
    name: finding.name,
    severity: finding.severity,
    effect: finding.effect,
    message: finding.message,
    hint: finding.hint,
    section: finding.section,
    field: finding.field,
    offset: finding.offset,
    length: finding.length,
    rva: finding.rva,
    symbol: finding.symbol,
    data: finding.data,
    fix: finding.fix,
    outcome: 'none',
    refusal: null,
  };
  return reason === null ? plain : { ...plain, suppressed: { reason } };
}

/** The report of `first` for another path to the same bytes: what the configuration accepts depends on the path. */
export function reportForDuplicate(path: string, first: ImageReport, suppress: Suppress): ImageReport {
  const findings = first.findings.map(({ suppressed: _, ...finding }) => reported(path, finding, suppress));
  const decided = first.status !== 'not-applicable';
  const status = decided ? statusOf(findings, first.undetermined) : first.status;
  return asDuplicate({ ...first, path, findings, status }, first.path);
}

/** A path that is given twice is not its own duplicate. */
export const asDuplicate = (report: ImageReport, first: string): ImageReport =>
  report.path === first ? report : { ...report, duplicateOf: first };

export function unreadableReport(path: string, size: number, error: NonNullable<ImageReport['error']>): ImageReport {
  return {
    path,
    sha256: null,
    size,
    machine: 'unknown',
    kind: 'not-pe',
    signed: false,
    status: 'unreadable',
    findings: [],
    undetermined: [],
    coverage: { callSites: 0, resolved: 0, notes: [] },
    error,
  };
}

/** `clean` means no error and no warning that is left, and nothing undetermined; information is allowed. */
export function statusOf(findings: readonly ReportedFinding[], undetermined: readonly Undetermined[]): ImageStatus {
  if (findings.some((finding) => isLeft(finding) && finding.severity !== 'info')) return 'findings';
  return undetermined.length > 0 ? 'undetermined' : 'clean';
}

/** Neither fixed nor accepted, by the configuration or by the baseline. */
export const isLeft = (finding: ReportedFinding): boolean =>
  finding.outcome !== 'fixed' && finding.suppressed === undefined && finding.baselined !== true;

export const sectionRows = (image: Image): SectionRow[] =>
  image.sections.map(({ name, virtualAddress, virtualSize, pointerToRawData, sizeOfRawData, characteristics }) => ({
    name,
    rva: virtualAddress,
    virtualSize,
    offset: pointerToRawData,
    sizeOfRawData,
    characteristics,
  }));
