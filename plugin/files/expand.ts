/** PATH arguments into files, without loading the walk where there is nothing to walk: one file is the usual call. */
import { statSync } from 'node:fs';
import { isPackageName } from './image-names.js';
import type { FoundFailure, FoundFile, WalkOptions } from './walk.js';

/** As `expandPaths` of walk.ts. */
export async function expand(
  paths: readonly string[],
  options: WalkOptions = {},
): Promise<Iterable<FoundFile | FoundFailure>> {
  const only = onlyFile(paths);
  return only !== null ? [only] : (await import('./walk.js')).expandPaths(paths, options);
}

/** The file that the whole call is about, where it is about one; a package may hold many. Null else. */
export function onlyFile(paths: readonly string[]): FoundFile | null {
  const [only] = paths;
  return only !== undefined && paths.length === 1 && !isPackageName(only) && isFile(only)
    ? { ok: true, path: only, named: true }
    : null;
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false; // walk.ts says what is wrong
  }
}
