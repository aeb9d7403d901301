/**
 * Two results of the same bytes as one that hides nothing: of each rule the graver answer. Checks differ by their options, by
 * the Windows they are for (an INF names one for its drivers), by what a project accepts, or by version.
 */
import { isLeft, statusOf } from '../inspection/image-report.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';

/** `other` with where it comes from, for the note on rules whose answer is its. */
export function withGraver(shown: ImageReport, other: ImageReport, from: string): ImageReport {
  const own = byCode(shown);
  const theirs = [...byCode(other)].filter(([code, findings]) => isGraver(findings, own.get(code) ?? []));
  const codes = new Set(theirs.map(([code]) => code));
  const open = new Set([...shown.undetermined.map(({ code }) => code), ...own.keys(), ...codes]);
  const undetermined = other.undetermined.filter(({ code }) => !open.has(code));
  for (const { code } of undetermined) codes.add(code);
  if (codes.size === 0) return shown;
  const findings = [
    ...shown.findings.filter(({ code }) => !codes.has(code)),
    ...theirs.flatMap(([, ofCode]) => ofCode),
  ].sort((a, b) => Number(a.code > b.code) - Number(a.code < b.code));
  const allOpen = [...shown.undetermined, ...undetermined];
  const note = `${[...codes].sort().join(', ')} as in another check of these bytes, of ${from}`;
  return {
    ...shown,
    findings,
    undetermined: allOpen,
    status: isDecided(shown) ? statusOf(findings, allOpen) : shown.status,
    coverage: { ...shown.coverage, notes: [...shown.coverage.notes, note] },
  };
}

export const isDecided = ({ status }: ImageReport): boolean => status !== 'unreadable' && status !== 'not-applicable';

/** What tells results apart: `HVCI2005 error`; what is accepted or fixed apart from what is left. */
export function answersOf({ findings, undetermined }: ImageReport): ReadonlySet<string> {
  const answers = findings.map((each) => `${each.code} ${isLeft(each) ? each.severity : 'accepted'}`);
  return new Set([...answers, ...undetermined.map(({ code }) => `${code} undetermined`)]);
}

function byCode({ findings }: ImageReport): ReadonlyMap<string, readonly ReportedFinding[]> {
  const all = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const ofCode = all.get(finding.code);
    if (ofCode === undefined) all.set(finding.code, [finding]);
    else ofCode.push(finding);
  }
  return all;
}

function isGraver(a: readonly ReportedFinding[], b: readonly ReportedFinding[]): boolean {
  const [first, second] = [gravity(a), gravity(b)];
  const at = first.findIndex((value, index) => value !== second[index]);
  return at >= 0 && (first[at] ?? 0) > (second[at] ?? 0);
}

function gravity(findings: readonly ReportedFinding[]): readonly number[] {
  const left = findings.filter(isLeft);
  const number = (severity: ReportedFinding['severity']): number =>
    left.filter((finding) => finding.severity === severity).length;
  return [number('error'), number('warning'), number('info'), findings.length];
}
