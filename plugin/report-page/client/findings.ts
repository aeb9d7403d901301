/** The findings of a driver, those that read alike together. */
import type { FindingRecord } from '../data.js';
import { counted, h, hex, withCode } from './dom.js';
import { type Driver, type ReportData, ruleAt, SEVERITY } from './report.js';

/** Messages of one group that are shown at once. */
const FIRST = 8;

export function findingGroups(driver: Driver, report: ReportData): HTMLElement[] {
  const groups = new Map<string, FindingRecord[]>();
  for (const finding of driver.findings) {
    const key = [finding.rule, finding.severity, finding.effect, finding.fix, finding.aside].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  const weight = ([first]: readonly FindingRecord[]): number =>
    (first?.aside === undefined ? 0 : 10) + (first?.severity ?? 9);
  const sorted = [...groups.values()].sort((a, b) => weight(a) - weight(b));
  const elements = sorted.map((group) => groupElement(group, driver, report));
  if (elements.length === 0) elements.push(h('p', { class: 'empty' }, 'None.'));
  if (driver.more !== undefined)
    elements.push(
      h('p', { class: 'dim' }, `and ${counted(driver.more, 'more finding')}; --format json lists every one`),
    );
  return elements;
}

function groupElement(group: readonly FindingRecord[], driver: Driver, report: ReportData): HTMLElement {
  const first = group[0] as FindingRecord;
  const { code, name, verifier } = ruleAt(report, first.rule);
  const text = (index: number): string => report.texts[index] ?? '';
  const different = (of: (finding: FindingRecord) => string): string[] => [...new Set(group.map(of))].filter(Boolean);
  const items = group.map((finding) =>
    h('li', {}, h('p', {}, ...withCode(text(finding.message))), h('p', { class: 'place' }, place(finding, report))),
  );
  const rest = items.slice(FIRST);
  const hints = different(({ hint }) => text(hint));
  return h(
    'section',
    { class: `finding s${first.severity}${first.aside === undefined ? '' : ' aside'}` },
    h(
      'h3',
      {},
      h('span', { class: `badge ${TONES[first.severity]}` }, SEVERITY[first.severity]),
      h('span', { class: 'code' }, code),
      h('span', { class: 'rule' }, name),
      group.length > 1 && h('span', { class: 'times' }, `${counted(group.length, 'time')}`),
      verifier !== null && h('span', { class: 'times' }, `Driver Verifier ${verifier}`),
    ),
    first.aside !== undefined && h('p', { class: 'dim' }, `Counts for nothing: ${text(first.aside)}.`),
    h('ul', { class: 'places' }, ...items.slice(0, FIRST)),
    rest.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, `${counted(rest.length, 'more')}`.replace(/s$/, '')),
        h('ul', { class: 'places' }, ...rest),
      ),
    h(
      'dl',
      { class: 'advice' },
      ...term('Effect', [text(first.effect)]),
      ...term('Remedy', hints.slice(0, FIRST)),
      ...term('Fix', [fixWords(first, driver, code)]),
    ),
  );
}

const TONES = ['bad', 'warn', 'quiet'] as const;

const FIXES = {
  safe: 'A header edit: `hvci-fix fix` makes it, and checks it before it writes.',
  'opt-in': 'Only on your word, section by section: `--strip-write NAME` or `--strip-execute NAME`.',
  none: 'None in the header: relink, or change the source.',
} as const;

/** The checksum is no part of what a signature covers. */
const fixWords = ({ fix }: FindingRecord, { signed }: Driver, code: string): string =>
  FIXES[fix ?? 'none'] + (fix !== undefined && signed && code !== 'HVCI4001' ? SIGNED : '');

const SIGNED =
  ' The image is signed, so only with `--strip-signature`, or with `--sign-with`, which signs again; a Microsoft signature cannot be made again.';

function term(name: string, texts: readonly string[]): HTMLElement[] {
  return texts.length === 0 ? [] : [h('dt', {}, name), ...texts.map((text) => h('dd', {}, ...withCode(text)))];
}

/** The same words as in the text report: a reader looks them up in a hex editor. */
function place(finding: FindingRecord, report: ReportData): string {
  const parts: string[] = [];
  if (finding.section !== undefined) parts.push(finding.section || '(no name)');
  if (finding.field !== undefined) parts.push(report.texts[finding.field] ?? '');
  if (finding.offset !== undefined) {
    const length = finding.length === undefined ? '' : ` (${counted(finding.length, 'byte')})`;
    parts.push(`offset ${hex(finding.offset)}${length}`);
  }
  if (finding.rva !== undefined) parts.push(`rva ${hex(finding.rva)}`);
  if (finding.symbol !== undefined) parts.push(`in ${finding.symbol}`);
  return parts.join(' · ');
}
