/** What `fix --backup` does before it writes: the original beside the file, and the record that undo goes by. */
import { lstatSync } from 'node:fs';
import { OPTIONAL_HEADER_FIELDS } from '../../fixer/pe/headers.js';
import { type Image, parseImage } from '../../fixer/pe/image.js';
import { createFile, nameTaken } from '../files/create.js';
import { type FileFailure, fileFailure, fromSystemError } from '../files/failure.js';
import { type FileIdentity, readImage } from '../files/read.js';
import { removeQuietly } from '../files/temporary.js';
import { type Prepare, replaceFile } from '../files/write.js';
import { backupPath, isContent, readRecord, recordObstacle, recordPath, writeRecord } from './record.js';

/** Offset inside IMAGE_FILE_HEADER. */
const TIME_DATE_STAMP = 4;

export interface Kept {
  readonly ok: true;
  readonly backup: string;
  /** Signs, where that was asked for, and writes the record. For `replaceFile`. */
  readonly prepare: Prepare;
  readonly notes: readonly string[];
  /** Takes away what was made for this run, where the file is as it was. */
  discard(): void;
}

/**
 * `before` is what the file holds, `after` what it shall hold before it is signed. The record is written before the file
 * gets its new bytes: after a crash in between the file is still the original, which undo sees.
 */
export async function keepOriginal(
  path: string,
  before: Uint8Array,
  after: Uint8Array,
  mode: number,
  sign: Prepare | undefined,
): Promise<Kept | FileFailure> {
  const backup = backupPath(path);
  const obstacle = backupObstacle(path, before);
  if (obstacle !== null) return obstacle;
  // An earlier run that was stopped, or undone, leaves one that will do.
  const wasThere = holds(backup, before);
  const earlier = wasThere ? null : ofEarlierBuild(path, before);
  if (!wasThere && earlier === null) {
    const created = await createFile(backup, before, { mode });
    if (!created.ok) return created.code === 'exists' ? madeMeanwhile(path, backup) : created;
  }
  let recorded = false;
  async function record(fixed: string): Promise<FileFailure | null> {
    const read = sign === undefined ? { ok: true as const, bytes: after } : readImage(fixed);
    if (!read.ok) return read;
    // Not sooner: had signing failed, the earlier build's would have gone for nothing.
    const replaced = earlier === null ? null : await replaceFile(backup, before, earlier);
    if (replaced?.ok === false) return replaced;
    const written = await writeRecord(path, before, read.bytes);
    recorded = written.ok;
    return written.ok ? null : written;
  }
  return {
    ok: true,
    backup,
    prepare: async (temporary) => {
      const signed = sign === undefined ? { ok: true as const, path: temporary } : await sign(temporary);
      if (!signed.ok) return signed;
      const failure = await record(signed.path);
      if (failure === null) return signed;
      if (signed.path !== temporary) removeQuietly(signed.path);
      return failure;
    },
    notes: wasThere
      ? [`the backup ${backup} was there already, with the same bytes`]
      : earlier === null
        ? []
        : [`the backup of an earlier build, ${backup}, was replaced`],
    discard() {
      if (wasThere || (earlier !== null && !recorded)) return;
      // Another run that found the backup there may have fixed the file meanwhile: then this is the only original.
      const now = readImage(path);
      if (!now.ok || Buffer.compare(now.bytes, before) !== 0) return;
      removeQuietly(backup);
      if (recorded) removeQuietly(recordPath(path));
    },
  };
}

/** What is in the way of `keepOriginal`; null where nothing is. Never throws. */
export function backupObstacle(path: string, before: Uint8Array): FileFailure | null {
  const backup = backupPath(path);
  try {
    if (!holds(backup, before) && nameTaken(backup) !== null && ofEarlierBuild(path, before) === null)
      return otherBackup(path, backup);
    return recordObstacle(path);
  } catch (error) {
    return fromSystemError(error, 'create', backup);
  }
}

/** `path` is a file of its own, no link, and has these bytes. */
function holds(path: string, bytes: Uint8Array): boolean {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    const read = readImage(path);
    return read.ok && Buffer.compare(read.bytes, bytes) === 0;
  } catch {
    return false; // creating it will say what is wrong
  }
}

/**
 * The backup where it may give way: it is what fix kept, of a file that is not there any more, as the driver was linked
 * again since. No fix and no signature changes TimeDateStamp, so whatever else has changed, a driver that has the backup's
 * is still the one that was fixed, and the backup its only original.
 */
function ofEarlierBuild(path: string, before: Uint8Array): FileIdentity | null {
  const backup = backupPath(path);
  if (lstatSync(backup, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const kept = readImage(backup);
  const record = readRecord(path);
  if (!kept.ok || !record.ok || record.value === null || !isContent(kept.bytes, record.value.original)) return null;
  const [then, now] = [parseImage(kept.bytes), parseImage(before)];
  return then.ok && now.ok && isLinkedAgain(then.value, now.value) ? kept.identity : null;
}

function isLinkedAgain(then: Image, now: Image): boolean {
  if (then.fileHeader.timeDateStamp === now.fileHeader.timeDateStamp) return false;
  // A tool may have stamped the fixed driver: then it has the sections of the backup, and a header that fix edited.
  return !sectionBytes(then).equals(sectionBytes(now)) || headerWithoutStamp(then).equals(headerWithoutStamp(now));
}

function sectionBytes({ bytes, optionalHeader, sections }: Image): Buffer {
  let end = 0;
  for (const { rawOffset, rawSize } of sections) end = Math.max(end, rawOffset + rawSize);
  return Buffer.from(bytes.subarray(optionalHeader.sizeOfHeaders, end));
}

function headerWithoutStamp({ bytes, fileHeader, optionalHeader }: Image): Buffer {
  const header = Buffer.from(bytes.subarray(0, optionalHeader.sizeOfHeaders));
  for (const offset of [fileHeader.offset + TIME_DATE_STAMP, optionalHeader.offset + OPTIONAL_HEADER_FIELDS.checkSum])
    header.fill(0, offset, offset + 4);
  return header;
}

/** Which of the two originals is wanted back is not ours to say. */
const otherBackup = (path: string, backup: string): FileFailure =>
  fileFailure(
    'exists',
    backup,
    `Cannot keep ${path} as ${backup}: a file of that name is already there, with other bytes than the driver has now, and it is not known to be of an earlier build. Remove it or rename it if nobody wants it back, or leave --backup out.`,
  );

/** What has the name now may be the only copy of the original: nobody is told to remove it. */
const madeMeanwhile = (path: string, backup: string): FileFailure =>
  fileFailure(
    'exists',
    backup,
    `Cannot keep ${path} as ${backup}: another run made that file meanwhile. Keep it, and run again when the other run has ended.`,
  );
