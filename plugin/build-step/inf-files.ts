/** Reads the INF files that a build names, for the Windows that they install on. */
import { readFileSync, statSync } from 'node:fs';
import type { TargetOs } from '../../fixer/rules/target-os.js';
import { decodeText } from '../files/decode-text.js';
import { fromSystemError } from '../files/failure.js';
import { escapeForMsbuildText } from '../report/escape.js';
import { infTargetOs, oldest } from './inf-os.js';

/** An INF with all of a graphics driver's devices is a few megabytes. */
const LARGEST = 2 ** 26;

/** Null where none of them says. One that cannot be read is a warning: the driver's verdict does not hang on it. */
export function targetOfInfs(paths: readonly string[], warnings: string[]): TargetOs | null {
  const releases: TargetOs[] = [];
  for (const path of paths) {
    try {
      const status = statSync(path);
      if (!status.isFile() || status.size > LARGEST) throw new Error('it is no INF file');
      const release = infTargetOs(decodeText(readFileSync(path)));
      if (release !== null) releases.push(release);
    } catch (error) {
      const { message } = fromSystemError(error, 'read the INF', path);
      warnings.push(`${escapeForMsbuildText(message)} It does not count for the target OS.`);
    }
  }
  return oldest(releases);
}
