/** Where things are in the repository, whether the caller runs from tests/ or from build/tests/. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('No package.json above the tests: run them from inside the repository.');
  return findRoot(parent);
}

/** The repository's folder. */
export const repositoryRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Built drivers, one folder a recipe and state of its inputs; safe to delete at any time no test runs. */
export const driversFolder = join(repositoryRoot, 'build', 'drivers');

/** The Wine prefix (700 MB once made) that all test processes share. */
export const winePrefix = join(repositoryRoot, 'build', 'wine');
