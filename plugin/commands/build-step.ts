/** `hvci-fix build-step`: what every build hook calls after the link. One image; what is said is for a build's log. */
import { RULE_CODES } from '../../fixer/rules/codes.js';
import { OLDEST_TARGET_OS, TARGET_OS_NAMES, type TargetOs } from '../../fixer/rules/target-os.js';
import { parseBuildStep } from '../build-step/arguments.js';
import { changeLine } from '../build-step/changes.js';
import { forBuildLog, statusForBuild, withWarningsAsErrors } from '../build-step/verdict.js';
import type { Suppression } from '../configuration/configuration.js';
import { suppressionsOf } from '../configuration/suppressions.js';
import { OutputError, writeOut } from '../files/output.js';
import { ImageBuffer } from '../files/read.js';
import { isLeft, sectionRows } from '../inspection/image-report.js';
import { inspect } from '../inspection/inspect.js';
import type { LinkerOption } from '../link/options.js';
import { escapeForMsbuildText } from '../report/escape.js';
import type { ImageReport } from '../report/model.js';
import { VERSION } from '../version.js';
import type { Call } from './arguments.js';
import { CallError } from './call-error.js';
import { createReporter } from './reporter.js';
import { baselineOf, type Settings, settingsOf } from './settings.js';

/** What the caller knows of the link by itself: hvci-link has the linker's command line. */
export interface LinkFacts {
  readonly options: readonly LinkerOption[];
  readonly source: string;
}

const MODES = ['fix', 'check', 'off'] as const;

/** @param args what follows `build-step`. Never throws for what a user can do wrong. */
export async function runBuildStep(args: readonly string[], link: LinkFacts | null = null): Promise<number> {
  try {
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
    return await step(call, link);
  } catch (error) {
    if (!(error instanceof CallError || error instanceof OutputError)) throw error;
    writeOut(1, `hvci-fix : error : ${escapeForMsbuildText(error.message.replaceAll(/\s*\n\s*/g, ' '))}\n`);
    return 2;
  }
}

async function step(call: Call, link: LinkFacts | null): Promise<number> {
  const { values } = call;
  const mode = MODES.find((each) => each === (values['mode'] ?? 'fix'));
  if (mode === undefined) throw new CallError(`--mode ${String(values['mode'])}: use ${MODES.join(', ')}.`);
  if (mode === 'off') return 0;
  const path = values['image'] as string | undefined;
  if (path === undefined || path === '') throw new CallError('Name the linked image: --image IMAGE.');
  // Hooks say `auto` by default: what the project's configuration says stands above that.
  const target = values['target-os'] === 'auto' ? undefined : values['target-os'];
  const automatic =
    target === undefined ? await automaticTarget(values['project-os'] as string | undefined) : undefined;
  const settings = await settingsOf({ ...call, values: { ...values, 'target-os': target } }, process.cwd(), automatic);
  const asked = [...settings.suppressions, ...suppressionsAsked((values['suppress'] ?? []) as readonly string[])];
  const suppress = await suppressionsOf(asked, settings.configurationPath);
  const baseline = await baselineOf(settings);

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
      force: false,
      signCommand: null,
      readCode: values['no-code'] !== true,
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
  if (report.findings.length + report.undetermined.length > 0 || report.error !== undefined)
    await print(report, settings);
  if (tooMany !== null) writeOut(1, `hvci-fix : error : ${tooMany}\n`);
  writeOut(1, changeLine(report));
  const output = values['report'] as string | undefined;
  if (output !== undefined && output !== '') {
    const { writeReport } = await import('../build-step/report-file.js');
    const rows = material === null ? [] : sectionRows(material.image);
    await writeReport(output, { report, named: true, sections: rows }, settings, baseline?.absent(false));
  }
  return Math.max(statusForBuild(report), tooMany === null ? 0 : 1);
}

/** The engine's plan is loaded for images that have something to plan. */
const needsFix = (mode: string, report: ImageReport, { stripWrite, stripExecute }: Settings): boolean =>
  mode === 'fix' && (report.findings.length > 0 || stripWrite.length + stripExecute.length > 0);

async function print(report: ImageReport, settings: Settings): Promise<void> {
  const reporter = await createReporter({ ...settings, format: 'msbuild', quiet: true, output: null });
  writeOut(1, reporter.image({ report: forBuildLog(report), named: true, sections: [] }));
}

/** What `auto` means here: what the project says, else every Windows that has memory integrity. */
async function automaticTarget(projectOs: string | undefined): Promise<TargetOs> {
  if (projectOs === undefined || projectOs === '') return OLDEST_TARGET_OS;
  const { projectTargetOs } = await import('../build-step/project-os.js');
  const target = projectTargetOs(projectOs);
  if (target !== null) return target;
  const text = escapeForMsbuildText(projectOs);
  writeOut(
    1,
    `hvci-fix : warning : the project's target "${text}" names no Windows known here, so ${OLDEST_TARGET_OS} is taken; set the target OS (--target-os, HvciFixTargetOs, TARGET_OS) to one of ${TARGET_OS_NAMES.join(', ')}.\n`,
  );
  return OLDEST_TARGET_OS;
}

function suppressionsAsked(given: readonly string[]): Suppression[] {
  return given
    .flatMap((text) => text.split(/[;,\s]+/))
    .filter((code) => code !== '')
    .map((code) => {
      const known = RULE_CODES.find((candidate) => candidate === code.toUpperCase());
      if (known !== undefined) return { code: known, reason: 'suppressed by the build (--suppress)' };
      const codes = RULE_CODES.join(', ');
      throw new CallError(`--suppress ${code}: there is no such rule. The rules are ${codes}.`);
    });
}

function tooManyWarnings(report: ImageReport, { maxWarnings }: Settings): string | null {
  const count = report.findings.filter((finding) => isLeft(finding) && finding.severity === 'warning').length;
  return maxWarnings === null || count <= maxWarnings
    ? null
    : `${count} warning(s), and maxWarnings allows ${maxWarnings}`;
}
