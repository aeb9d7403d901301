/** `hvci-fix build-step`: what every build hook calls after the link. One image; what is said is for a build's log. */
import { parseBuildStep } from '../build-step/arguments.js';
import { changeLine } from '../build-step/changes.js';
import { type Preparation, prepare } from '../build-step/preparation.js';
import { forBuildLog, statusForBuild, withWarningsAsErrors } from '../build-step/verdict.js';
import { CallError } from '../call/call-error.js';
import { OutputError, writeOut } from '../files/output.js';
import { ImageBuffer } from '../files/read.js';
import { isLeft, sectionRows } from '../inspection/image-report.js';
import { inspect } from '../inspection/inspect.js';
import type { LinkerOption } from '../link/options.js';
import { escapeForMsbuildText } from '../report/escape.js';
import type { ImageReport } from '../report/model.js';
import { createMsbuildReporter } from '../report/msbuild.js';
import type { Settings } from '../session/settings.js';
import { VERSION } from '../version.js';

/** What the caller knows of the link by itself: hvci-link has the linker's command line. */
export interface LinkFacts {
  readonly options: readonly LinkerOption[];
  readonly source: string;
}

/** A build step that is ready for its image. */
export interface PreparedStep {
  /** Does what a first check does slowly, on a driver of its own: worth it only while something else is waited for. */
  rehearse(): Promise<void>;
  /** Resolves to the exit status. Never rejects for what a user can do wrong. */
  run(image: string, link: LinkFacts): Promise<number>;
}

/** @param args what follows `build-step`. Never throws for what a user can do wrong. */
export async function runBuildStep(args: readonly string[]): Promise<number> {
  return reportingProblems(async () => {
    const call = parseBuildStep(args);
    if (call.values['help'] === true) {
      const { commandHelp } = await import('./help.js');
      writeOut(1, commandHelp(call.command));
      return 0;
    }
    if (call.values['version'] === true) {
      writeOut(1, `${VERSION}\n`);
      return 0;
    }
    const preparation = await prepare(call);
    if (preparation === null) return 0;
    const path = call.values['image'] as string | undefined;
    if (path === undefined || path === '') throw new CallError('Name the linked image: --image IMAGE.');
    return examine(preparation, path, null);
  });
}

/**
 * Does what can be done before there is an image, and says nothing: what is wrong with the call is said, and answered,
 * when the step is run, because a link that fails has an error of its own.
 */
export async function prepareBuildStep(args: readonly string[]): Promise<PreparedStep> {
  let preparation: Preparation | null;
  try {
    preparation = await prepare(parseBuildStep(args));
  } catch (error) {
    return {
      rehearse: async () => undefined,
      run: () => reportingProblems(() => Promise.reject(error)),
    };
  }
  return {
    rehearse: async () => {
      if (preparation !== null) (await import('../build-step/rehearsal.js')).rehearse(preparation.settings);
    },
    run: (image, link) =>
      reportingProblems(() => (preparation === null ? Promise.resolve(0) : examine(preparation, image, link))),
  };
}

async function reportingProblems(step: () => Promise<number>): Promise<number> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof CallError || error instanceof OutputError)) throw error;
    writeOut(1, `hvci-fix : error : ${escapeForMsbuildText(error.message.replaceAll(/\s*\n\s*/g, ' '))}\n`);
    return 2;
  }
}

async function examine(preparation: Preparation, path: string, link: LinkFacts | null): Promise<number> {
  const { values, mode, settings, suppress, baseline } = preparation;
  for (const warning of preparation.warnings) writeOut(1, `hvci-fix : warning : ${warning}\n`);
  const inspected = await inspect({ ok: true, path, named: true, atRest: true }, settings, suppress, new ImageBuffer());
  const { material } = inspected;
  let report = baseline?.compare(inspected.report) ?? inspected.report;
  if (material !== null && report.status !== 'not-applicable' && needsFix(mode, report, settings)) {
    const { fixImage } = await import('./fix-image.js');
    const { stripWrite, stripExecute } = settings;
    const planOptions = { stripWrite, stripExecute, stripSignature: values['strip-signature'] === true };
    const fix = {
      dryRun: false,
      out: null,
      backup: false,
      package: null,
      force: false,
      signCommand: null,
      readCode: settings.code,
      planOptions,
    };
    // Not named: a section of the configuration's list need not be in each of a project's drivers.
    report = await fixImage(report, material, fix, suppress, false);
  }
  if (material !== null && report.findings.some(isLeft)) {
    const { knownOptions, withOptionHints } = await import('../build-step/option-hints.js');
    report = withOptionHints(report, material.image, link ?? knownOptions(values));
  }
  if (values['warnings-as-errors'] === true) report = withWarningsAsErrors(report);
  const tooMany = tooManyWarnings(report, settings);
  if (report.findings.length + report.undetermined.length > 0 || report.error !== undefined) print(report);
  if (tooMany !== null) writeOut(1, `hvci-fix : error : ${tooMany}\n`);
  writeOut(1, changeLine(report));
  if (preparation.report !== null) {
    const { writeReport } = await import('../build-step/report-file.js');
    const rows = material === null ? [] : sectionRows(material.image);
    await writeReport(preparation.report, { report, named: true, sections: rows }, settings, baseline?.absent(false));
  }
  return Math.max(statusForBuild(report), tooMany === null ? 0 : 1);
}

/** The engine's plan is loaded for images that have something to plan. */
const needsFix = (mode: string, report: ImageReport, { stripWrite, stripExecute }: Settings): boolean =>
  mode === 'fix' && (report.findings.length > 0 || stripWrite.length + stripExecute.length > 0);

function print(report: ImageReport): void {
  const reporter = createMsbuildReporter({ quiet: true, tellsUndetermined: true });
  writeOut(1, reporter.image({ report: forBuildLog(report), named: true, sections: [] }));
}

function tooManyWarnings(report: ImageReport, { maxWarnings }: Settings): string | null {
  const count = report.findings.filter((finding) => isLeft(finding) && finding.severity === 'warning').length;
  return maxWarnings === null || count <= maxWarnings
    ? null
    : `${count} warning(s), and maxWarnings allows ${maxWarnings}`;
}
