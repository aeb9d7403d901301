/** What hvci-link itself is told, by leading `--hvci-...` arguments and by the environment; everything else is the linker's. */

/** Option of the build step, and the variable that says the same where no argument does. */
const SETTINGS = {
  mode: 'HVCI_FIX_MODE',
  config: 'HVCI_FIX_CONFIG',
  'target-os': 'HVCI_FIX_TARGET_OS',
  'project-os': 'HVCI_FIX_PROJECT_OS',
  report: 'HVCI_FIX_REPORT',
  baseline: 'HVCI_FIX_BASELINE',
  'link-source': 'HVCI_FIX_LINK_SOURCE',
} as const;

type Setting = keyof typeof SETTINGS;

export const SETTING_NAMES: readonly string[] = [...Object.keys(SETTINGS), 'inf'];

export interface LinkSettings extends Readonly<Partial<Record<Setting, string>>> {
  /** INF files of the driver; `--hvci-inf=` may be repeated. */
  readonly inf?: readonly string[];
}

export interface LinkCall {
  readonly settings: LinkSettings;
  /** From the linker's name on, where it is named. */
  readonly rest: readonly string[];
  /** What is wrong with the leading arguments, or null. */
  readonly problem: string | null;
}

export function parseLinkCall(args: readonly string[], environment: NodeJS.ProcessEnv): LinkCall {
  const single: Partial<Record<Setting, string>> = {};
  const inf: string[] = [];
  for (const [name, variable] of Object.entries(SETTINGS)) {
    const value = environment[variable];
    if (value !== undefined && value !== '') single[name as Setting] = value;
  }
  const wrong = (problem: string): LinkCall => ({ settings: single, rest: [], problem });
  let at = 0;
  for (; args[at]?.startsWith('--hvci-') === true; at++) {
    const [, name = '', value] = /^--hvci-([^=]*)(?:=(.*))?$/s.exec(args[at] as string) ?? [];
    if (name !== 'inf' && !Object.hasOwn(SETTINGS, name)) {
      const known = SETTING_NAMES.map((each) => `--hvci-${each}=`);
      return wrong(`there is no option --hvci-${name}. The options are ${known.join(', ')}.`);
    }
    if (value === undefined) return wrong(`--hvci-${name} needs a value: --hvci-${name}=VALUE.`);
    // Empty as CMake's generator expressions leave it: as if it were not there.
    if (value === '') continue;
    if (name === 'inf') inf.push(value);
    else single[name as Setting] = value;
  }
  return { settings: inf.length === 0 ? single : { ...single, inf }, rest: args.slice(at), problem: null };
}
