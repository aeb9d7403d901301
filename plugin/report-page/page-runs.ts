/** Which pages an image has, who owns them and what they may do, now and after the planned edits. Pure; runs in the page. */
import type { MapRecord } from './data.js';

export const PAGE_SIZE = 0x1000;
/** An rva has 32 bits. */
const MOST_PAGES = 0x100000;

export const READ = 1;
export const WRITE = 2;
export const EXECUTE = 4;
/** Any of the three flags above. */
export type Protection = number;
export const ALL: Protection = READ | WRITE | EXECUTE;

/** Pages in a row that belong to the same: to the headers, to a section, to several, to nothing. */
export interface PageRun {
  readonly first: number;
  readonly count: number;
  readonly headers: boolean;
  /** Indices of the sections that have bytes in these pages. */
  readonly sections: readonly number[];
  readonly now: Protection;
  readonly planned: Protection;
  /** Every section here is gone once DriverEntry has returned. */
  readonly discardable: boolean;
}

export const isGap = (run: PageRun): boolean => !run.headers && run.sections.length === 0;
export const isExecuteWrite = (protection: Protection): boolean =>
  (protection & (WRITE | EXECUTE)) === (WRITE | EXECUTE);

/** In the order of their addresses, without overlaps; the first begins at page 0. */
export function pageRuns(map: MapRecord): PageRun[] {
  const spans = spansOf(map);
  const end = Math.min(MOST_PAGES, Math.max(pagesUp(map.image), ...spans.map((span) => span.end)));
  const edges = [...new Set([0, end, ...spans.flatMap((span) => [span.start, span.end])])]
    .filter((edge) => edge <= end)
    .sort((a, b) => a - b);
  const planned = plannedFlags(map);
  const oneNow = map.alignment < PAGE_SIZE;
  const onePlanned = oneNow && !map.edits.some(({ field }) => field === 'optionalHeader.sectionAlignment');
  const runs: PageRun[] = [];
  for (let at = 0; at + 1 < edges.length; at++) {
    const first = edges[at] as number;
    const owners = spans.filter((span) => span.start <= first && span.end > first);
    const sections = owners.flatMap(({ section }) => (section === null ? [] : [section]));
    const headers = owners.length > sections.length;
    const flagsOf = (flags: (section: number) => number): Protection =>
      sections.reduce((sum, section) => sum | protectionOf(flags(section)), headers ? READ : 0);
    const nowFlags = (section: number): number => map.sections[section]?.[3] ?? 0;
    runs.push({
      first,
      count: (edges[at + 1] as number) - first,
      headers,
      sections,
      now: oneNow ? ALL : flagsOf(nowFlags),
      planned: onePlanned ? ALL : flagsOf((section) => planned.get(section) ?? nowFlags(section)),
      discardable:
        !headers && sections.length > 0 && sections.every((section) => (nowFlags(section) & 0x02000000) !== 0),
    });
  }
  return runs;
}

/** `R-X`, as in the text report. */
export const letters = (protection: Protection): string =>
  (protection & READ ? 'R' : '-') + (protection & WRITE ? 'W' : '-') + (protection & EXECUTE ? 'X' : '-');

interface Span {
  readonly start: number;
  readonly end: number;
  /** null: the headers. */
  readonly section: number | null;
}

function spansOf(map: MapRecord): Span[] {
  const spans: Span[] = [{ start: 0, end: pagesUp(map.headers), section: null }];
  map.sections.forEach(([, rva, size], section) => {
    if (size > 0) spans.push({ start: Math.floor(rva / PAGE_SIZE), end: pagesUp(rva + size), section });
  });
  return spans.filter(({ start, end }) => start < end && start < MOST_PAGES);
}

const pagesUp = (bytes: number): number => Math.min(MOST_PAGES, Math.ceil(bytes / PAGE_SIZE));

/** IMAGE_SCN_MEM_READ, _WRITE and _EXECUTE (PE specification, "Section Flags"). */
function protectionOf(characteristics: number): Protection {
  return (
    (characteristics & 0x40000000 ? READ : 0) |
    (characteristics & 0x80000000 ? WRITE : 0) |
    (characteristics & 0x20000000 ? EXECUTE : 0)
  );
}

/** Characteristics that an edit gives a section; an edit's bytes are in file order. */
function plannedFlags(map: MapRecord): Map<number, number> {
  const flags = new Map<number, number>();
  for (const { field, after } of map.edits) {
    const section = /^sections\[(\d+)\]\.characteristics$/.exec(field)?.[1];
    if (section === undefined) continue;
    flags.set(Number(section), Number.parseInt((after.match(/../g) ?? []).reverse().join(''), 16));
  }
  return flags;
}
