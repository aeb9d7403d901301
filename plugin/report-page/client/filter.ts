/** What of the report is shown, and in which order. */
import { LOAD_VERDICTS, type LoadVerdict, VERIFIER_VERDICTS, type VerifierVerdict } from '../data.js';
import { type Driver, haystack, type ReportData, rulesOf } from './report.js';

export interface Filter {
  text: string;
  load: LoadVerdict | null;
  verifier: VerifierVerdict | null;
  rule: number | null;
  arch: string | null;
  host: number | null;
}

export type SortKey = 'name' | 'arch' | 'load' | 'verifier' | 'findings' | 'size' | 'hosts';
export interface Sort {
  readonly key: SortKey;
  readonly descending: boolean;
}

export const everything = (): Filter => ({ text: '', load: null, verifier: null, rule: null, arch: null, host: null });

/** Every word of the text must be there, in any order. */
export function select(report: ReportData, filter: Filter, sort: Sort): Driver[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = report.drivers.filter(
    (driver) =>
      (filter.load === null || driver.load === filter.load) &&
      (filter.verifier === null || driver.verifier === filter.verifier) &&
      (filter.arch === null || driver.arch === filter.arch) &&
      (filter.host === null || driver.hosts?.includes(filter.host) === true) &&
      (filter.rule === null || rulesOf(driver).includes(filter.rule)) &&
      words.every((word) => haystack(driver, report).includes(word)),
  );
  const compare = ORDERS[sort.key];
  const sign = sort.descending ? -1 : 1;
  return chosen.sort((a, b) => sign * compare(a, b) || byName(a, b) || a.index - b.index);
}

// Not Intl.Collator: comparing 2,000 names by it costs more than drawing the table.
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const lower = new Map<number, string>();
const lowerName = ({ index, name }: Driver): string => {
  let text = lower.get(index);
  if (text === undefined) {
    text = name.toLowerCase();
    lower.set(index, text);
  }
  return text;
};
const byName = (a: Driver, b: Driver): number => byText(lowerName(a), lowerName(b));

/** The gravest first where that is what a reader looks for. */
const ORDERS: Readonly<Record<SortKey, (a: Driver, b: Driver) => number>> = {
  name: byName,
  arch: (a, b) => byText(a.arch, b.arch),
  load: (a, b) => LOAD_VERDICTS.indexOf(a.load) - LOAD_VERDICTS.indexOf(b.load),
  verifier: (a, b) => VERIFIER_VERDICTS.indexOf(a.verifier) - VERIFIER_VERDICTS.indexOf(b.verifier),
  findings: (a, b) => b.counts[0] - a.counts[0] || b.counts[1] - a.counts[1] || b.counts[2] - a.counts[2],
  size: (a, b) => a.size - b.size,
  hosts: (a, b) => (b.hosts?.length ?? 0) - (a.hosts?.length ?? 0),
};
