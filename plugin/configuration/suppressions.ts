/** Which findings the configuration accepts, and why. */
import { dirname, relative, resolve } from 'node:path';
import type { Finding } from '../../fixer/rules/finding.js';
import { loadPatternParser } from '../files/glob.js';
import type { Suppression } from './configuration.js';

/** The reason for which a finding of the image at `path` is suppressed, or null. */
export type Suppress = (path: string, finding: Finding) => string | null;

/** What a run without any goes by; who meets it need not ask. */
export const suppressNothing: Suppress = () => null;

export async function suppressionsOf(
  suppressions: readonly Suppression[],
  configurationPath: string | null,
): Promise<Suppress> {
  if (suppressions.length === 0) return suppressNothing;
  const folder = dirname(configurationPath ?? '.');
  const parse = suppressions.some(({ path }) => path !== undefined) ? await loadPatternParser() : null;
  const entries = suppressions.map((entry) => ({
    ...entry,
    path: entry.path === undefined ? undefined : comparable(entry.path),
    matches: entry.path === undefined ? null : (parse?.(comparable(entry.path)) ?? null),
  }));
  return (path, finding) => {
    for (const { code, section, reason, matches, path: pattern } of entries) {
      if (code !== finding.code || (section !== undefined && section !== finding.section)) continue;
      if (matches === null) return reason;
      const within = comparable(relative(folder, resolve(path)));
      // A pattern's base holds its leading plain folders; what it matches is the rest.
      const rest =
        matches.base === ''
          ? within
          : within.startsWith(`${matches.base}/`)
            ? within.slice(matches.base.length + 1)
            : null;
      if (within === pattern || (rest !== null && matches.matches(rest))) return reason;
    }
    return null;
  };
}

/** Windows: one spelling for what it takes as the same path. */
const comparable = (path: string): string =>
  process.platform === 'win32' ? path.replaceAll('\\', '/').toLowerCase() : path;
