// Where the build writes, and what it wrote.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const at = (...parts) => join(root, ...parts);
/** Paths of all files of this build. */
export const written = new Set();

/** Whole or not at all: a build may run while another one's output is in use. */
export function write(path, text) {
  const temporary = at(`${path}.${process.pid}.tmp`);
  mkdirSync(dirname(temporary), { recursive: true });
  writeFileSync(temporary, text);
  renameSync(temporary, at(path));
  written.add(at(path));
}
