/**
 * JSON of another machine into our own objects, member by member: what is not of the contract's type is left out, and
 * nothing of what is kept can be deeper, longer or other than the reporters expect.
 */
import type { FindingData } from '../../fixer/rules/finding.js';
import type { EditReport, ImageReport, PageMap, ReportedFinding } from '../report/model.js';

const MACHINES = ['x64', 'x86', 'arm64', 'arm', 'ia64', 'unknown'] as const;
const KINDS = ['driver', 'native-application', 'user-mode', 'efi', 'not-pe'] as const;
const STATUSES = ['clean', 'findings', 'undetermined', 'unreadable', 'not-applicable'] as const;
export const EFFECTS = [
  'refused-at-load',
  'refused-in-strict-mode',
  'reported-by-verifier',
  'crash-at-run-time',
  'hygiene',
] as const;
const SEVERITIES = ['error', 'warning', 'info'] as const;
const FIXES = ['safe', 'opt-in', 'none'] as const;
const OUTCOMES = ['none', 'planned', 'fixed', 'refused'] as const;
const MOST_TEXT = 16_384;
const MOST_ITEMS = 100_000;
const DEEPEST_DATA = 3;

export type Members = Readonly<Record<string, unknown>>;

export const asObject = (value: unknown): Members | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;

/** A list of objects; anything else in it is passed over. */
export const asObjects = (value: unknown): Members[] =>
  Array.isArray(value)
    ? value
        .slice(0, MOST_ITEMS)
        .map(asObject)
        .filter((item) => item !== null)
    : [];

export const asText = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, MOST_TEXT) : null);

/** Offsets, sizes and rvas are whole and not negative. */
export const asCount = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

export const asChoice = <T extends string>(value: unknown, choices: readonly T[]): T | null =>
  choices.find((choice) => choice === value) ?? null;

/** An image of the NDJSON or the JSON report; null for what is none. */
export function imageOf(value: unknown): ImageReport | null {
  const image = asObject(value);
  const path = asText(image?.['path']);
  const status = asChoice(image?.['status'], STATUSES);
  if (image === null || path === null || path === '' || status === null) return null;
  const coverage = asObject(image['coverage']) ?? {};
  const error = asObject(image['error']);
  const pageMap = asObject(image['pageMap']);
  const machines = texts(image['machines']);
  const findings = asObjects(image['findings']).flatMap((finding) => findingOf(finding) ?? []);
  return {
    path,
    sha256: hashOf(image['sha256']),
    size: asCount(image['size']) ?? 0,
    machine: asChoice(image['machine'], MACHINES) ?? 'unknown',
    kind: asChoice(image['kind'], KINDS) ?? 'not-pe',
    signed: image['signed'] === true,
    status,
    findings,
    undetermined: asObjects(image['undetermined']).flatMap(({ code, reason }) =>
      isCode(code) ? { code, reason: asText(reason) ?? '' } : [],
    ),
    coverage: {
      callSites: asCount(coverage['callSites']) ?? 0,
      resolved: asCount(coverage['resolved']) ?? 0,
      notes: texts(coverage['notes']),
    },
    ...(error !== null && { error: errorOf(error) }),
    ...(pageMap !== null && { pageMap: pageMapOf(pageMap) }),
    ...(machines.length > 0 && { machines }),
  };
}

export const hashOf = (value: unknown): string | null =>
  typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : null;

export const isCode = (value: unknown): value is string => typeof value === 'string' && /^HVCI\d{4}$/.test(value);

export const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.slice(0, MOST_ITEMS).flatMap((item) => asText(item) ?? []) : [];

/** Null without a code, a severity and an effect: then it says nothing. */
export function findingOf(finding: Members): ReportedFinding | null {
  const { code } = finding;
  const severity = asChoice(finding['severity'], SEVERITIES);
  const effect = asChoice(finding['effect'], EFFECTS);
  if (!isCode(code) || severity === null || effect === null) return null;
  const reason = asText(asObject(finding['suppressed'])?.['reason']);
  return {
    code,
    name: asText(finding['name']) ?? '',
    severity,
    effect,
    message: asText(finding['message']) ?? '',
    hint: asText(finding['hint']) ?? '',
    section: asText(finding['section']),
    field: asText(finding['field']),
    offset: asCount(finding['offset']),
    length: asCount(finding['length']),
    rva: asCount(finding['rva']),
    symbol: asText(finding['symbol']),
    data: dataOf(finding['data']),
    fix: asChoice(finding['fix'], FIXES) ?? 'none',
    outcome: asChoice(finding['outcome'], OUTCOMES) ?? 'none',
    refusal: asText(finding['refusal']),
    ...(reason !== null && { suppressed: { reason } }),
    ...(typeof finding['baselined'] === 'boolean' && { baselined: finding['baselined'] }),
  };
}

/** Rule-specific facts, as deep as our rules make them: what is printed again must not be able to overflow a stack. */
function dataOf(value: unknown): FindingData {
  return (asObject(value) === null ? {} : shallow(value, DEEPEST_DATA)) as FindingData;
}

function shallow(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return asText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => shallow(item, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shallow(item, depth - 1)]));
}

function errorOf(error: Members): NonNullable<ImageReport['error']> {
  return {
    code: asText(error['code']) ?? 'unknown',
    path: asText(error['path']) ?? '',
    offset: asCount(error['offset']),
    message: asText(error['message']) ?? 'The image could not be read.',
  };
}

function pageMapOf(map: Members): PageMap {
  const moreSections = asCount(map['moreSections']);
  const rvas = Array.isArray(map['straddles']) ? map['straddles'].slice(0, MOST_ITEMS) : [];
  return {
    sectionAlignment: asCount(map['sectionAlignment']) ?? 0x1000,
    sizeOfHeaders: asCount(map['sizeOfHeaders']) ?? 0,
    sizeOfImage: asCount(map['sizeOfImage']) ?? 0,
    sections: asObjects(map['sections'])
      .slice(0, 256)
      .map((section) => ({
        name: asText(section['name']) ?? '',
        rva: asCount(section['rva']) ?? 0,
        size: asCount(section['size']) ?? 0,
        characteristics: asCount(section['characteristics']) ?? 0,
      })),
    ...(moreSections !== null && { moreSections }),
    iat: asObjects(map['iat'])
      .slice(0, 64)
      .map(({ rva, length }) => ({ rva: asCount(rva) ?? 0, length: asCount(length) ?? 0 })),
    straddles: rvas.slice(0, 64).flatMap((rva) => asCount(rva) ?? []),
    edits: asObjects(map['edits']).slice(0, 64).map(editOf),
    refusals: asObjects(map['refusals'])
      .slice(0, 64)
      .map(({ code, section, message }) => ({
        code: asText(code) ?? '',
        section: asText(section),
        message: asText(message) ?? '',
      })),
  };
}

const editOf = (edit: Members): EditReport => ({
  offset: asCount(edit['offset']) ?? 0,
  length: asCount(edit['length']) ?? 0,
  field: asText(edit['field']) ?? '',
  section: asText(edit['section']),
  cause: asText(edit['cause']) ?? '',
  before: asText(edit['before']) ?? '',
  after: asText(edit['after']) ?? '',
  description: asText(edit['description']) ?? '',
});
