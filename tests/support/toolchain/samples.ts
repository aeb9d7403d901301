/** The drivers committed under samples/: real images for tests that have no toolchain at hand. */
import { join } from 'node:path';
import { driverFile } from './commands.js';
import { repositoryRoot } from './paths.js';
import { type Arch, recipeNamed } from './recipes.js';

/** Path of `samples/<name>/<name>.<arch>.sys`. Throws for a driver that is not committed. */
export function committedSample(name: string, arch: Arch = 'x64'): string {
  if (!recipeNamed(name).committed.includes(arch)) throw new Error(`no ${arch} driver of ${name} is committed`);
  return join(repositoryRoot, 'samples', name, driverFile(name, arch));
}
