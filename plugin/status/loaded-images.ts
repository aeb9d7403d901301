/** The files of the loaded modules: what `check --loaded` and `status` look at. */
import { existsSync } from 'node:fs';
import { fileFailure } from '../files/failure.js';
import type { FoundFailure, FoundFile } from '../files/walk.js';
import type { LoadedModule } from '../native/system.js';
import { dumpOriginalOf, imageFileOf } from './image-file.js';

export interface LoadedImage {
  readonly module: LoadedModule;
  /** Never `named`: a loaded driver whose file is gone is a line in the report, not a wrong call. */
  readonly found: FoundFile | FoundFailure;
}

/**
 * Each file once, in the order of loading; the crash-dump copies of a driver stand for its file. `systemRoot` is
 * %SystemRoot%; `exists` is replaceable, for systems that have no such files.
 */
export function loadedImages(
  modules: readonly LoadedModule[],
  systemRoot: string,
  exists: (path: string) => boolean = existsSync,
): LoadedImage[] {
  const images = new Map<string, LoadedImage>();
  for (const module of modules) {
    const found = foundFor(module, systemRoot, exists);
    const key = found.path.toLowerCase();
    if (!images.has(key)) images.set(key, { module, found });
  }
  return [...images.values()];
}

function foundFor(
  { path: name, cut }: LoadedModule,
  systemRoot: string,
  exists: (path: string) => boolean,
): FoundFile | FoundFailure {
  const path = imageFileOf(name, systemRoot);
  if (path === null || cut) {
    const why = cut ? 'Windows keeps 256 bytes of its path, and it has more' : 'its name leads to no file';
    const message = `Cannot find the file of the loaded module ${name}: ${why}. Name the file to check it.`;
    return { ...fileFailure('name', name, message), named: false };
  }
  if (exists(path)) return { ok: true, path, named: false };
  const original = dumpOriginalOf(path);
  if (original !== null && exists(original)) return { ok: true, path: original, named: false };
  const message = `Cannot read ${path}: the module is loaded, but its file is not there any more. Restart Windows and run again.`;
  return { ...fileFailure('missing', path, message), named: false };
}
