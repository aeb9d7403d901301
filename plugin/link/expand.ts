/** Puts the content of response files (`@file`) where they stand, as the linker does. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeText } from '../files/decode-text.js';
import { type Quoting, splitArguments } from './quoting.js';

/** A command line that links the largest program is a few megabytes. */
const LARGEST = 64 * 2 ** 20;

/**
 * `args` with every readable `@file` replaced by its arguments, nested ones too. A relative name is relative to `folder`, wherever the
 * file that holds it lies. An `@name` without such a file stays: to the linker it is a file name then, or an error of its own.
 */
export function expandResponseFiles(args: readonly string[], folder: string, quoting: Quoting): string[] {
  const result: string[] = [];
  expandInto(result, args, folder, quoting, []);
  return result;
}

/** `open` holds the files being expanded: one that names itself is not read again. */
function expandInto(
  result: string[],
  args: readonly string[],
  folder: string,
  quoting: Quoting,
  open: readonly string[],
): void {
  for (const arg of args) {
    const path = arg.startsWith('@') && arg.length > 1 ? resolve(folder, arg.slice(1)) : null;
    const text = path === null || open.includes(path) ? null : readIfThere(path);
    if (path === null || text === null) result.push(arg);
    else expandInto(result, splitArguments(text, quoting), folder, quoting, [...open, path]);
  }
}

function readIfThere(path: string): string | null {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined || !status.isFile() || status.size > LARGEST) return null;
    return decodeText(readFileSync(path));
  } catch {
    return null;
  }
}
