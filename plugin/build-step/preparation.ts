/** What a build step knows before there is an image: its call, checked, and the files that its settings name. */
import { RULE_CODES } from '../../fixer/rules/codes.js';
import { OLDEST_TARGET_OS, TARGET_OS_NAMES, type TargetOs } from '../../fixer/rules/target-os.js';
import type { Baseline } from '../baseline/baseline.js';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import type { Suppression } from '../configuration/configuration.js';
import { type Suppress, suppressionsOf } from '../configuration/suppressions.js';
import { escapeForMsbuildText } from '../report/escape.js';
import { baselineOf, type Settings, settingsOf } from '../session/settings.js';

const MODES = ['fix', 'check', 'off'] as const;

export interface Preparation {
  readonly values: Call['values'];
  readonly mode: (typeof MODES)[number];
  readonly settings: Settings;
  readonly suppress: Suppress;
  readonly baseline: Baseline | null;
  /** A SARIF file, or null. */
  readonly report: string | null;
  /** Lines for the build's log that are of no image. */
  readonly warnings: readonly string[];
}

/** Writes nothing, so that it may run while the linker still does. Throws CallError. Null: the mode is off. */
export async function prepare(call: Call): Promise<Preparation | null> {
  const { values } = call;
  const mode = MODES.find((each) => each === (values['mode'] ?? 'fix'));
  if (mode === undefined) throw new CallError(`--mode ${String(values['mode'])}: use ${MODES.join(', ')}.`);
  if (mode === 'off') return null;
  const warnings: string[] = [];
  // Hooks say `auto` by default: what the project's configuration says stands above that.
  const given = values['target-os'] as string | undefined;
  const target = given?.toLowerCase() === 'auto' ? undefined : given;
  const automatic = target === undefined ? await automaticTarget(values, warnings) : undefined;
  const settings = await settingsOf({ ...call, values: { ...values, 'target-os': target } }, process.cwd(), automatic);
  const asked = [...settings.suppressions, ...suppressionsAsked((values['suppress'] ?? []) as readonly string[])];
  return {
    values,
    mode,
    settings,
    suppress: await suppressionsOf(asked, settings.configurationPath),
    baseline: await baselineOf(settings),
    report: await reportFile(values['report'] as string | undefined),
    warnings,
  };
}

/** Refused before anything is fixed: a place where no report can be written, most of all the driver itself. */
async function reportFile(path: string | undefined): Promise<string | null> {
  if (path === undefined || path === '') return null;
  const { reportObstacle } = await import('../files/create.js');
  const obstacle = reportObstacle(path);
  if (obstacle === null) return path;
  throw new CallError(
    obstacle.code === 'image'
      ? `--report ${path}: this is an image. Name the SARIF file that is to be written.`
      : `The report (--report) cannot be written. ${obstacle.message}`,
  );
}

/**
 * What `auto` means here: what the INF installs on, because that is where the driver will run; where the INF leaves it
 * open, what the project compiles for; else every Windows that has memory integrity.
 */
async function automaticTarget(values: Call['values'], warnings: string[]): Promise<TargetOs> {
  const infs = (values['inf'] ?? []) as readonly string[];
  const installed = infs.length === 0 ? null : (await import('./inf-files.js')).targetOfInfs(infs, warnings);
  return installed ?? (await targetOfProject(values['project-os'] as string | undefined, warnings));
}

async function targetOfProject(text: string | undefined, warnings: string[]): Promise<TargetOs> {
  if (text === undefined || text === '') return OLDEST_TARGET_OS;
  const { projectTargetOs } = await import('./project-os.js');
  const target = projectTargetOs(text);
  if (target !== null) return target;
  warnings.push(
    `the project's target "${escapeForMsbuildText(text)}" names no Windows known here, so ${OLDEST_TARGET_OS} is taken; set the target OS (--target-os, HvciFixTargetOs, TARGET_OS) to one of ${TARGET_OS_NAMES.join(', ')}.`,
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
