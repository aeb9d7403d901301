/** A folder of build results that several test processes fill and read at the same time. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { driversFolder } from './paths.js';

/** One name for everything a result depends on. */
export function keyOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 24);
}

/**
 * The folder of results under `key`, made by `make` when nobody has yet. `make` fills a folder of its own, which takes
 * its final name in one rename: a reader sees all of it or nothing, and of two makers the second one's work is dropped.
 */
export async function cachedFolder(key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const final = join(driversFolder, key);
  if (existsSync(final)) return final;
  const own = join(driversFolder, `.making-${process.pid}-${randomUUID()}`);
  await mkdir(own, { recursive: true });
  try {
    await make(own);
    await rename(own, final);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    if (!existsSync(final)) throw error;
  }
  return final;
}
