/** Files that replace nothing of the user's: fixed copies (`--out`), backups, reports. Whole or absent, as in write.ts. */
import {
  accessSync,
  constants,
  fchmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, type FileFailure, fileFailure, fromSystemError } from './failure.js';
import { type RenameHost, realHost, renameOver } from './rename.js';
import { type Prepare, stage, type WriteSuccess } from './stage.js';
import { closeQuietly } from './temporary.js';

export interface CreateOptions {
  /** Permission bits, usually those of the image that was read; 0o666 less the umask by default. */
  readonly mode?: number;
  readonly prepare?: Prepare;
  readonly host?: RenameHost;
}

/** Writes a file that must not exist yet, and the folders above it. `exists` when it does: nothing is overwritten. Never throws. */
export async function createFile(
  path: string,
  bytes: Uint8Array,
  options: CreateOptions = {},
): Promise<WriteSuccess | FileFailure> {
  try {
    const obstacle = nameTaken(path);
    if (obstacle !== null) return obstacle;
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    return fromSystemError(error, 'create', path);
  }
  return put(path, path, bytes, options, async (temporary) => {
    try {
      linkSync(temporary, path); // unlike a rename, a link fails when the name is taken meanwhile
      return null;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return taken(path);
      // FAT and some network file systems have no hard links.
      return renameOver(temporary, path, path, () => nameTaken(path), options.host ?? realHost);
    }
  });
}

/** `exists` when something has the name, a link to nothing too; null when `createFile` would find it free. */
export const nameTaken = (path: string): FileFailure | null =>
  lstatSync(path, { throwIfNoEntry: false }) === undefined ? null : taken(path);

/** Why no report may go to `path`: an image is there, under this name or behind a link. Null where none is. Never throws. */
export function imageInTheWay(path: string): FileFailure | null {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
    const descriptor = openSync(path, 'r');
    const start = Buffer.alloc(2);
    try {
      readSync(descriptor, start, 0, 2, 0);
    } finally {
      closeQuietly(descriptor);
    }
    if (start.toString('latin1') !== 'MZ') return null;
  } catch (error) {
    // What cannot be looked at may be an image as well, and a rename would go over it.
    return fromSystemError(error, 'write', path);
  }
  return fileFailure(
    'image',
    path,
    `Cannot write ${path}: it is an image; --output is for the report, fixed images go to --out DIR.`,
  );
}

/** Why a report cannot go to `path`, as far as that can be told before there is one. Never throws. */
export function reportObstacle(path: string): FileFailure | null {
  const image = imageInTheWay(path);
  if (image !== null) return image;
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory())
      return fileFailure('directory', path, `Cannot write ${path}: it is a folder. Name a file.`);
    if (status === undefined || status.isFile())
      accessSync(dirname(status === undefined ? path : realpathSync(path)), constants.W_OK);
    return null;
  } catch (error) {
    return fromSystemError(error, 'write', path);
  }
}

/**
 * Writes `text` as UTF-8 to `path`, over a report of an earlier run, whose mode stays; never over an image. A link is
 * followed. A pipe or device (`/dev/stdout`, `>(...)`) is written to directly. Never throws.
 */
export async function writeReportFile(path: string, text: string): Promise<WriteSuccess | FileFailure> {
  const bytes = Buffer.from(text, 'utf8');
  const obstacle = reportObstacle(path);
  if (obstacle !== null) return obstacle;
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status !== undefined && !status.isFile()) return writeDirectly(path, bytes);
    const target = status === undefined ? path : realpathSync(path);
    const options = status === undefined ? {} : { mode: status.mode };
    return await put(target, path, bytes, options, (temporary) =>
      renameOver(temporary, target, path, () => null, realHost),
    );
  } catch (error) {
    return fromSystemError(error, 'write', path);
  }
}

function put(
  target: string,
  shown: string,
  bytes: Uint8Array,
  options: CreateOptions,
  giveName: (temporary: string) => Promise<FileFailure | null>,
): Promise<WriteSuccess | FileFailure> {
  return stage({
    target,
    shown,
    bytes,
    prepare: options.prepare,
    attributes: (descriptor) => {
      fchmodSync(descriptor, (options.mode ?? 0o666 & ~process.umask()) & 0o777);
      return [];
    },
    giveName: async (temporary) => (await giveName(temporary)) ?? [],
  });
}

const taken = (path: string): FileFailure =>
  fileFailure(
    'exists',
    path,
    `Cannot create ${path}: a file of that name is already there. Remove it or choose another name.`,
  );

function writeDirectly(path: string, bytes: Uint8Array): WriteSuccess {
  const descriptor = openSync(path, 'w');
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
  } finally {
    closeQuietly(descriptor);
  }
  return { ok: true, path, size: bytes.length, notes: [] };
}
