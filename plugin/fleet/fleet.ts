/** The results of many machines as one: a driver that several of them have counts once, with their names. */
import type { ImageReport } from '../report/model.js';

interface Entry {
  report: ImageReport;
  readonly machines: Set<string>;
}

export class Fleet {
  readonly #entries = new Set<Entry>();
  readonly #byHash = new Map<string, Entry>();
  readonly #byPlace = new Map<string, Entry[]>();
  #different = 0;

  /** `machine` says where the report comes from, unless an earlier merge has said so already. */
  add(report: ImageReport, machine: string): void {
    const place = placeOf(report);
    const alike = this.#byPlace.get(place) ?? [];
    this.#byPlace.set(place, alike);
    const { sha256 } = report;
    // The same hash is the same driver. Where one side has none, the same path and size will do.
    const unhashed = alike.find((entry) => entry.report.sha256 === null);
    const known = sha256 === null ? alike[0] : (this.#byHash.get(sha256) ?? unhashed);
    const entry = known ?? { report, machines: new Set() };
    if (known === undefined) this.#entries.add(entry);
    else this.#merge(entry, report);
    for (const name of report.machines ?? [machine]) entry.machines.add(name);
    if (!alike.includes(entry)) alike.push(entry);
    if (entry.report.sha256 !== null) this.#byHash.set(entry.report.sha256, entry);
    if (sha256 === null || unhashed === undefined || unhashed === entry) return;
    // Had the results come in another order, these two would have been one from the start. One without a hash has one place.
    this.#merge(entry, unhashed.report);
    for (const name of unhashed.machines) entry.machines.add(name);
    this.#entries.delete(unhashed);
    alike.splice(alike.indexOf(unhashed), 1);
  }

  #merge(entry: Entry, report: ImageReport): void {
    if (saysOtherwise(entry.report, report)) this.#different++;
    entry.report = merged(entry.report, report);
  }

  /** Drivers that machines disagree about: they were checked with other options, or by another version. */
  get different(): number {
    return this.#different;
  }

  *images(): Generator<ImageReport> {
    for (const { report, machines } of this.#entries) yield { ...report, machines: [...machines] };
  }
}

/** Windows paths do not know case. What could not be read is another file on each machine. */
function placeOf({ path, size, status }: ImageReport): string {
  const folded = path.includes('\\') || /^[A-Za-z]:/.test(path) ? path.replaceAll('\\', '/').toLowerCase() : path;
  return `${status === 'unreadable' ? 'unreadable' : size} ${folded}`;
}

/** The one that says more: with a page map, with more of the code read; else the first. */
function merged(first: ImageReport, second: ImageReport): ImageReport {
  const says = ({ pageMap, coverage, findings }: ImageReport): readonly number[] => [
    coverage.callSites,
    pageMap === undefined ? 0 : 1,
    findings.filter(({ hint }) => hint !== '').length,
  ];
  const a = says(first);
  const b = says(second);
  const at = a.findIndex((value, index) => value !== b[index]);
  const fuller = at >= 0 && (b[at] ?? 0) > (a[at] ?? 0) ? second : first;
  const pageMap = first.pageMap ?? second.pageMap;
  return {
    ...fuller,
    sha256: first.sha256 ?? second.sha256,
    ...(pageMap !== undefined && { pageMap: fuller.pageMap ?? pageMap }),
  };
}

function saysOtherwise(a: ImageReport, b: ImageReport): boolean {
  const codes = ({ findings }: ImageReport): string =>
    [...new Set(findings.map(({ code, severity }) => `${code} ${severity}`))].sort().join();
  return a.status !== b.status || codes(a) !== codes(b);
}
