/**
 * Replaces a file so that a crash at any moment leaves the old content or the new: a temporary file in the same folder,
 * written, flushed, then renamed over.
 *
 * Symbolic link: the file it points to is replaced, the link stays. Hard links: this name gets the new content, the
 * others keep the old. Build caches link their store into the tree, and writing through such a link would spoil the
 * store for every other build. Both are told in `notes`.
 */
import { accessSync, type BigIntStats, constants, lstatSync, realpathSync, statSync } from 'node:fs';
import { keepAccessList, keepOwnerAndMode } from './access.js';
import { errorCode, type FileFailure, fileFailure, fromSystemError } from './failure.js';
import { type FileIdentity, identityOf, isSameIdentity } from './read.js';
import { type RenameHost, realHost, renameOver } from './rename.js';
import { type Prepare, stage, type WriteSuccess } from './stage.js';

export type { Prepare, WriteSuccess } from './stage.js';

export interface ReplaceOptions {
  readonly prepare?: Prepare;
  readonly host?: RenameHost;
}

/** Replaces what `readImage` read. `identity` is from that read: any change since refuses. Never throws. */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  identity: FileIdentity,
  options: ReplaceOptions = {},
): Promise<WriteSuccess | FileFailure> {
  const host = options.host ?? realHost;
  const notes: string[] = [];
  let target: string;
  let original: BigIntStats;
  try {
    const isLink = lstatSync(path).isSymbolicLink();
    target = realpathSync(path);
    original = statSync(target, { bigint: true });
    const refusal = refuse(path, target, original, identity);
    if (refusal !== null) return refusal;
    if (isLink) notes.push(`it is a symbolic link: ${target} was replaced, the link stays`);
  } catch (error) {
    return fromSystemError(error, 'replace', path);
  }
  if (original.nlink > 1n) notes.push(`it has ${original.nlink} names (hard links): the others keep the old content`);

  return stage({
    target,
    shown: path,
    bytes,
    prepare: options.prepare,
    attributes: (descriptor) => keepOwnerAndMode(descriptor, original),
    giveName: async (temporary) => {
      if (host.platform === 'win32') notes.push(...keepAccessList(target, temporary, host.icacls));
      return (await renameOver(temporary, target, path, () => changedSince(path, target, identity), host)) ?? notes;
    },
  });
}

/** Why `replaceFile` would refuse, as far as it shows before; null where nothing does. Never throws. */
export function replaceObstacle(path: string, identity: FileIdentity): FileFailure | null {
  try {
    const target = realpathSync(path);
    return refuse(path, target, statSync(target, { bigint: true }), identity);
  } catch (error) {
    return fromSystemError(error, 'replace', path);
  }
}

function refuse(path: string, target: string, original: BigIntStats, identity: FileIdentity): FileFailure | null {
  if (!original.isFile()) {
    return fileFailure('not-regular', path, `Cannot replace ${path}: it is not a regular file. Name a regular file.`);
  }
  if (!isSameIdentity(identityOf(original), identity)) return changed(path);
  // The folder's rights would let us replace it all the same; whoever made it read-only did not mean that.
  if ((original.mode & 0o222n) === 0n) {
    const remedy = 'Make it writable, or write elsewhere with --out DIR.';
    return fileFailure('read-only', path, `Cannot replace ${path}: the file is read-only. ${remedy}`);
  }
  accessSync(target, constants.W_OK);
  return null;
}

/** No system call compares and renames in one step: a writer within these microseconds is not seen. */
function changedSince(path: string, target: string, identity: FileIdentity): FileFailure | null {
  try {
    return isSameIdentity(identityOf(statSync(target, { bigint: true })), identity) ? null : changed(path);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? changed(path) : fromSystemError(error, 'replace', path);
  }
}

const changed = (path: string): FileFailure =>
  fileFailure(
    'changed',
    path,
    `Cannot replace ${path}: it changed since it was read. Run again when the build is done.`,
  );
