/** PATH arguments into files, without loading the walk where there is nothing to walk: one file is the usual call. */
import { statSync } from 'node:fs';
import type { FoundFailure, FoundFile, WalkOptions } from './walk.js';

/** As `expandPaths` of walk.ts. */
export async function expand(
  paths: readonly string[],
  options: WalkOptions = {},
): Promise<Iterable<FoundFile | FoundFailure>> {
  const [only] = paths;
  if (only !== undefined && paths.length === 1 && isFile(only)) return [{ ok: true, path: only, named: true }];
  return (await import('./walk.js')).expandPaths(paths, options);
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false; // walk.ts says what is wrong
  }
}
