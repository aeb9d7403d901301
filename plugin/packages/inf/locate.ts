/** Finds the files that an INF names beside it: names that differ in case alone are the same file to Windows. */
import { readdirSync, statSync } from 'node:fs';
import { joinKept } from '../../files/folder.js';

/** From so many files on it takes less time to list their folders than to ask for each. */
const MANY = 64;

/** One INF's look-ups: a folder that is asked for again is not listed again. */
export class FolderLookup {
  readonly #folder: string;
  /** Null for a folder that cannot be listed. */
  readonly #listed = new Map<string, ReadonlyMap<string, string> | null>();
  #asked = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The path of a file, as it is spelled on the disk; null where there is none. `parts` hold no `..`. */
  find(parts: readonly string[]): string | null {
    if (++this.#asked > MANY && this.#isNowhere(parts)) return null;
    const exact = parts.reduce(joinKept, this.#folder);
    if (isFile(exact)) return exact;
    let path = this.#folder;
    for (const part of parts) {
      const name = this.#names(path)?.get(part.toLowerCase());
      if (name === undefined) return null;
      path = joinKept(path, name);
    }
    return isFile(path) ? path : null;
  }

  /** The first folder does not list the first part, in whatever case. */
  #isNowhere([first = '']: readonly string[]): boolean {
    if (first === '' || first === '.') return false;
    return this.#names(this.#folder)?.has(first.toLowerCase()) === false;
  }

  #names(folder: string): ReadonlyMap<string, string> | null {
    const known = this.#listed.get(folder);
    if (known !== undefined) return known;
    let names: Map<string, string> | null = new Map();
    try {
      for (const name of readdirSync(folder === '' ? '.' : folder)) names.set(name.toLowerCase(), name);
    } catch {
      names = null; // Not there or no rights: nothing is found in it.
    }
    this.#listed.set(folder, names);
    return names;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
