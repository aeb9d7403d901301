/** Compares a run with a baseline: which findings were known, and which known ones are gone. */
import { statusOf } from '../inspection/image-report.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';
import { type BaselineEntry, entryOf, imageName, keyOfEntry, looseKeyOfEntry } from './entry.js';
import { readBaseline } from './file.js';

export class Baseline {
  readonly #left: { entry: BaselineEntry; count: number }[];
  readonly #images = new Set<string>();

  constructor(entries: readonly BaselineEntry[]) {
    this.#left = entries.map((entry) => ({ entry, count: entry.count }));
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
    for (const keyOf of [keyOfEntry, looseKeyOfEntry]) {
      for (const finding of report.findings) {
        if (taken.has(finding) || finding.suppressed !== undefined) continue;
        const wanted = entryOf(report.path, finding);
        const match = this.#left.find(
          ({ entry, count }) =>
            count > 0 &&
            keyOf(entry) === keyOf(wanted) &&
            (keyOf === keyOfEntry || entry.symbol === null || wanted.symbol === null),
        );
        if (match === undefined) continue;
        match.count--;
        taken.add(finding);
      }
    }
    const findings = report.findings.map((finding) => ({ ...finding, baselined: taken.has(finding) }));
    const decided = report.status !== 'not-applicable';
    return { ...report, findings, ...(decided ? { status: statusOf(findings, report.undetermined) } : {}) };
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
