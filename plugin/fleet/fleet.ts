/** The results of many machines as one: a driver that several of them have counts once, with their names. */
import type { ImageReport } from '../report/model.js';
import { answersOf, isDecided, withGraver } from './graver.js';

/** Results of one path and size that are looked through for one that is alike: it may be the name of every build. */
const MOST_LOOKED_THROUGH = 100;

interface Entry {
  report: ImageReport;
  /** Where its findings are; null until somebody asks. */
  places: ReadonlySet<string> | null;
  readonly machines: Set<string>;
}

/** A driver whose results differ. */
export interface Disagreement {
  readonly path: string;
  /** What not all of them say: `HVCI2005 error`. */
  readonly about: readonly string[];
  /** All of them are of this machine; null where they are of several. */
  readonly machine: string | null;
}

export class Fleet {
  readonly #entries = new Set<Entry>();
  readonly #byHash = new Map<string, Entry>();
  readonly #byPlace = new Map<string, Entry[]>();
  readonly #different = new Map<Entry, Disagreement>();
  #apart = 0;

  /** `machine` says where the report comes from, unless an earlier merge has said so already. */
  add(report: ImageReport, machine: string): void {
    const place = placeOf(report);
    const alike = this.#byPlace.get(place) ?? [];
    this.#byPlace.set(place, alike);
    const { sha256 } = report;
    const names = report.machines ?? [machine];
    // The same hash is the same driver. Where one side has none, the same path and size will do, if nothing speaks against it.
    const candidates = alike.length > MOST_LOOKED_THROUGH ? alike.slice(0, MOST_LOOKED_THROUGH) : alike;
    const mine: Entry = { report, places: null, machines: new Set(names) };
    const isAlike = (entry: Entry): boolean => mayBeOne(entry, mine);
    const unhashed =
      sha256 === null ? undefined : candidates.find((entry) => entry.report.sha256 === null && isAlike(entry));
    const known = sha256 === null ? candidates.find(isAlike) : (this.#byHash.get(sha256) ?? unhashed);
    if (known === undefined && candidates.some((entry) => sha256 === null || entry.report.sha256 === null))
      this.#apart++;
    const entry = known ?? mine;
    if (known === undefined) this.#entries.add(entry);
    else this.#merge(entry, report, names);
    for (const name of names) entry.machines.add(name);
    if (!alike.includes(entry)) alike.push(entry);
    if (entry.report.sha256 !== null) this.#byHash.set(entry.report.sha256, entry);
    if (sha256 === null || unhashed === undefined || unhashed === entry) return;
    // Had the results come in another order, these two would have been one from the start. One without a hash has one place.
    this.#merge(entry, unhashed.report, [...unhashed.machines]);
    for (const name of unhashed.machines) entry.machines.add(name);
    this.#entries.delete(unhashed);
    this.#different.delete(unhashed);
    alike.splice(alike.indexOf(unhashed), 1);
  }

  #merge(entry: Entry, report: ImageReport, names: readonly string[]): void {
    const about = differences(entry.report, report);
    if (about.length > 0) {
      const before = this.#different.get(entry);
      const machines = new Set([...entry.machines, ...names]);
      const machine = machines.size === 1 && before?.machine !== null ? ([...machines][0] ?? null) : null;
      this.#different.set(entry, { path: entry.report.path, about: before?.about ?? about, machine });
    }
    entry.report = merged(entry.report, [...entry.machines], report, names);
    entry.places = null;
  }

  /** Drivers whose results differ: they were checked with other options, for another Windows, or by another version. */
  get different(): readonly Disagreement[] {
    return [...this.#different.values()];
  }

  /** Results of one path and size, some without a hash, that say so different things that they are shown one by one. */
  get apart(): number {
    return this.#apart;
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

function merged(
  first: ImageReport,
  firstOn: readonly string[],
  second: ImageReport,
  secondOn: readonly string[],
): ImageReport {
  const fuller = fullerOf(first, second);
  const [other, on] = fuller === first ? [second, secondOn] : [first, firstOn];
  const pageMap = first.pageMap ?? second.pageMap;
  return {
    ...withGraver(fuller, other, `${other.path} on ${on[0]}`),
    sha256: first.sha256 ?? second.sha256,
    ...(pageMap !== undefined && { pageMap: fuller.pageMap ?? pageMap }),
  };
}

/** The one that says more: judged at all, with more of the code read, with a page map; else the first. */
function fullerOf(first: ImageReport, second: ImageReport): ImageReport {
  const says = (report: ImageReport): readonly number[] => [
    isDecided(report) ? 1 : 0,
    report.coverage.callSites,
    report.pageMap === undefined ? 0 : 1,
    report.findings.filter(({ hint }) => hint !== '').length,
  ];
  const a = says(first);
  const b = says(second);
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (b[at] ?? 0) > (a[at] ?? 0) ? second : first;
}

/**
 * Path and size are the same. A machine has one file at a path, unless paths are relative or files were put together;
 * machines may have checked with other options, and then one result has all that the other one has.
 */
function mayBeOne(first: Entry, second: Entry): boolean {
  const a = placesOf(first);
  const b = placesOf(second);
  const isOneMachine = [...second.machines].some((name) => first.machines.has(name));
  if (isOneMachine && (first.report.status !== second.report.status || a.size !== b.size)) return false;
  const [shown, other] = fullerOf(first.report, second.report) === first.report ? [a, b] : [b, a];
  return other.size <= shown.size && [...other].every((place) => shown.has(place));
}

function placesOf(entry: Entry): ReadonlySet<string> {
  entry.places ??= new Set(
    entry.report.findings.map(({ code, severity, section, rva }) => `${code} ${severity} ${rva} ${section}`),
  );
  return entry.places;
}

function differences(a: ImageReport, b: ImageReport): string[] {
  const [first, second] = [answersOf(a), answersOf(b)];
  const about = [...first, ...second].filter((answer) => !(first.has(answer) && second.has(answer)));
  return about.length === 0 && a.status !== b.status ? [a.status, b.status] : about.sort();
}
