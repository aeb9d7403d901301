/** Reports as the page holds them: compact, and with nothing in them that could hide or reorder what a reader sees. */
import type { RuleMeta } from '../../fixer/rules/rule.js';
import { isLeft } from '../inspection/image-report.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';
import { hex } from '../report/numbers.js';
import { effectWords, errorRemedy, kindWords } from '../report/wording.js';
import type { DriverRecord, FindingRecord, RuleRecord, SeverityIndex } from './data.js';
import { mapRecord } from './map-record.js';
import { readable, type Texts } from './texts.js';
import { loadVerdict, verifierVerdict } from './verdict.js';

/** A forged image can have tens of thousands of findings; nobody reads them on a page. */
const MOST_FINDINGS = 300;
const FIRST_OF_RULE = 8;

const SEVERITIES = { error: 0, warning: 1, info: 2 } as const satisfies Record<string, SeverityIndex>;

export const ruleRecord = ({ code, name, title, verifierCode }: RuleMeta): RuleRecord => ({
  code,
  name,
  title,
  verifier: verifierCode === null ? null : hex(verifierCode),
});

/** `ruleIndex` numbers codes, new ones (of a later version) as well; `hostIndex` machines. */
export interface Numbering {
  readonly texts: Texts;
  ruleIndex(finding: ReportedFinding): number;
  hostIndex(machine: string): number;
}

export function driverRecord(report: ImageReport, numbering: Numbering): DriverRecord {
  const { texts } = numbering;
  const { findings, undetermined, coverage, error, machines } = report;
  const shown = shownOf(findings);
  const notes = [...coverage.notes, ...(report.anomalies ?? []).map(({ message }) => message)];
  const folder = report.path.slice(0, 1 + Math.max(report.path.lastIndexOf('/'), report.path.lastIndexOf('\\')));
  return {
    path: readable(report.path),
    nameAt: folder.length < report.path.length ? readable(folder).length : 0,
    size: report.size,
    arch: report.machine,
    kind: texts.add(kindWords(report)),
    signed: report.signed,
    load: loadVerdict(report),
    verifier: verifierVerdict(report),
    counts: countsOf(findings),
    findings: shown.map((finding) => findingRecord(finding, numbering)),
    ...(findings.length > shown.length && { more: findings.length - shown.length }),
    ...(undetermined.length > 0 && {
      undetermined: undetermined
        .slice(0, MOST_FINDINGS)
        .map(({ code, reason }) => ({ code, reason: texts.add(reason) })),
    }),
    ...(notes.length > 0 && { notes: notes.slice(0, MOST_FINDINGS).map((note) => texts.add(note)) }),
    ...(error !== undefined && { error: errorText(error) }),
    ...(report.sha256 !== null && { sha256: report.sha256 }),
    ...(machines !== undefined && { hosts: machines.map((machine) => numbering.hostIndex(machine)) }),
    ...(report.pageMap !== undefined && { map: mapRecord(report.pageMap, findings, texts) }),
  };
}

/** The first of each rule, so that none of them is lost to another's crowd, and as many of the rest as there is room for. */
function shownOf(findings: readonly ReportedFinding[]): readonly ReportedFinding[] {
  if (findings.length <= MOST_FINDINGS) return findings;
  const seen = new Map<string, number>();
  const first = findings.map((finding) => {
    const kind = `${finding.code} ${finding.severity} ${isLeft(finding)}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    return (seen.get(kind) ?? 0) <= FIRST_OF_RULE;
  });
  let room = MOST_FINDINGS - first.filter(Boolean).length;
  return findings.filter((_, index) => first[index] === true || room-- > 0);
}

function countsOf(findings: readonly ReportedFinding[]): [number, number, number] {
  const counts: [number, number, number] = [0, 0, 0];
  for (const finding of findings) if (isLeft(finding)) counts[SEVERITIES[finding.severity]]++;
  return counts;
}

function errorText(error: NonNullable<ImageReport['error']>): string {
  const place = error.offset === null ? '' : ` (${error.path}, offset ${hex(error.offset)})`;
  return readable(`${error.message}${place} ${errorRemedy(error.code)}`.trimEnd());
}

function findingRecord(finding: ReportedFinding, numbering: Numbering): FindingRecord {
  const { section, field, offset, length, rva, symbol, fix } = finding;
  const { texts } = numbering;
  const aside = asideWords(finding);
  return {
    rule: numbering.ruleIndex(finding),
    severity: SEVERITIES[finding.severity],
    effect: texts.add(effectWords(finding)),
    message: texts.add(finding.message),
    hint: texts.add(finding.hint),
    ...(section !== null && { section: readable(section) }),
    ...(field !== null && { field: texts.add(field) }),
    ...(offset !== null && { offset }),
    ...(length !== null && { length }),
    ...(rva !== null && { rva }),
    ...(symbol !== null && { symbol: readable(symbol) }),
    ...(fix !== 'none' && { fix }),
    ...(aside !== null && { aside: texts.add(aside) }),
  };
}

function asideWords({ outcome, suppressed, baselined }: ReportedFinding): string | null {
  if (outcome === 'fixed') return 'fixed';
  if (suppressed !== undefined) return `accepted by the configuration: ${suppressed.reason}`;
  return baselined === true ? 'in the baseline' : null;
}
