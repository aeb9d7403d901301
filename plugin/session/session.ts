/** One run over many images: the reporter, where its text goes, the totals and the exit status. */
import { existsSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { isDamaged } from '../../fixer/rules/undecidable.js';
import type { BaselineEntry } from '../baseline/entry.js';
import { CallError } from '../call/call-error.js';
import { writeOut, writeOutPatiently } from '../files/output.js';
import type { ReportFile } from '../files/report-file.js';
import { isTerminal } from '../files/terminal.js';
import { isLeft } from '../inspection/image-report.js';
import type { ImageReport, Interrupted, Report, Reporter, SectionRow } from '../report/model.js';
import { VERSION } from '../version.js';
import { createReporter } from './reporter.js';
import { rulesOff, type Settings } from './settings.js';

const isBelow = (folder: string, path: string): boolean => path.startsWith(`${folder}${sep}`);

/** Characters: after so many, text goes to standard output, or (`--output`) to its file. */
const FLUSH_AT = 1 << 16;
const SPILL_AT = 1 << 22;
/** Text of a list that arrives slowly waits no longer than that, however little it is. */
const SHOWN_WITHIN_MS = 300;
/** Failures of named files that are said on standard error too. */
const MOST_FAILURES = 5;

export class Session {
  readonly #settings: Settings;
  readonly #reporter: Reporter;
  readonly #summary = { images: 0, clean: 0, errors: 0, warnings: 0, fixed: 0, refused: 0, unreadable: 0 };
  readonly #failures: string[] = [];
  #failed = 0;
  #pending = '';
  #beforeWriting: () => void = () => undefined;
  #exitStatus = 0;
  #file: ReportFile | null = null;
  #isPrompt = false;
  #timer: NodeJS.Timeout | null = null;
  /** What goes to standard output, one after the other. */
  #writing: Promise<unknown> | null = null;

  private constructor(settings: Settings, reporter: Reporter) {
    this.#settings = settings;
    this.#reporter = reporter;
  }

  /**
   * Throws CallError for an `--output` that is an image or cannot be written: before `fix` has written anything. `toCome`:
   * a folder that the run may make.
   */
  static async open(settings: Settings, reporter?: Reporter | undefined, toCome?: string): Promise<Session> {
    const { output } = settings;
    if (output !== null) {
      const { imageInTheWay, reportObstacle } = await import('../files/create.js');
      const isToCome =
        toCome !== undefined && !existsSync(dirname(output)) && isBelow(resolve(toCome), resolve(output));
      const obstacle = isToCome ? imageInTheWay(output) : reportObstacle(output);
      if (obstacle !== null) throw new CallError(obstacle.message);
    }
    return new Session(settings, reporter ?? (await createReporter(settings)));
  }

  /** `named`: the path stood on the command line, so that not being able to check it is the call's failure. */
  add(report: ImageReport, sections: readonly SectionRow[], named: boolean): void | Promise<void> {
    this.#count(report);
    this.#exitStatus = Math.max(this.#exitStatus, exitStatusOf(report, named));
    if (named && report.error !== undefined) this.#keepFailure(report.error.message);
    this.#pending += this.#reporter.image({ report, named, sections });
    // No promise where nothing is waited for: there would be one for each image of a folder.
    if (this.#pending.length >= (this.#settings.output === null ? FLUSH_AT : SPILL_AT)) return this.#flush();
    if (this.#isPrompt && this.#pending !== '') this.#timer ??= setTimeout(() => this.#flushLate(), SHOWN_WITHIN_MS);
  }

  /** For a list that arrives by and by: whoever writes it may wait for the answer. */
  showPromptly(): void {
    this.#isPrompt = this.#settings.output === null;
  }

  async #flush(): Promise<void> {
    const { output } = this.#settings;
    if (output !== null) return this.#spill(output);
    this.#stopTimer();
    this.#beforeWriting();
    const text = this.#take();
    this.#writing = Promise.resolve(this.#writing).then(() => writeOutPatiently(1, text));
    await this.#writing;
  }

  #flushLate(): void {
    // What goes wrong is thrown by the next flush, or at the end.
    this.#flush().catch(() => undefined);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** `clearLine` is called before text goes to standard output: what a terminal shows there makes room. */
  set beforeWriting(clearLine: () => void) {
    this.#beforeWriting = clearLine;
  }

  /** Prints what is left to print; returns the exit status. */
  async close(absent?: readonly BaselineEntry[], interrupted: Interrupted | null = null): Promise<number> {
    const { targetOs, maxWarnings, output } = this.#settings;
    const report: Omit<Report, 'images'> = {
      schemaVersion: 1,
      tool: { name: 'hvci-fix', version: VERSION },
      targetOs,
      summary: this.#summary,
      ...(interrupted === null ? {} : { interrupted }),
      ...(absent === undefined ? {} : { absent }),
      ...rulesOff(this.#settings),
    };
    this.#pending += this.#reporter.end(report);
    if (output === null) {
      this.#stopTimer();
      if (this.#writing !== null) await this.#writing;
      this.#beforeWriting();
      writeOut(1, this.#take());
      // What goes into a file or a pipe tells nobody who looks at the terminal.
      if (interrupted !== null && !isTerminal(1)) {
        const { sayBesideOutput } = await import('./beside-output.js');
        sayBesideOutput({ output: null, failures: [], failed: 0, interrupted });
      }
    } else {
      await this.#save(output);
      if (interrupted !== null || this.#failed > 0) {
        const { sayBesideOutput } = await import('./beside-output.js');
        sayBesideOutput({ output, failures: this.#failures, failed: this.#failed, interrupted });
      }
    }
    if (maxWarnings !== null && this.#summary.warnings > maxWarnings) {
      const { warnings } = this.#summary;
      const counted = warnings === 1 ? '1 warning' : `${warnings} warnings`;
      writeOut(2, `hvci-fix: ${counted}, more than --max-warnings ${maxWarnings} allows\n`);
      return Math.max(this.#exitStatus, 1);
    }
    return this.#exitStatus;
  }

  /** `--output`: the terminal would say nothing of a path that was misspelt. */
  #keepFailure(message: string): void {
    if (this.#settings.output === null) return;
    if (this.#failed++ < MOST_FAILURES) this.#failures.push(message);
  }

  #count(report: ImageReport): void {
    const summary = this.#summary;
    summary.images++;
    if (report.status === 'clean') summary.clean++;
    if (report.status === 'unreadable') summary.unreadable++;
    for (const finding of report.findings) {
      if (finding.outcome === 'fixed') summary.fixed++;
      if (finding.outcome === 'refused') summary.refused++;
      if (isLeft(finding) && finding.severity === 'error') summary.errors++;
      if (isLeft(finding) && finding.severity === 'warning') summary.warnings++;
    }
  }

  #take(): string {
    const text = this.#pending;
    this.#pending = '';
    return text;
  }

  /** A report that is too long to be held goes to its file by and by. */
  async #spill(path: string): Promise<void> {
    if (this.#file === null) {
      const { ReportFile } = await import('../files/report-file.js');
      const opened = ReportFile.open(path);
      if (!opened.ok) throw new CallError(opened.message);
      this.#file = opened.file;
    }
    const failure = await this.#file.write(this.#take());
    if (failure !== null) throw new CallError(failure.message);
  }

  async #save(path: string): Promise<void> {
    if (this.#file !== null) {
      await this.#spill(path);
      const failure = await this.#file.close();
      if (failure !== null) throw new CallError(failure.message);
      return;
    }
    const { writeReportFile } = await import('../files/create.js');
    const written = await writeReportFile(path, this.#pending);
    if (!written.ok) throw new CallError(written.message);
  }
}

/**
 * 0: nothing of severity error is left. 1: something is, or a fix was refused. 2: the file could not be read, parsed in
 * full or written; for one that was met while walking a folder that is a line in the report only.
 */
function exitStatusOf(report: ImageReport, named: boolean): number {
  if (report.plan !== undefined && report.error !== undefined) return 2;
  if (named && (report.status === 'unreadable' || report.undetermined.some(isDamaged))) return 2;
  const left = report.findings.some((finding) => isLeft(finding) && finding.severity === 'error');
  return left || report.plan?.failed === true ? 1 : 0;
}
