/** The oldest Windows a driver has to run on, by release name; what matters here is before or from 1703 on. */

/** Release name, oldest first, with its build number (Microsoft: "Windows 10 release information", "Windows 11 ..."). */
const RELEASES = [
  ['1507', 10240],
  ['1511', 10586],
  ['1607', 14393],
  ['1703', 15063],
  ['1709', 16299],
  ['1803', 17134],
  ['1809', 17763],
  ['1903', 18362],
  ['1909', 18363],
  ['2004', 19041],
  ['20H2', 19042],
  ['21H1', 19043],
  ['21H2', 19044],
  ['22H2', 19045],
  ['11-21H2', 22000],
  ['11-22H2', 22621],
  ['11-23H2', 22631],
  ['11-24H2', 26100],
  ['11-25H2', 26200],
] as const;

export type TargetOs = (typeof RELEASES)[number][0];

export const TARGET_OS_NAMES: readonly TargetOs[] = RELEASES.map(([name]) => name);

/** Nothing known about the target: every Windows that has memory integrity counts, so the first one decides. */
export const OLDEST_TARGET_OS: TargetOs = '1507';

/**
 * A release by name (`1703`, `22H2`, `11-24H2`) or build (`15063`, `10.0.15063`); a build between two releases counts
 * as the older. Null for anything else. Windows before 10 counts as `1507`: it has no memory integrity of its own.
 */
export function parseTargetOs(text: string): TargetOs | null {
  const named = TARGET_OS_NAMES.find((name) => name.toLowerCase() === text.trim().toLowerCase());
  if (named !== undefined) return named;
  const build = /^(?:10\.0\.)?(\d{5})(?:\.\d+)?$/.exec(text.trim())?.[1];
  if (build === undefined) return null;
  const reached = RELEASES.filter(([, number]) => number <= Number(build)).at(-1);
  return reached?.[0] ?? OLDEST_TARGET_OS;
}

/** Windows 10 1703 learned to apply relocations that straddle a page under memory integrity. */
export function supportsStraddlingRelocations(targetOs: TargetOs): boolean {
  return TARGET_OS_NAMES.indexOf(targetOs) >= TARGET_OS_NAMES.indexOf('1703');
}
