/**
 * What the extension of a section name says of machine and Windows: `NTamd64.10.0...16299`. Source: Microsoft, "INF
 * Manufacturer Section", TargetOSVersion, and "Creating INF Files for Multiple Platforms and Operating Systems".
 */
import { OLDEST_TARGET_OS, parseTargetOs, TARGET_OS_NAMES, type TargetOs } from '../../../fixer/rules/target-os.js';

/** As INF files name them. */
export const INF_MACHINES = ['x86', 'amd64', 'arm64', 'arm', 'ia64'] as const;
export type InfMachine = (typeof INF_MACHINES)[number];

export interface Decoration {
  /** Null: every machine (`NT`, or no decoration). */
  readonly machine: InfMachine | null;
  /** The oldest Windows it is for. */
  readonly targetOs: TargetOs;
}

const DECORATION = /^nt(x86|amd64|arm64|arm|ia64)?(?:\.(\w*))?(?:\.(\w*))?(?:\.(\w*))?(?:\.(\w*))?(?:\.(\w*))?$/i;

/** Null for text that is no decoration. An empty text is the undecorated form: all machines, all versions. */
export function parseDecoration(text: string): Decoration | null {
  if (text.trim() === '') return { machine: null, targetOs: OLDEST_TARGET_OS };
  const match = DECORATION.exec(text.trim());
  if (match === null) return null;
  const [, machine, major = '', , , , build = ''] = match;
  const machineName = (machine?.toLowerCase() ?? null) as InfMachine | null;
  // Before Windows 10 there is no build in a decoration, and no memory integrity.
  const targetOs = Number(major) === 10 && build !== '' ? (parseTargetOs(build) ?? OLDEST_TARGET_OS) : OLDEST_TARGET_OS;
  return { machine: machineName, targetOs };
}

export const oldest = (releases: readonly TargetOs[]): TargetOs =>
  releases.reduce(
    (least, each) => (TARGET_OS_NAMES.indexOf(each) < TARGET_OS_NAMES.indexOf(least) ? each : least),
    releases[0] ?? OLDEST_TARGET_OS,
  );

/** Names a section may have for a machine, the most particular first: `x.ntamd64`, `x.nt`, `x`. */
export const decorated = (name: string, machine: InfMachine | null): string[] =>
  machine === null ? [`${name}.nt`, name] : [`${name}.nt${machine}`, `${name}.nt`, name];
