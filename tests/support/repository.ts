/** Files of the repository, found from the compiled tests in build/. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('no package.json above the tests');
  return findRoot(parent);
}

export const REPOSITORY: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of a file in the repository. */
export const repositoryFile = (path: string): string => join(REPOSITORY, path);
