/**
 * The pipeline that check, baseline and report share: paths in, a report for each image out, in the order of the paths
 * whatever the number of threads, each content analysed once, memory bounded however many files there are.
 *
 *     const scan = await openScan({ paths, stdinList: false, settings });
 *     await scan.each(({ report, sections, named }) => { ... })   // before text is written: scan.clearLine()
 *     scan.interrupted   // afterwards: null, or the signal that ended it and how far it got
 *     scan.remark    // afterwards: what to say on standard error, or null
 *     scan.everyImage    // afterwards: a folder or pattern was among the paths
 *     exitStatusFor(status, scan.interrupted)
 *
 * Sources of images are what `expandPaths` yields (files/walk.ts); how bytes are had from one is `readFound`
 * (inspection/inspect.ts). Nothing throws for what a file holds or does.
 */
import { type Suppress, suppressionsOf } from '../configuration/suppressions.js';
import { isPackageName } from '../files/image-names.js';
import { ImageBuffer, type ReadSuccess } from '../files/read.js';
import { expandPaths, type Found, type FoundFile } from '../files/walk.js';
import { letGoOfCode } from '../inspection/inspect.js';
import type { ImageReport, Interrupted, SectionRow } from '../report/model.js';
import { counted } from '../report/numbers.js';
import type { Settings } from '../session/settings.js';
import { Duplicates } from './duplicates.js';
import { type Engine, engineOfThisThread, sectionsFor } from './engine.js';
import { Interruption, interruptedAfter } from './interruption.js';
import { examineOnce, type Remembered } from './once.js';
import { tuneForScan } from './optimizing.js';
import { createProgress, type Progress } from './progress.js';
import { ReadAhead } from './read-ahead.js';
import { UnderWay } from './under-way.js';

export { exitStatusFor } from './interruption.js';

export interface Scanned {
  readonly report: ImageReport;
  /** The section table; empty where there is no image, or no report that shows it. */
  readonly sections: readonly SectionRow[];
  /** The path was given by the user, or its thread died: that it is not checked is the call's failure. */
  readonly named: boolean;
}

/** Is waited for where it answers with a promise. */
export type Take = (scanned: Scanned) => void | Promise<void>;

export interface ScanOptions {
  readonly paths: readonly string[];
  /** In place of paths, where the files are known already: those of the loaded drivers. */
  readonly files?: Iterable<Found> | null;
  /** Paths come from standard input too, each ended by a NUL, after those of `paths`. */
  readonly stdinList: boolean;
  readonly settings: Settings;
}

/** Each thread starts, loads the decoder and warms up anew: 25 drivers took 1.4 times the processor time in two threads. */
const WORTH_THREADS = 24;
/** With two processors V8's own threads keep the second one busy until most is compiled: 600 drivers took as long as in one thread. */
const WORTH_THREADS_OF_TWO = 1000;
/** Images after which V8's flags are set: by then what a scan needs is loaded. */
const LONG_SCAN = 32;
/** How long a list on standard input may take to show that it is so long, before what there is of it is checked. */
const LIST_PATIENCE_MS = 250;

export async function openScan(options: ScanOptions): Promise<Scan> {
  const { settings } = options;
  const interruption = new Interruption();
  const archives = new Set<string>();
  const files = options.files ?? (await expandPaths(options.paths, { archives }));
  const source = new ReadAhead(
    options.stdinList ? (await import('./stdin-list.js')).filesAndList(files, interruption) : files,
  );
  return new Scan(source, settings, interruption, createProgress(settings.quiet), archives);
}

export class Scan {
  readonly #source: ReadAhead<Found>;
  readonly #settings: Settings;
  readonly #interruption: Interruption;
  readonly #progress: Progress | null;
  readonly #archives: ReadonlySet<string>;
  /** One for all packages: what the last one took would be let go of late. */
  readonly #packageBuffer = new ImageBuffer();
  #done = 0;
  #everyImage = false;
  #interrupted: Interrupted | null = null;

  constructor(
    source: ReadAhead<Found>,
    settings: Settings,
    interruption: Interruption,
    progress: Progress | null,
    archives: ReadonlySet<string>,
  ) {
    this.#source = source;
    this.#settings = settings;
    this.#interruption = interruption;
    this.#progress = progress;
    this.#archives = archives;
  }

  get interrupted(): Interrupted | null {
    return this.#interrupted;
  }

  get everyImage(): boolean {
    return this.#everyImage;
  }

