/** What is marked on the page map: on which pages, and in which words. */
import type { SeverityIndex } from '../data.js';
import { isExecuteWrite, PAGE_SIZE, type PageRun } from '../page-runs.js';
import { counted } from './dom.js';
import { type Driver, type ReportData, ruleAt } from './report.js';

export const IAT = 1;
export const STRADDLE = 2;
export const CALL = 4;

export interface Marks {
  /** By page: which of the marks above. */
  readonly pages: ReadonlyMap<number, number>;
  readonly calls: ReadonlyMap<number, number>;
}

const MOST_IAT_PAGES = 4096;
/** The engine keeps the first 16 by rva (base-relocations.ts); the finding's message has their number. */
const FIRST_STRADDLES = 16;

export function marksOf({ map }: Driver): Marks {
  const pages = new Map<number, number>();
  const calls = new Map(map?.calls);
  const mark = (page: number, kind: number): void => void pages.set(page, (pages.get(page) ?? 0) | kind);
  for (const [rva, length] of map?.iat ?? []) {
    const last = Math.floor((rva + Math.max(length, 1) - 1) / PAGE_SIZE);
    for (let page = Math.floor(rva / PAGE_SIZE); page <= last && pages.size < MOST_IAT_PAGES; page++) mark(page, IAT);
  }
  for (const rva of map?.straddles ?? []) mark(Math.floor(rva / PAGE_SIZE), STRADDLE);
  for (const page of calls.keys()) mark(page, CALL);
  return { pages, calls };
}

/** Everything about the pages of a run that the drawing shows, in words: the text alternative. */
export function markWords(run: PageRun, driver: Driver, marks: Marks): string[] {
  const words: string[] = [];
  if (isExecuteWrite(run.now)) words.push('writable and executable');
  if (run.sections.length > 1 || (run.headers && run.sections.length > 0)) words.push('pages shared');
  const inRun = (page: number): boolean => page >= run.first && page < run.first + run.count;
  let iat = 0;
  for (const [page, kinds] of marks.pages) if (kinds & IAT && inRun(page)) iat++;
  if (iat > 0) words.push('import address table');
  const straddles = (driver.map?.straddles ?? []).filter((rva) => inRun(Math.floor(rva / PAGE_SIZE)));
  const more = (driver.map?.straddles.length ?? 0) >= FIRST_STRADDLES ? ' or more' : '';
  if (straddles.length > 0) words.push(counted(straddles.length, 'straddling relocation') + more);
  let calls = 0;
  for (const [page, count] of marks.calls) if (inRun(page)) calls += count;
  if (calls > 0) words.push(counted(calls, 'call site'));
  return words;
}

/** Rules with findings about a section of the run or a place in it, each with its gravest severity. */
export function codesOf(run: PageRun, driver: Driver, report: ReportData): Map<string, SeverityIndex> {
  const codes = new Map<string, SeverityIndex>();
  for (const finding of driver.findings) {
    if (finding.aside !== undefined) continue;
    const field = finding.field === undefined ? '' : (report.texts[finding.field] ?? '');
    const index = /^sections\[(\d+)\]/.exec(field)?.[1];
    const page = finding.rva === undefined ? -1 : Math.floor(finding.rva / PAGE_SIZE);
    const concerned =
      index === undefined
        ? finding.rva !== undefined && page >= run.first && page < run.first + run.count
        : run.sections.includes(Number(index));
    const { code } = ruleAt(report, finding.rule);
    const known = codes.get(code);
    if (concerned && (known === undefined || finding.severity < known)) codes.set(code, finding.severity);
  }
  return codes;
}
