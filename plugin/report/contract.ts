/** The JSON contract, hvci-fix.report.schema.json: which members, in which order, whatever order the objects were built in. */
import type { ImageReport, Report, ReportedFinding } from './model.js';

/** The image as the contract prints it. JSON leaves out what is undefined, and conditional spreads cost as much as a rule. */
export function imageContract(report: ImageReport): object {
  const { error, anomalies, authenticode, plan } = report;
  return {
    path: report.path,
    archive: report.archive,
    sha256: report.sha256,
    size: report.size,
    machine: report.machine,
    kind: report.kind,
    signed: report.signed,
    status: report.status,
    findings: report.findings.map(findingContract),
    undetermined: report.undetermined.map(({ code, reason }) => ({ code, reason })),
    coverage: coverageContract(report.coverage),
    error: error && pick(error, ['code', 'path', 'offset', 'message']),
    duplicateOf: report.duplicateOf,
    anomalies: anomalies?.map((anomaly) => pick(anomaly, ['code', 'path', 'offset', 'message'])),
    authenticode: authenticode && authenticodeContract(authenticode),
    plan: plan && planContract(plan),
    pageMap: report.pageMap,
    machines: report.machines,
  };
}

const coverageContract = ({ callSites, resolved, notes }: ImageReport['coverage']): object => ({
  callSites,
  resolved,
  notes,
});

/** Member by member, not by `pick`: folders have thousands of findings. */
function findingContract(finding: ReportedFinding): object {
  return {
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
    outcome: finding.outcome,
    refusal: finding.refusal,
    suppressed: finding.suppressed,
    baselined: finding.baselined,
  };
}

function authenticodeContract(authenticode: NonNullable<ImageReport['authenticode']>): object {
  const embedded = authenticode.embedded.map((digest) => pick(digest, ['algorithm', 'hash', 'matches']));
  return { ...pick(authenticode, ['sha1', 'sha256']), embedded, catalogs: authenticode.catalogs };
}

function planContract(plan: NonNullable<ImageReport['plan']>): object {
  return pick(plan, ['outcome', 'failed', 'writtenTo', 'backup', 'edits', 'truncateTo', 'refusals', 'notes']);
}

export function summaryContract(summary: Report['summary']): object {
  return pick(summary, ['images', 'clean', 'errors', 'warnings', 'fixed', 'refused', 'unreadable']);
}

/** Spread into a report or a closing line: nothing for a run of all rules, without a baseline, that came to its end. */
export const closingContract = ({
  interrupted,
  absent,
  rulesOff,
}: Pick<Report, 'interrupted' | 'absent' | 'rulesOff'>): object => ({
  ...(interrupted === undefined ? {} : { interrupted: pick(interrupted, ['signal', 'done', 'total']) }),
  ...(absent === undefined
    ? {}
    : { absent: absent.map((entry) => pick(entry, ['code', 'image', 'section', 'symbol', 'ddi', 'count'])) }),
  ...(rulesOff === undefined ? {} : { rulesOff }),
});

export function toolContract(tool: Report['tool']): object {
  return pick(tool, ['name', 'version']);
}

function pick<T extends object>(source: T, keys: readonly (keyof T & string)[]): object {
  const picked: Record<string, unknown> = {};
  for (const key of keys) if (source[key] !== undefined) picked[key] = source[key];
  return picked;
}
