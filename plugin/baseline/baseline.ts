/** Compares a run with a baseline: which findings were known, and which known ones are gone. */
import { statusOf } from '../inspection/image-report.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';
import { type BaselineEntry, entryOf, imageName, keyOfEntry, looseKeyOfEntry } from './entry.js';
import { readBaseline } from './file.js';

/** An entry, and how many findings it may still answer to. */
interface Left {
  readonly entry: BaselineEntry;
  count: number;
}

export class Baseline {
  readonly #left: readonly Left[];
  /** By key, the first entry of the file last: a baseline of many drivers is not gone through for each finding. */
  readonly #exact = new Map<string, Left[]>();
  readonly #loose = new Map<string, Left[]>();
  readonly #images = new Set<string>();

  constructor(entries: readonly BaselineEntry[]) {
    this.#left = entries.map((entry) => ({ entry, count: entry.count }));
    for (const left of [...this.#left].reverse()) {
      append(this.#exact, keyOfEntry(left.entry), left);
      append(this.#loose, looseKeyOfEntry(left.entry), left);
    }
  }

  /** Throws CallError for a file that cannot be used. */
  static load(path: string): Baseline {
    return new Baseline(readBaseline(path));
  }

  /** `report` with `baselined` said of each finding. Once for each image of the run: every entry serves as often as it counts. */
  compare(report: ImageReport): ImageReport {
    if (report.status === 'unreadable') return report;
    this.#images.add(imageName(report.path));
    const taken = new Set<ReportedFinding>();
    for (const find of [this.#sameSymbol, this.#noSymbol]) {
      for (const finding of report.findings) {
        if (taken.has(finding) || finding.suppressed !== undefined) continue;
        const match = find.call(this, entryOf(report.path, finding));
        if (match === undefined) continue;
        match.count--;
        taken.add(finding);
      }
    }
    const findings = report.findings.map((finding) => ({ ...finding, baselined: taken.has(finding) }));
    const decided = report.status !== 'not-applicable';
    return { ...report, findings, ...(decided ? { status: statusOf(findings, report.undetermined) } : {}) };
  }

  #sameSymbol(wanted: BaselineEntry): Left | undefined {
    return firstLeft(this.#exact.get(keyOfEntry(wanted)));
  }

  /** Only one of the two sides has a symbol. */
  #noSymbol(wanted: BaselineEntry): Left | undefined {
    return wanted.symbol === null
      ? firstLeft(this.#loose.get(looseKeyOfEntry(wanted)))
      : firstLeft(this.#exact.get(keyOfEntry({ ...wanted, symbol: null })));
  }

  /**
   * Entries that no finding answered to. Those of images that the run has not seen count only where it was meant to see
   * all of them.
   */
  absent(everyImage: boolean): readonly BaselineEntry[] {
    return this.#left
      .filter(({ entry, count }) => count > 0 && (everyImage || this.#images.has(entry.image)))
      .map(({ entry, count }) => ({ ...entry, count }));
  }
}

function append(lists: Map<string, Left[]>, key: string, left: Left): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [left]);
  else list.push(left);
}

/** What is used up answers to nothing any more. */
function firstLeft(list: Left[] | undefined): Left | undefined {
  while (list?.at(-1)?.count === 0) list.pop();
  return list?.at(-1);
}
