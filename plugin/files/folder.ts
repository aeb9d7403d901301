/** Walks one folder: lazily, in code-unit order of names, each folder once. What cannot be walked becomes an entry. */
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { errorCode, type FileFailure, fileFailure, fromSystemError } from './failure.js';

export interface FolderOptions {
  /** `relative` is below the walked folder, with `/` between its parts. */
  readonly accept: (relative: string, name: string) => boolean;
  /** Folders below the root to go down: 0 for the root's own files. */
  readonly depth: number;
  /** False: links inside the folder are reported, not followed. For `fix`, which must not leave the folder it was given. */
  readonly followLinks: boolean;
}

interface Level {
  readonly path: string;
  readonly relative: string;
  readonly depth: number;
  readonly identity: string;
  readonly entries: readonly Dirent[];
  next: number;
}

export interface WalkedFile {
  readonly ok: true;
  /** `root` is kept in it as given, so paths read as the user typed them. */
  readonly path: string;
  /** Below the root, with `/` between its parts. */
  readonly relative: string;
}

/** Files that are accepted, and failures. */
export function* walkFolder(root: string, options: FolderOptions): Generator<WalkedFile | FileFailure> {
  const seen = new Set<string>();
  const first = open(root, '', 0, seen, options);
  if ('code' in first) yield first;
  if (!('entries' in first)) return;
  // A stack of our own: a generator that delegates to itself costs each entry its depth.
  const stack = [first];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const entry = level.entries[level.next++];
    if (entry === undefined) {
      stack.pop();
      continue;
    }
    const path = joinKept(level.path, entry.name);
    const relative = level.relative + entry.name;
    const below = level.depth < options.depth;
    const kind = entry.isSymbolicLink() ? followed(path) : kindOf(entry);
    if (typeof kind !== 'string') {
      // A dangling link or another oddity matters only where it has a name that is looked for.
      if (options.accept(relative, entry.name)) yield kind;
    } else if (entry.isSymbolicLink() && !options.followLinks) {
      // What lies behind a link to a folder is not known, so it matters where folders are gone into.
      if (kind === 'folder' ? below : options.accept(relative, entry.name)) yield notFollowed(path, kind);
    } else if (kind === 'folder') {
      if (!below) continue;
      const next = open(path, `${relative}/`, level.depth + 1, seen, options);
      if ('entries' in next) stack.push(next);
      else if ('code' in next) yield next;
      else if (stack.some(({ identity }) => identity === next.seen)) yield loop(path);
    } else if (options.accept(relative, entry.name)) {
      if (kind === 'other') yield notRegular(path);
      else yield entry.name.includes('\uFFFD') ? undecodable(path) : { ok: true, path, relative };
    }
  }
}

/** `seen`: this folder has been walked already, by another path to it. */
function open(
  path: string,
  relative: string,
  depth: number,
  seen: Set<string>,
  options: FolderOptions,
): Level | FileFailure | { readonly seen: string } {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    const identity = `${dev}:${ino}`;
    if (seen.has(identity)) return { seen: identity };
    seen.add(identity);
    const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => wanted(entry, relative, options));
    entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return { path, relative, depth, identity, entries, next: 0 };
  } catch (error) {
    return depth > 0 && errorCode(error) === 'ENOENT'
      ? vanished(path)
      : fromSystemError(error, 'list the folder', path);
  }
}

/** Dropped early, so that a folder of 100,000 objects does not hold 100,000 entries while its images are checked. */
const wanted = (entry: Dirent, relative: string, options: FolderOptions): boolean =>
  entry.isDirectory() || entry.isSymbolicLink() || options.accept(relative + entry.name, entry.name);

type Kind = 'folder' | 'file' | 'other';

const kindOf = (entry: { isDirectory(): boolean; isFile(): boolean }): Kind =>
  entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other';

function followed(path: string): Kind | FileFailure {
  try {
    return kindOf(statSync(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return fileFailure(
        'missing',
        path,
        `Passed over ${path}: it is a link to nothing. Remove it or build its target.`,
      );
    }
    return fromSystemError(error, 'follow the link', path);
  }
}

function notFollowed(path: string, kind: Kind): FileFailure {
  const what = kind === 'other' ? 'pipe, socket or device' : kind;
  const remedy = 'Links are not followed here: name its target to include it.';
  return fileFailure('link', path, `Passed over ${path}: it is a symbolic link to a ${what}. ${remedy}`);
}

/** Nobody misspelt it. */
const vanished = (path: string): FileFailure =>
  fileFailure(
    'missing',
    path,
    `Cannot list the folder ${path}: it was there when the folder above was listed, and is gone. Run again when nothing removes files.`,
  );

const loop = (path: string): FileFailure =>
  fileFailure(
    'link-loop',
    path,
    `Passed over ${path}: it leads back to a folder above itself. Every file is listed once.`,
  );

const notRegular = (path: string): FileFailure =>
  fileFailure('not-regular', path, `Passed over ${path}: it is a pipe, socket or device. Name a regular file.`);

const undecodable = (path: string): FileFailure =>
  fileFailure('name', path, `Passed over ${path}: its name is not valid UTF-8. Rename the file.`);

/** node:path's join would rewrite what the user typed (`./a`, `a//b`); only a separator is added where none is. */
export function joinKept(folder: string, name: string): string {
  if (folder === '' || folder === '.') return name;
  const separator = process.platform === 'win32' && !folder.includes('/') ? '\\' : '/';
  return /[\\/]$/.test(folder) && (process.platform === 'win32' || folder.endsWith('/'))
    ? folder + name
    : folder + separator + name;
}
