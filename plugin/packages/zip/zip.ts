/** The members of a zip archive, inflated into memory one by one. yauzl reads the central directory and the data. */
import { crc32 } from 'node:zlib';
import { type Entry, fromFdPromise, getFileNameLowLevel, type ZipFile } from 'yauzl';
import { errorCode, type FileFailure, fileFailure, fromSystemError } from '../../files/failure.js';
import type { ImageBuffer } from '../../files/read.js';
import { isStopped, type Listener } from '../listener.js';
import {
  type ArchiveLimits,
  isNested,
  LIMITS,
  type Member,
  memberPath,
  nameProblem,
  notOpened,
  outside,
  overTotal,
  reserve,
  tooLargeMember,
  tooManyMembers,
  type Wanted,
  withSlashes,
} from '../members.js';
import type { RandomAccess } from '../random-access.js';

/** Members in the order of the directory; a failure for each that cannot be given. Never rejects. */
export async function* zipMembers(
  file: RandomAccess,
  wanted: Wanted,
  room: ImageBuffer,
  limits: ArchiveLimits = LIMITS,
  listener: Listener | null = null,
): AsyncGenerator<Member | FileFailure> {
  let left = limits.total;
  try {
    // Names are decoded and judged here: one bad name must not hide the members behind it.
    const zip = await fromFdPromise(file.descriptor, { autoClose: false, decodeStrings: false });
    if (zip.entryCount > limits.members) {
      yield tooManyMembers(file.path, zip.entryCount, limits.members);
      return;
    }
    for await (const entry of zip.eachEntry()) {
      if (await isStopped(listener)) return;
      const name = nameOf(entry);
      const refused = refusal(file.path, name, entry, wanted, limits);
      if (refused !== null) yield refused;
      else if (wanted(name, entry.uncompressedSize)) {
        left -= entry.uncompressedSize;
        if (left < 0) {
          yield overTotal(file.path, limits.total);
          return;
        }
        const member = await inflated(file.path, name, zip, entry, room, listener);
        if (member === null) return;
        yield member;
      }
    }
  } catch (error) {
    yield errorCode(error).startsWith('E')
      ? fromSystemError(error, 'read', file.path)
      : damaged(file.path, file.path, error);
  }
}

/** As stored, but for the encoding: what is wrong with a name is for the caller to say. */
const nameOf = ({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string =>
  withSlashes(getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true));

function refusal(
  archive: string,
  name: string,
  entry: Entry,
  wanted: Wanted,
  limits: ArchiveLimits,
): FileFailure | null {
  if (isNested(name)) return notOpened(archive, name);
  if (!wanted(name, entry.uncompressedSize)) return null;
  const problem = nameProblem(name);
  if (problem !== null) return outside(archive, name, problem);
  if (!entry.canDecodeFileData()) {
    const why = entry.isEncrypted()
      ? 'it is encrypted'
      : `its compression method ${entry.compressionMethod} is not known`;
    const message = `Passed over ${name} in ${archive}: ${why}. Unpack it and check the folder.`;
    return fileFailure('not-supported', memberPath(archive, name), message);
  }
  return entry.uncompressedSize > limits.member
    ? tooLargeMember(archive, name, entry.uncompressedSize, limits.member)
    : null;
}

/**
 * Null where the listener wants no more. yauzl stops as soon as more bytes come than the directory declares, and the
 * declared size is within the limits.
 */
async function inflated(
  archive: string,
  name: string,
  zip: ZipFile,
  entry: Entry,
  room: ImageBuffer,
  listener: Listener | null,
): Promise<Member | FileFailure | null> {
  const path = memberPath(archive, name);
  const reserved = reserve(room, path, entry.uncompressedSize);
  if (!reserved.ok) return reserved;
  const { bytes } = reserved;
  let length = 0;
  try {
    for await (const part of await zip.openReadStreamPromise(entry)) {
      bytes.set(part as Buffer, length);
      length += (part as Buffer).length;
      if (await isStopped(listener)) return null;
    }
  } catch (error) {
    return damaged(archive, path, error);
  }
  return crc32(bytes) === entry.crc32
    ? { ok: true, path, name, bytes }
    : damaged(archive, path, new Error('its CRC-32 is wrong'));
}

const damaged = (archive: string, path: string, error: unknown): FileFailure =>
  fileFailure('damaged', path, `Cannot unpack ${path}: ${wordsOf(error)}. Get ${archive} again, or make it again.`);

const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/[.\s]+$/, '');
