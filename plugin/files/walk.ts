/** Expands PATH arguments into files: a file, a folder (recursively), a pattern. */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { errorCode, type FileFailure, fileFailure, fromSystemError } from './failure.js';
import { joinKept, walkFolder } from './folder.js';
import { loadPatternParser, looksLikePattern, type ParsePattern } from './glob.js';
import { isArchiveName, isImageName, isPackageName } from './image-names.js';

export interface FoundFile {
  readonly ok: true;
  readonly path: string;
  /** Below the folder, or the leading folders of the pattern, that it was found in, with `/`; absent where it is named itself. */
  readonly relative?: string;
  /** True: named on the command line, so that a failure to read it is the call's (exit status 2). */
  readonly named: boolean;
  /** A package, by a pattern that has its extension: what it lacks and what is damaged in it was asked for. */
  readonly namedAsPackage?: boolean;
  /** As in ReadOptions. */
  readonly atRest?: boolean;
}

/** A failure about an argument itself is `named`; one met inside a folder is a line in the report. */
export type FoundFailure = FileFailure & { readonly named: boolean };

export type Found = FoundFile | FoundFailure;

export interface WalkOptions {
  /** Takes the archives in folders: they may hold drivers, and are opened only where they are named too. */
  readonly archives?: Set<string>;
  /** Follow symbolic links inside folders; true by default. Links that are named are always followed. */
  readonly followLinks?: boolean;
  /** True for Windows' rules in patterns; this system's by default. */
  readonly windowsPatterns?: boolean;
}

/**
 * Files in the order of the arguments, each folder's in code-unit order. The generator looks at a folder when it gets there:
 * memory is bounded by the largest folder. With several arguments a path that was given before is passed over.
 */
export async function expandPaths(
  paths: readonly string[],
  options: WalkOptions = {},
): Promise<Generator<FoundFile | FoundFailure>> {
  // The matcher costs start-up time, so a call without patterns never loads it.
  const parse = paths.some(looksLikePattern) ? await loadPatternParser(options.windowsPatterns) : null;
  const all = expandAll(paths, parse, options.followLinks ?? true, options.archives);
  return paths.length > 1 ? once(all, options.archives) : all;
}

function* once(
  found: Iterable<FoundFile | FoundFailure>,
  archives: Set<string> | undefined,
): Generator<FoundFile | FoundFailure> {
  const seen = new Set<string>();
  for (const entry of found) {
    const key = keyOf(entry.path);
    if (entry.ok && seen.has(key)) continue;
    if (entry.ok) seen.add(key);
    yield entry;
  }
  for (const archive of archives ?? []) if (seen.has(archive)) archives?.delete(archive);
}

/** The same for `./driver.sys` and `driver.sys`. */
export const keyOf = (path: string): string => path.replace(/^(?:\.\/+)+/, '');

function* expandAll(
  paths: readonly string[],
  parse: ParsePattern | null,
  followLinks: boolean,
  archives: Set<string> | undefined,
): Generator<FoundFile | FoundFailure> {
  for (const path of paths) yield* expandOne(path, parse, followLinks, archives);
}

function* expandOne(
  path: string,
  parse: ParsePattern | null,
  followLinks: boolean,
  archives?: Set<string>,
): Generator<FoundFile | FoundFailure> {
  if (path === '') {
    yield named(fileFailure('name', path, 'A path argument is empty. Check the variable it comes from.'));
    return;
  }
  let kind: 'folder' | 'file' | 'absent';
  try {
    kind = kindAt(path);
  } catch (error) {
    const toNothing = `Cannot read ${path}: it is a symbolic link to a file that is not there. Correct the link.`;
    const isToNothing = errorCode(error) === 'ENOENT';
    yield named(isToNothing ? fileFailure('missing', path, toNothing) : fromSystemError(error, 'look at', path));
    return;
  }
  if (kind === 'file') {
    yield { ok: true, path, named: true };
  } else if (kind === 'folder') {
    let closed: string[] = [];
    const accept = (relative: string, name: string): boolean => {
      if (isImageName(name)) return true;
      if (isArchiveName(name)) closed.push(keyOf(joinKept(path, relative)));
      return false;
    };
    yield* list(path, path, { accept, depth: Number.POSITIVE_INFINITY, followLinks }, () => {
      closed = []; // said in these words
      return noImageIn(path, followLinks);
    });
    for (const archive of closed) archives?.add(archive);
  } else if (parse !== null && looksLikePattern(path)) {
    yield* expandPattern(path, parse(path), followLinks);
  } else {
    yield named(fileFailure('missing', path, `Cannot read ${path}: no such file. ${spelling(path)}`));
  }
}

