/**
 * The images of a .cab or .zip: in a first pass over the archive its INF files and catalogs, in a second the images, one in
 * memory at a time.
 */
import type { FileFailure } from '../files/failure.js';
import { isImageName } from '../files/image-names.js';
import type { ImageBuffer } from '../files/read.js';
import { LARGEST_CATALOG } from './catalog/beside.js';
import { Contents } from './contents.js';
import { notThere } from './inf/words.js';
import { isStopped, type Listener } from './listener.js';
import { type ArchiveLimits, isNested, LIMITS, type Member, nothingInside, reserve, type Wanted } from './members.js';
import { failure, type PackageFailure, type PackageImage } from './package-image.js';
import { openRandomAccess, type RandomAccess } from './random-access.js';
import { emptyPart } from './read-part.js';

/** @param room what all members are unpacked into, one after the other */
export async function* archiveImages(
  path: string,
  room: ImageBuffer,
  listener: Listener | null = null,
  limits: ArchiveLimits = LIMITS,
): AsyncGenerator<PackageImage | PackageFailure> {
  const file = openRandomAccess(path);
  if (!file.ok) {
    yield failure(file);
    return;
  }
  try {
    if (file.size === 0) yield failure(emptyPart(path));
    else yield* imagesIn(file, room, limits, listener);
  } finally {
    file.close();
  }
}

async function* imagesIn(
  file: RandomAccess,
  room: ImageBuffer,
  limits: ArchiveLimits,
  listener: Listener | null,
): AsyncGenerator<PackageImage | PackageFailure> {
  const contents = new Contents(file.path, limits);
  const small = { ...limits, member: Math.min(limits.member, LARGEST_CATALOG) };
  let largest = 0;
  const inFirst = (name: string, size: number): boolean => {
    contents.holds(name);
    if (size <= limits.member && isImageName(name)) largest = Math.max(largest, size);
    return /\.(?:inf|cat)$/i.test(name);
  };
  for await (const member of members(file, inFirst, room, small, listener)) {
    if (!member.ok) contents.holdsFailed(member);
    const wrong = member.ok ? contents.add(member) : member;
    // What is wrong with the archive, and archives in it, show in the second pass again.
    if (wrong !== null && wrong.path !== file.path && !isNested(wrong.path)) yield failure(wrong, true);
  }
  let any = false;
  for (const each of contents.settle()) {
    any = true;
    yield failure(each);
  }
  // All of it at once, as a room that grows is held twice while it does.
  const reserved = reserve(room, file.path, largest);
  if (!reserved.ok) {
    yield failure(reserved);
    return;
  }
  let notes = contents.notes;
  let isWhole = true;
  for await (const member of members(file, (name) => contents.isImage(name), room, limits, listener)) {
    if (!member.ok) {
      isWhole &&= member.path !== file.path;
      const isNamed = contents.isNamed(member);
      // An archive with nothing but archives in it has had nothing checked.
      const minor = member.path !== file.path && isNested(member.path) && !isNamed;
      any ||= !minor;
      yield failure(member, minor);
    } else {
      any = true;
      const namedBy = contents.namedBy(member.name);
      const { path, bytes } = member;
      yield { ok: true, path, bytes, archive: file.path, namedBy, catalogs: contents.catalogs, notes };
      notes = [];
    }
  }
  // What was not reached is not missing.
  if (!isWhole || (await isStopped(listener))) return;
  for (const { inf, image, path } of contents.notSeen()) {
    any = true;
    yield failure(notThere(inf, image, path));
  }
  if (!any) yield failure(nothingInside(file.path));
}

async function* members(
  file: RandomAccess,
  wanted: Wanted,
  room: ImageBuffer,
  limits: ArchiveLimits,
  listener: Listener | null,
): AsyncGenerator<Member | FileFailure> {
  // By content: a cabinet is often called .zip. What is neither is judged as what it is called.
  const start = file.read(0, 4).toString('latin1');
  const isCab = start === 'MSCF' || (/\.cab$/i.test(file.path) && !start.startsWith('PK'));
  if (!isCab) {
    yield* (await import('./zip/zip.js')).zipMembers(file, wanted, room, limits, listener);
    return;
  }
  const { cabMembers } = await import('./cab/cab.js');
  for (const member of cabMembers(file, wanted, room, limits, () => listener?.isDue === true)) {
    if (await isStopped(listener)) return;
    if (member !== null) yield member;
  }
}
