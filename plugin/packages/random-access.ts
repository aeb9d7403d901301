/** A file read piece by piece: archives may be larger than memory. Opened so that a pipe or a device cannot block. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileFailure, fileFailure, fromSystemError } from '../files/failure.js';

const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

export interface RandomAccess {
  readonly ok: true;
  readonly path: string;
  /** Bytes, when it was opened. */
  readonly size: number;
  readonly descriptor: number;
  /** The bytes from `offset` on, fewer than `length` where the file ends. Throws the host's errors. */
  read(offset: number, length: number): Buffer;
  close(): void;
}

export function openRandomAccess(path: string): RandomAccess | FileFailure {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (error) {
    return fromSystemError(error, 'read', path);
  }
  try {
    const status = fstatSync(descriptor);
    if (status.isFile()) {
      return {
        ok: true,
        path,
        size: status.size,
        descriptor,
        read: (offset, length) => readAt(descriptor, offset, Math.max(0, Math.min(length, status.size - offset))),
        close: () => closeSync(descriptor),
      };
    }
    closeSync(descriptor);
    return status.isDirectory()
      ? fileFailure('directory', path, `Cannot read ${path}: it is a folder. Name a file.`)
      : fileFailure('not-regular', path, `Cannot read ${path}: it is a pipe, socket or device. Name a regular file.`);
  } catch (error) {
    closeSync(descriptor);
    return fromSystemError(error, 'read', path);
  }
}

function readAt(descriptor: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(descriptor, buffer, filled, length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}
