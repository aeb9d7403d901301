/** Writes planned changes: each file whole or not at all, and only while it is what was read. */
import { accessSync, constants, statSync, unlinkSync } from 'node:fs';
import { createFile } from '../files/create.js';
import { type FileFailure, fileFailure, fromSystemError } from '../files/failure.js';
import { replaceFile } from '../files/write.js';
import type { Change } from './change.js';
import { encodeSource } from './source-text.js';

/** Why this change cannot be made, asked for all of them before the first is made. */
export function obstacle({ path, before }: Change): FileFailure | null {
  if (before === null) return null;
  if ((before.file.identity.mode & 0o222) === 0) return readOnly(path);
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (error) {
    return fromSystemError(error, 'change', path);
  }
}

const readOnly = (path: string): FileFailure =>
  fileFailure(
    'read-only',
    path,
    `Cannot change ${path}: the file is read-only. Make it writable (check it out) and run again.`,
  );

/** Notes of the write (a link, a hard link), or the failure. Never throws. */
export async function applyChange(change: Change): Promise<readonly string[] | FileFailure> {
  const { path, before, after } = change;
  if (after === null) return before === null ? [] : removeFile(path, before.file.identity);
  const bytes = encodeSource(after);
  const written =
    before === null ? await createFile(path, bytes) : await replaceFile(path, bytes, before.file.identity);
  return written.ok ? written.notes : written;
}

function removeFile(
  path: string,
  identity: { readonly size: number; readonly mtimeNs: bigint },
): FileFailure | readonly string[] {
  try {
    const { size, mtimeNs } = statSync(path, { bigint: true });
    if (size !== BigInt(identity.size) || mtimeNs !== identity.mtimeNs)
      return fileFailure('changed', path, `Cannot remove ${path}: it changed since it was read. Run again.`);
    unlinkSync(path);
    return [];
  } catch (error) {
    return fromSystemError(error, 'remove', path);
  }
}
