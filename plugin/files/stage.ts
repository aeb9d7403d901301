/** The steps that every write shares: a temporary file beside the target, whole and flushed before it gets the name. */
import { closeSync, constants, fstatSync, fsyncSync, openSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { type FileFailure, fromSystemError } from './failure.js';
import {
  closeQuietly,
  createExclusive,
  release,
  removeOnSignal,
  removeQuietly,
  removeStale,
  temporaryPath,
  writeAll,
} from './temporary.js';

export interface WriteSuccess {
  readonly ok: true;
  /** The file that has the new content: the path that was asked for, with links resolved. */
  readonly path: string;
  /** Bytes in the file now; signing makes it larger than what was given. */
  readonly size: number;
  /** What a user should know of the write; clauses without a full stop. */
  readonly notes: readonly string[];
}

/**
 * Works on the temporary copy before it gets its name: signing. Answers with the path of the file to use, the one it was
 * given or another in the same folder, or with a failure, and then nothing is written.
 */
export type Prepare = (temporary: string) => Promise<{ readonly ok: true; readonly path: string } | FileFailure>;

export interface Staging {
  /** Where the file goes, links resolved. */
  readonly target: string;
  /** The path for messages. */
  readonly shown: string;
  readonly bytes: Uint8Array;
  readonly prepare: Prepare | undefined;
  /** Sets mode and owner on the finished file; returns notes. */
  attributes(descriptor: number): readonly string[];
  /** Renames or links the finished file to the target; returns notes. */
  giveName(temporary: string): Promise<readonly string[] | FileFailure>;
}

/** Whatever happens, no temporary file stays; a kill leaves one that `removeStale` knows. Never throws. */
export async function stage(staging: Staging): Promise<WriteSuccess | FileFailure> {
  const { target, shown, bytes, prepare } = staging;
  const folder = dirname(target);
  let temporary = temporaryPath(folder, prepare === undefined ? '' : extname(target));
  removeOnSignal(temporary);
  let descriptor: number | null = null;
  try {
    descriptor = createExclusive(temporary);
    writeAll(descriptor, bytes);
    if (prepare !== undefined) {
      const written = descriptor;
      descriptor = null;
      closeSync(written);
      const prepared = await prepare(temporary);
      if (!prepared.ok) return prepared;
      if (prepared.path !== temporary) {
        removeOnSignal(prepared.path);
        removeQuietly(temporary);
        await release(temporary);
        temporary = prepared.path;
      }
      // Opened anew: a signing tool may have put another file there.
      descriptor = openSync(temporary, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    }
    removeStale(folder, descriptor);
    const notes = [...staging.attributes(descriptor)];
    fsyncSync(descriptor);
    const { size } = fstatSync(descriptor);
    const finished = descriptor;
    descriptor = null;
    closeSync(finished); // some network file systems report a full disk only here

    const named = await staging.giveName(temporary);
    if ('ok' in named) return named;
    if (!flushFolder(folder)) notes.push('its folder could not be flushed to disk');
    return { ok: true, path: target, size, notes: [...named, ...notes] };
  } catch (error) {
    return fromSystemError(error, `write a temporary file in ${folder} for`, shown);
  } finally {
    if (descriptor !== null) closeQuietly(descriptor);
    removeQuietly(temporary); // after the rename there is nothing of that name
    await release(temporary);
  }
}

/** Makes the rename itself durable. Windows has no such call. */
function flushFolder(folder: string): boolean {
  if (process.platform === 'win32') return true;
  try {
    const descriptor = openSync(folder, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return true;
  } catch {
    return false; // a folder that may be written but not read; some network file systems
  }
}
