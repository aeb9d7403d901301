/** Options and configuration, checked and merged: what the commands work by. Options stand above the configuration. */
import type { CheckOptions } from '../../fixer/rules/check.js';
import { RULE_CODES } from '../../fixer/rules/codes.js';
import type { SeveritySetting } from '../../fixer/rules/finding.js';
import { OLDEST_TARGET_OS, type TargetOs } from '../../fixer/rules/target-os.js';
import type { Baseline } from '../baseline/baseline.js';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { loadConfiguration, type Suppression } from '../configuration/configuration.js';
import { targetOsNamed } from '../configuration/target-os.js';

export const FORMATS = ['text', 'json', 'sarif', 'msbuild', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];
const LEVELS: readonly SeveritySetting[] = ['off', 'info', 'warning', 'error'];

export interface Settings {
  readonly format: Format;
  readonly output: string | null;
  readonly targetOs: TargetOs;
  /** `auto`: an INF may say more. */
  readonly targetOsIsAutomatic: boolean;
  readonly checkOptions: CheckOptions;
  readonly maxWarnings: number | null;
  /** File of accepted findings. */
  readonly baseline: string | null;
  readonly hashes: boolean;
  /** Threads for the images of a scan; null: as many as are worth it. */
  readonly jobs: number | null;
  /** Reports carry what a page map is drawn from. */
  readonly pageMap: boolean;
  /** The code rules run, and a fix looks for stores into what it makes read-only. */
  readonly code: boolean;
  readonly quiet: boolean;
  readonly noColor: boolean;
  readonly suppressions: readonly Suppression[];
  /** Folder that `path` patterns of suppressions are relative to. */
  readonly configurationPath: string | null;
  readonly stripWrite: readonly string[];
  readonly stripExecute: readonly string[];
}

/** `automatic`: the release that `auto` stands for, where a build knows what its project targets. */
export async function settingsOf(
  { values }: Call,
  folder: string,
  automatic: TargetOs = OLDEST_TARGET_OS,
): Promise<Settings> {
  const configuration = await loadConfiguration(values['config'] as string | undefined, folder);
  const defaults = configuration?.values ?? {};
  const wantedOs = (values['target-os'] as string | undefined) ?? defaults.targetOs ?? 'auto';
  const targetOs = readTargetOs(wantedOs, automatic);
  const treatAs = readChoice('treat-as', values['treat-as'], ['driver'] as const) ?? defaults.treatAs;
  const severities = { ...defaults.severity, ...readSeverities((values['severity'] ?? []) as readonly string[]) };
  const { 'strip-write': saidWrite = null, 'strip-execute': saidExecute = null } = values as Partial<StripOptions>;
  const stripWrite = saidWrite ?? without(defaults.stripWrite, saidExecute);
  const stripExecute = saidExecute ?? without(defaults.stripExecute, saidWrite);
  const suppressions = defaults.suppress ?? [];
  const both = stripWrite.find((name) => stripExecute.includes(name));
  if (both !== undefined)
    throw new CallError(`--strip-write and --strip-execute both name section ${both}; choose one.`);
  return {
    format: readChoice('format', values['format'], FORMATS) ?? 'text',
    output: (values['output'] as string | undefined) ?? null,
    targetOs,
    targetOsIsAutomatic: wantedOs === 'auto',
    checkOptions: { targetOs, severities, ...(treatAs === undefined ? {} : { treatAs }) },
    maxWarnings: readMaxWarnings(values['max-warnings'] as string | undefined) ?? defaults.maxWarnings ?? null,
    baseline: (values['baseline'] as string | undefined) || null,
    hashes: values['hashes'] === true,
    jobs: readJobs(values['jobs'] as string | undefined),
    pageMap: values['page-map'] === true,
    code: values['no-code'] !== true && (values['code'] === true || defaults.code !== false),
    quiet: values['quiet'] === true,
    noColor: values['no-color'] === true,
    suppressions: suppressions.map((entry) =>
      entry.section === undefined ? entry : { ...entry, section: sectionNameOf(entry.section) },
    ),
    configurationPath: configuration?.path ?? null,
    stripWrite: stripWrite.map(sectionNameOf),
    stripExecute: stripExecute.map(sectionNameOf),
  };
}

/** Member of the report; nothing where every rule runs. */
export function rulesOff({ checkOptions: { severities = {} } }: Settings): { readonly rulesOff?: readonly string[] } {
  const off = Object.keys(severities).filter((code) => severities[code] === 'off');
  return off.length === 0 ? {} : { rulesOff: off.sort() };
}

type StripOptions = Readonly<Record<'strip-write' | 'strip-execute', readonly string[]>>;

/** Sections of the configuration but for those of which an option says the opposite. */
const without = (names: readonly string[] = [], said: readonly string[] | null): readonly string[] =>
  names.filter((name) => said?.includes(name) !== true);

/** As the engine has section names: a character for each byte of the header, where a linker puts UTF-8. */
const sectionNameOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Loaded on demand: few runs have one. Throws CallError for a file that cannot be used. */
export async function baselineOf({ baseline }: Settings): Promise<Baseline | null> {
  return baseline === null ? null : (await import('../baseline/baseline.js')).Baseline.load(baseline);
}

/** `auto` without a project that says more: every Windows with memory integrity, so the oldest. */
function readTargetOs(text: string, automatic: TargetOs): TargetOs {
  if (text === 'auto') return automatic;
  const release = targetOsNamed(text);
  if (release === null)
    throw new CallError(
      `--target-os ${text}: no such Windows release. Use auto, a release such as 1703, 22H2 or 11-24H2, or a build such as 10.0.15063.`,
    );
  return release;
}

function readChoice<T extends string>(option: string, value: unknown, choices: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw new CallError(`--${option} ${String(value)}: use ${choices.join(', ')}.`);
  return choice;
}

function readSeverities(given: readonly string[]): Record<string, SeveritySetting> {
  const severities: Record<string, SeveritySetting> = {};
  for (const text of given) {
    const [, code = '', level = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const setting = LEVELS.find((candidate) => candidate === level);
    if (setting === undefined)
      throw new CallError(`--severity ${text}: use CODE=LEVEL with off, info, warning or error, such as HVCI3002=off.`);
    const known = RULE_CODES.find((candidate) => candidate === code.toUpperCase());
    if (known === undefined)
      throw new CallError(
        `--severity ${text}: there is no rule ${code}. The rules are ${[...RULE_CODES].sort().join(', ')}.`,
      );
    severities[known] = setting;
  }
  return severities;
}

/** Each thread is an engine of its own with its memory. */
const MOST_JOBS = 64;

function readJobs(text: string | undefined): number | null {
  if (text === undefined) return null;
  const jobs = Number(text);
  if (!/^\d+$/.test(text) || jobs < 1 || jobs > MOST_JOBS)
    throw new CallError(`--jobs ${text}: use a number of threads from 1 to ${MOST_JOBS}.`);
  return jobs;
}

function readMaxWarnings(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new CallError(`--max-warnings ${text}: use a whole number, 0 or more.`);
  return Number(text);
}
