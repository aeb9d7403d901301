/**
 * What `fix --backup` leaves beside a driver, and `undo` goes by: the original's bytes (`NAME.hvci-fix-backup`) and a record
 * (`NAME.hvci-fix-backup.json`) with the SHA-256 of the original and of what fix wrote, after signing.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { writeReportFile } from '../files/create.js';
import { errorCode, type FileFailure, fileFailure, fromSystemError } from '../files/failure.js';
import type { WriteSuccess } from '../files/stage.js';

export const BACKUP_SUFFIX = '.hvci-fix-backup';
const SCHEMA_VERSION = 1;

export interface Content {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface BackupRecord {
  readonly original: Content;
  readonly fixed: Content;
}

export const backupPath = (path: string): string => `${path}${BACKUP_SUFFIX}`;
export const recordPath = (path: string): string => `${path}${BACKUP_SUFFIX}.json`;

export const contentOf = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

export const isContent = (bytes: Uint8Array, { size, sha256 }: Content): boolean =>
  bytes.length === size && contentOf(bytes).sha256 === sha256;

/** Over the record of an earlier run, never over anything else of that name or behind a link. Never throws. */
export async function writeRecord(
  path: string,
  original: Uint8Array,
  fixed: Uint8Array,
): Promise<WriteSuccess | FileFailure> {
  const obstacle = recordObstacle(path);
  if (obstacle !== null) return obstacle;
  const record = {
    schemaVersion: SCHEMA_VERSION,
    tool: 'hvci-fix',
    original: contentOf(original),
    fixed: contentOf(fixed),
  };
  return writeReportFile(recordPath(path), `${JSON.stringify(record, null, 2)}\n`);
}

/** Something that is no record has its name; null where it may be written. Never throws. */
export function recordObstacle(path: string): FileFailure | null {
  const file = recordPath(path);
  try {
    const there = lstatSync(file, { throwIfNoEntry: false });
    if (there === undefined || (there.isFile() && readRecord(path).ok)) return null;
    const what = 'a file of that name is already there. Remove it or rename it.';
    return fileFailure('exists', file, `Cannot create ${file}: ${what}`);
  } catch (error) {
    return fromSystemError(error, 'create', file);
  }
}

/** Null where there is none: a backup of the first hvci-fix, or one that was made by hand. */
export function readRecord(path: string): { ok: true; value: BackupRecord | null } | FileFailure {
  const file = recordPath(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? { ok: true, value: null } : fromSystemError(error, 'read', file);
  }
  const value = parsed(text);
  return value === null
    ? fileFailure(
        'io',
        file,
        `Cannot use ${file}: it is no record of hvci-fix, or damaged. Remove it, and --force puts the backup back unseen.`,
      )
    : { ok: true, value };
}

function parsed(text: string): BackupRecord | null {
  try {
    const { schemaVersion, original, fixed } = JSON.parse(text) as Record<string, unknown>;
    return schemaVersion === SCHEMA_VERSION && isContentRecord(original) && isContentRecord(fixed)
      ? { original, fixed }
      : null;
  } catch {
    return null;
  }
}

function isContentRecord(value: unknown): value is Content {
  const { size, sha256 } = (value ?? {}) as Record<string, unknown>;
  return Number.isSafeInteger(size) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
}
