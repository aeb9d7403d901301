/**
 * CMake's `cmake -E vs_link_exe/vs_link_dll` links twice where /INCREMENTAL is on (Debug): the first time to learn the
 * manifest, the second time to link it in, with the same arguments. Only what the last pass links is worth a check.
 */
import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { LinkerOption } from './options.js';

/**
 * True right after a first pass that another will follow. CMake names the files so: the linker has written
 * `intermediate.manifest`, and `embed.manifest`, which CMake made empty before, does not hold it yet. In every other
 * case a second pass may not come (nothing changed), so this one is checked.
 */
export function anotherPassFollows(options: readonly LinkerOption[], folder: string): boolean {
  const manifest = options.filter(({ name }) => name === 'manifestfile').at(-1)?.value ?? '';
  if (!/(?:^|[\\/])intermediate\.manifest$/.test(manifest)) return false;
  const path = resolve(folder, manifest);
  return sizeOf(path) > 0 && sizeOf(join(dirname(path), 'embed.manifest')) === 0;
}

/** -1 where there is no such file. */
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? -1;
