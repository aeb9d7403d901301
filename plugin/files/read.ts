/** Reads an image into memory: synchronous, one buffer for all files, and never blocked by a pipe or a device. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type FileFailure, fileFailure, fromSystemError } from './failure.js';

/** What tells whether a path still names the content that was read. `size` in bytes, `mtimeNs` since the epoch. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** Permission bits and file type, as in stat(2). */
  readonly mode: number;
}

export const identityOf = ({ dev, ino, size, mtimeNs, mode }: BigIntStats): FileIdentity => ({
  dev,
  ino,
  size: Number(size),
  mtimeNs,
  mode: Number(mode),
});

/** The same file, which nobody has written to. */
export const isSameIdentity = (a: FileIdentity, b: FileIdentity): boolean =>
  a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;

export interface ReadSuccess {
  readonly ok: true;
  /** With an ImageBuffer: a view that the next read through the same buffer overwrites. */
  readonly bytes: Uint8Array;
  readonly identity: FileIdentity;
}

/** PE offsets are 32-bit: nothing beyond 4 GiB can belong to an image. */
const largestPossible = 2 ** 32;
export const defaultSizeLimit = 2 ** 30;
// Linux caps a read at 0x7ffff000 bytes and Node at 2^31 - 1.
const largestRead = 2 ** 30;
// 0 on Windows, where neither flag exists. Without O_NONBLOCK the open of a FIFO waits for a writer.
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

const settleMs = 20;
const settleAttempts = 10;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** At least `length` bytes, and at most a quarter or 64 KB more, so that files of like size fit too. */
export function roomFor(length: number): number {
  const step = Math.max(65536, 2 ** (Math.floor(Math.log2(length)) - 2));
  return Math.ceil(length / step) * step;
}

/** A buffer that grows to the largest file (and at most a quarter more) and is reused for the next. */
export class ImageBuffer {
  #memory = new ArrayBuffer(0);

  /** At least `length` bytes, from byte 0 of a buffer of its own, so 32-bit views are aligned. */
  reserve(length: number): Uint8Array {
    if (this.#memory.byteLength < length) {
      this.#memory = new ArrayBuffer(0); // the old one must be collectable before the new one is asked for
      this.#memory = new ArrayBuffer(roomFor(length));
    }
    return new Uint8Array(this.#memory);
  }
}

export interface ReadOptions {
  /** Largest file in bytes, 1 GiB by default. 4 GiB is a ceiling whatever is asked. */
  readonly limit?: number;
  /** The program that wrote the file has ended, as a linker has when a build step runs: no need to see it come to rest. */
  readonly atRest?: boolean;
}

/** Reads the regular file at `path`, following links. Fails with words, never throws. */
export function readImage(path: string, buffer?: ImageBuffer, options: ReadOptions = {}): ReadSuccess | FileFailure {
  let descriptor: number;
  try {
    descriptor = openSync(path, openFlags);
  } catch (error) {
    return openFailure(error, path);
  }
  try {
    return readOpen(descriptor, path, buffer ?? new ImageBuffer(), options);
  } catch (error) {
    if (error instanceof RangeError) {
      return fileFailure(
        'too-large',
        path,
        `Cannot read ${path}: there is not enough memory for it. Check fewer files at once.`,
      );
    }
    return fromSystemError(error, 'read', path);
  } finally {
    closeSync(descriptor);
  }
}

function readOpen(
  descriptor: number,
  path: string,
  buffer: ImageBuffer,
  { limit = defaultSizeLimit, atRest = false }: ReadOptions,
): ReadSuccess | FileFailure {
  const before = atRest ? fstatSync(descriptor, { bigint: true }) : settled(descriptor);
  if (before === null) return changed(path);
  if (before.isDirectory()) return fileFailure('directory', path, `Cannot read ${path}: it is a folder. Name a file.`);
  if (!before.isFile()) {
    return fileFailure(
      'not-regular',
      path,
      `Cannot read ${path}: it is a pipe, socket or device. Name a regular file.`,
    );
  }
  if (before.size === 0n) {
    return fileFailure(
      'empty',
      path,
      `Cannot read ${path}: the file is empty. Build it again; the linker or a copy was cut off.`,
    );
  }
  const size = Number(before.size);
  if (size > Math.min(limit, largestPossible)) return tooLarge(path, size, limit);

  // One byte more than the file has: a read that fills it shows that the file grew.
  const memory = buffer.reserve(size + 1);
  let filled = 0;
  while (filled <= size) {
    const count = readSync(descriptor, memory, filled, Math.min(size + 1 - filled, largestRead), filled);
    filled += count;
    // A regular file gives less than was asked for at its end alone.
    if (count === 0 || filled === size) break;
  }
  // Numbers cost half of what bigints do, and a microsecond is less than a write takes. After 2109 they are coarser.
  const after = fstatSync(descriptor);
  const moved = Math.abs(after.mtimeMs - Number(before.mtimeNs) / 1e6) > Math.max(0.001, after.mtimeMs * 2 ** -51);
  if (filled !== size || after.size !== size || moved) return changed(path);
  return { ok: true, bytes: memory.subarray(0, size), identity: identityOf(before) };
}

/**
 * The status of a file that nobody writes just now, or null for one that does not come to rest. A write sets the time when
 * it starts, and in steps of some milliseconds: of a file whose time is this moment, a read could be torn without a trace
 * (seen in 1 of 100 reads beside a busy writer). Costs nothing for a file older than 20 ms, as a linker's is by now.
 * No status tells of a writer that the system holds up for longer than that within one write: such a read may be torn.
 */
function settled(descriptor: number): BigIntStats | null {
  for (let attempt = 0; attempt < settleAttempts; attempt++) {
    const status = fstatSync(descriptor, { bigint: true });
    const age = Date.now() - Number(status.mtimeMs);
    // A time in the future is another machine's clock, or made up: nothing to be learnt from it.
    if (age < 0 || age >= settleMs || !status.isFile()) return status;
    Atomics.wait(sleeper, 0, 0, settleMs - age);
  }
  return null;
}

const changed = (path: string): FileFailure =>
  fileFailure('changed', path, `Cannot read ${path}: it is being written. Run again when the build is done.`);

function tooLarge(path: string, size: number, limit: number): FileFailure {
  const why =
    size > largestPossible
      ? 'An image ends within 4 GiB, as its offsets are 32-bit: this is no driver.'
      : `The limit is ${limit} bytes, and no option changes it. Leave it out.`;
  return fileFailure('too-large', path, `Cannot read ${path}: it has ${size} bytes. ${why}`);
}

function openFailure(error: unknown, path: string): FileFailure {
  // Windows answers EPERM or EACCES for a folder: look again before blaming the rights.
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      return fileFailure('directory', path, `Cannot read ${path}: it is a folder. Name a file.`);
    }
  } catch {
    // The first error says more.
  }
  return fromSystemError(error, 'read', path);
}
