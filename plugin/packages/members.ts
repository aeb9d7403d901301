/** What an archive gives: its images, INF files and catalogs one after the other, and a failure for each it cannot give. */
import { type FileFailure, fileFailure } from '../files/failure.js';
import type { ImageBuffer } from '../files/read.js';

export interface Member {
  readonly ok: true;
  /** As reports show it: `package.cab!x64/driver.sys`. */
  readonly path: string;
  /** Inside the archive, with `/`. */
  readonly name: string;
  /** In the room that all members share: good until the next is asked for. */
  readonly bytes: Uint8Array;
}

/** Whether a member is asked for, by its name and by what it claims to unpack to. */
export type Wanted = (name: string, size: number) => boolean;

/** Bytes a hostile archive may cost. The largest real driver has some 100 MB, the largest package about 1 GB. */
export interface ArchiveLimits {
  /** Of one member, unpacked. */
  readonly member: number;
  /** Of all that is unpacked, what has to be unpacked on the way to a wanted member included. */
  readonly total: number;
  readonly members: number;
  /** Images that its INF files name, and files that its catalogs list: all are held. A pack of all drivers has some 10,000. */
  readonly named: number;
  readonly listed: number;
}

export const LIMITS: ArchiveLimits = {
  member: 256 << 20,
  total: 2 ** 31,
  members: 100_000,
  named: 100_000,
  listed: 500_000,
};

/** `size` bytes of the room, which the next member overwrites. Memory that nothing is written to is not taken. */
export function reserve(
  room: ImageBuffer,
  path: string,
  size: number,
): { readonly ok: true; readonly bytes: Uint8Array } | FileFailure {
  try {
    return { ok: true, bytes: room.reserve(size).subarray(0, size) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const why = 'there is not enough memory for it. Unpack it and check it by itself.';
    return fileFailure('too-large', path, `Cannot unpack ${path}: ${why}`);
  }
}

export const memberPath = (archive: string, name: string): string => `${archive}!${name}`;

/** Told of, not opened: an archive inside an archive, a compressed image or INF. */
export const isNested = (name: string): boolean => /\.(?:cab|zip|msi|7z|(?:sy|dl|ex|ef|in)_)$/i.test(name);

/** Why a member's name must not be used, or null. Nothing is written, but reports and look-ups name it. */
export function nameProblem(name: string): string | null {
  if (name.includes('\0')) return 'there is a NUL character in its name';
  if (/^(?:[\\/]|[A-Za-z]:)/.test(name)) return 'its path is absolute';
  if (name.split(/[\\/]/).includes('..')) return 'its path leads out of the archive';
  return null;
}

export const withSlashes = (name: string): string => name.replaceAll('\\', '/');

export const outside = (archive: string, name: string, why: string): FileFailure =>
  fileFailure(
    'outside',
    memberPath(archive, name),
    `Passed over ${name} in ${archive}: ${why}. No packaging tool makes such a name: do not trust this archive.`,
  );

export const notOpened = (archive: string, name: string): FileFailure => {
  const remedy = /_$/.test(name)
    ? 'Unpack it with `expand` and check the result.'
    : 'Unpack it and check it by itself.';
  const what = /_$/.test(name) ? 'it is compressed' : 'archives inside archives are not opened';
  return fileFailure(
    'not-supported',
    memberPath(archive, name),
    `Passed over ${name} in ${archive}: ${what}. ${remedy}`,
  );
};

export const tooLargeMember = (archive: string, name: string, size: number, limit: number): FileFailure =>
  fileFailure(
    'limit',
    memberPath(archive, name),
    `Passed over ${name} in ${archive}: it unpacks to ${size} bytes; the limit is ${limit}. Unpack it and check it by itself.`,
  );

export const overTotal = (archive: string, limit: number): FileFailure =>
  fileFailure(
    'limit',
    archive,
    `Stopped in ${archive}: it unpacks to more than ${limit} bytes. Unpack it and check the folder.`,
  );

export const tooManyMembers = (archive: string, count: number, limit: number): FileFailure =>
  fileFailure(
    'limit',
    archive,
    `Cannot read ${archive}: it has ${count} members; the limit is ${limit}. Unpack it and check the folder.`,
  );

export const tooManyNames = (path: string, doing: 'name' | 'list', limit: number): FileFailure =>
  fileFailure(
    'limit',
    path,
    `Passed over ${path}: it and those before it ${doing} more than ${limit} files. Unpack the archive and check the folder.`,
  );

export const nothingInside = (archive: string): FileFailure =>
  fileFailure(
    'no-match',
    archive,
    `Nothing to check in ${archive}: it holds no .sys, .dll, .exe or .efi file. Name the archive with the driver.`,
  );
