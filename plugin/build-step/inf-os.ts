/**
 * The oldest Windows that a driver's INF installs on, from the decorations in its [Manufacturer] section (WDK, "INF
 * Manufacturer Section"): `%Maker% = Models, NTamd64.10.0...16299`.
 */
import { OLDEST_TARGET_OS, parseTargetOs, TARGET_OS_NAMES, type TargetOs } from '../../fixer/rules/target-os.js';

/** Null where no decoration says a version: the INF leaves it open. */
export function infTargetOs(text: string): TargetOs | null {
  const releases = manufacturerLines(text).flatMap(decorations).map(releaseOf);
  // `NTamd64` beside `NTamd64.10.0...16299` is for every Windows before that one.
  if (releases.every((release) => release === null)) return null;
  return oldest(releases.map((release) => release ?? OLDEST_TARGET_OS));
}

/** Of several, as a driver may come with more than one INF. Null for none. */
export const oldest = (releases: readonly TargetOs[]): TargetOs | null =>
  TARGET_OS_NAMES.find((name) => releases.includes(name)) ?? null;

function manufacturerLines(text: string): string[] {
  let within = false;
  const lines: string[] = [];
  // A backslash at its end continues a line.
  for (const line of text.replaceAll(/\\[ \t]*\r?\n/g, '').split(/\r\n|\n|\r/)) {
    const section = /^\s*\[([^\]]*)\]/.exec(line);
    if (section !== null) within = section[1]?.trim().toLowerCase() === 'manufacturer';
    else if (within) lines.push(withoutComment(line));
  }
  return lines;
}

/** A semicolon within quotes is text. */
const withoutComment = (line: string): string => line.replace(/^((?:[^";]|"[^"]*(?:"|$))*);.*$/, '$1');

/** What follows the models section's name. Memory integrity exists on x64 and ARM64 only. */
function decorations(line: string): string[] {
  const value = line.slice(line.indexOf('=') + 1);
  return value
    .split(',')
    .slice(1)
    .map((part) => part.trim().toLowerCase())
    .filter((part) => /^nt(?!x86|ia64|arm(?!64))/.test(part));
}

/** `nt[architecture][.[major][.[minor][.[product][.[suite][.[build]]]]]]`. Null without a version. */
function releaseOf(decoration: string): TargetOs | null {
  const [, major = '', , , , build = ''] = decoration.split('.');
  if (major === '') return null;
  // Windows looks at the build from 1607 on; before Windows 10 there is no memory integrity.
  return (Number(major) >= 10 ? parseTargetOs(build) : null) ?? OLDEST_TARGET_OS;
}