  /** What the folders hold that nobody looked into; null where a scan came to no end, or there is nothing. */
  get remark(): string | null {
    const count = this.#archives.size;
    if (count === 0 || this.#settings.quiet || this.#interrupted !== null) return null;
    const [first] = [...this.#archives].sort();
    return `${counted(count, 'archive')} in folders ${count === 1 ? 'was' : 'were'} not opened, such as ${first}. Name archives to have the drivers in them checked.`;
  }

  /** Takes the progress bar off the terminal, so that what is written next has the line to itself. */
  clearLine(): void {
    this.#progress?.clear();
  }

  /**
   * Calls `take` for each image, and waits for what it answers. No iterator: where nothing has to be waited for, its
   * promises would cost as much as a rule.
   */
  async each(take: Take): Promise<void> {
    this.#interruption.listen();
    try {
      await this.#all((scanned) => this.#give(scanned, take));
      this.#interrupted = interruptedAfter(this.#done, this.#interruption, this.#source);
    } finally {
      this.#progress?.clear();
      this.#interruption.release();
    }
  }

  #give(scanned: Scanned, take: Take): void | Promise<void> {
    this.#done++;
    const taking = take(scanned);
    const { path } = scanned.report;
    return taking instanceof Promise ? taking.then(() => this.#given(path)) : this.#given(path);
  }

  #given(path: string): void | Promise<void> {
    this.#progress?.step(this.#done, path, this.#source);
    if (this.#interruption.isDue) return this.#interruption.heard();
  }

  async #all(give: Take): Promise<void> {
    const { suppressions, configurationPath } = this.#settings;
    const suppress = await suppressionsOf(suppressions, configurationPath);
    const duplicates = new Duplicates<Remembered>();
    const engine = await this.#engine();
    const underWay = new UnderWay(give);
    let images = 0;
    try {
      while (this.#interruption.signal === null) {
        const next = this.#source.next();
        if (next instanceof Promise) await underWay.giveMeanwhile(next);
        const found = next instanceof Promise ? await next : next;
        if (found === null) break;
        this.#everyImage ||= !found.named;
        if (found.ok && isPackageName(found.path)) {
          await underWay.give(0);
          await this.#inPackage(found, suppress, duplicates, give);
          continue;
        }
        if (++images === LONG_SCAN) tuneForScan(this.#settings.code);
        const free = engine.place();
        const place = free instanceof Promise ? await free : free;
        underWay.add(examineOnce(found, place, duplicates, this.#settings, suppress));
        const giving = underWay.give(engine.ahead);
        if (giving !== undefined) await giving;
      }
      await underWay.give(0);
    } finally {
      await engine.close();
    }
  }

  /** A package's images are unpacked one after the other, so they are examined in this thread. */
  async #inPackage(
    found: FoundFile,
    suppress: Suppress,
    duplicates: Duplicates<Remembered>,
    give: Take,
  ): Promise<void> {
    const { inspectPackage } = await import('../inspection/inspect-package.js');
    // Each is examined, as packages say for which Windows; what is found twice is told all the same.
    const firstOf = (path: string, read: ReadSuccess, isMember: boolean): string | null => {
      const { known, remember } = duplicates.lookUp(path, read, isMember);
      if (known === null) remember(null);
      return known?.path ?? null;
    };
    let images = 0;
    for await (const inspected of inspectPackage(
      found,
      this.#settings,
      suppress,
      this.#packageBuffer,
      this.#interruption,
      firstOf,
    )) {
      if (images++ > 0) this.#source.addTaken();
      const { report, material, named } = inspected;
      letGoOfCode();
      await give({ report, sections: sectionsFor(this.#settings, material?.image ?? null), named });
    }
  }

  async #engine(): Promise<Engine> {
    const { jobs, code } = this.#settings;
    // The image rules alone gain nothing from threads: reading and reporting, which stay here, are most of their time.
    if ((jobs ?? (code ? 2 : 1)) > 1 && (await this.#source.holds(WORTH_THREADS, LIST_PATIENCE_MS))) {
      const { defaultJobs, startPool } = await import('./pool.js');
      const threads = jobs ?? defaultJobs();
      const isWorth =
        jobs !== null || threads > 2 || (await this.#source.holds(WORTH_THREADS_OF_TWO, LIST_PATIENCE_MS));
      const pool = threads > 1 && isWorth ? await startPool(threads, this.#settings) : null;
      if (pool !== null) return pool;
    }
    return engineOfThisThread(this.#settings);
  }
}