/** What is no UTF-8 of an argument has become U+FFFD, so that the path is another one. */
const spelling = (path: string): string =>
  path.includes('\ufffd')
    ? 'A name that is not valid UTF-8 cannot be given. Rename the file.'
    : 'Check the spelling of the path.';

/** A path that means itself, as one of a list does: a file, or a folder for what is below it; never a pattern. */
export const expandLiterally = (path: string): Generator<Found> => expandOne(path, null, true);

function* expandPattern(
  text: string,
  pattern: ReturnType<ParsePattern>,
  followLinks: boolean,
): Generator<FoundFile | FoundFailure> {
  const nothing = `The pattern ${text} matches no file. Check it, and the folder it starts from.`;
  const base = pattern.base === '' ? '.' : pattern.base;
  if (statSync(base, { throwIfNoEntry: false })?.isDirectory() !== true) {
    yield named(fileFailure('no-match', text, nothing));
    return;
  }
  // `build/**` means the images in build, not its objects and logs; `build/*.bin` means what it says.
  const anyName = /(?:^|[\\/])\*+$/.test(text);
  const accept = (relative: string, name: string) => pattern.matches(relative) && (!anyName || isImageName(name));
  const found = list(text, base, { accept, depth: pattern.depth, followLinks }, () => nothing);
  if (!packagePattern.test(text)) yield* found;
  else for (const file of found) yield file.ok && isPackageName(file.path) ? { ...file, namedAsPackage: true } : file;
}

const packagePattern = /\.(?:inf|cab|zip|\{[^}]*\})$/i;

/** In a folder of downloaded packages nothing lies open: their kind is what has to be named. */
function noImageIn(path: string, followLinks: boolean): string {
  const nothing = `Nothing to check in ${path}: no .sys, .dll, .exe or .efi file below it.`;
  const accept = (_relative: string, name: string) => isPackageName(name);
  for (const entry of walkFolder(path, { accept, depth: Number.POSITIVE_INFINITY, followLinks })) {
    if (!entry.ok) continue;
    const pattern = joinKept(path, `**/*${/\.\w+$/.exec(entry.path)?.[0]}`);
    return `${nothing} In a folder INF files and archives are passed over, such as ${entry.path}. Name them: hvci-fix check "${pattern}"`;
  }
  return `${nothing} Name the folder the linker writes to.`;
}

/** `asked` is the argument as typed, for the failure when nothing is found. */
function* list(
  asked: string,
  root: string,
  options: Parameters<typeof walkFolder>[1],
  nothing: () => string,
): Generator<FoundFile | FoundFailure> {
  let any = false;
  let passedOver = false;
  for (const entry of walkFolder(root, options)) {
    const isRoot = !entry.ok && entry.path === root;
    any ||= entry.ok || isRoot;
    passedOver ||= !entry.ok;
    // Member by member: a spread costs more than the rest of the walk, and folders have thousands of files.
    yield entry.ok
      ? { ok: true, path: entry.path, relative: entry.relative, named: false }
      : { ...entry, named: isRoot };
  }
  if (any) return;
  // A check that looked at nothing must not pass.
  const only = `Nothing to check in ${asked} but what was passed over, as said above. Name what is to be checked.`;
  yield named(fileFailure('no-match', asked, passedOver ? only : nothing()));
}

const named = (failure: FileFailure): FoundFailure => ({ ...failure, named: true });

/** An existing path is never a pattern, whatever is in its name. A link to nothing exists: its reading will say so. */
function kindAt(path: string): 'folder' | 'file' | 'absent' {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status !== undefined) return status.isDirectory() ? 'folder' : 'file';
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return 'absent';
  realpathSync(path); // throws ENOENT or ELOOP
  return 'absent';
}
