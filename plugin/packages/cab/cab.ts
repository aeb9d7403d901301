/** The members of a cabinet, unpacked into memory folder by folder. */
import { type FileFailure, fileFailure, fromSystemError } from '../../files/failure.js';
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
  tooLargeMember,
  withSlashes,
} from '../members.js';
import type { RandomAccess } from '../random-access.js';
import { DecodeError, decoderFor, METHOD_NAMES, unpackedBlocks } from './blocks.js';
import { type CabDirectory, type CabFile, readCabDirectory } from './header.js';

/** What a piece of a member is counted as, however small: blocks may have one byte. */
const PIECE = 4096;

/**
 * Members in the order of the folders; a failure for each that cannot be given. Never throws. Null, where `isPauseDue`:
 * nothing yet, so that a caller can do something else before it goes on, or end.
 */
export function* cabMembers(
  file: RandomAccess,
  wanted: (name: string) => boolean,
  limits: ArchiveLimits = LIMITS,
  isPauseDue: () => boolean = () => false,
): Generator<Member | FileFailure | null> {
  try {
    const directory = readCabDirectory(file);
    if (!directory.ok) {
      const { why, offset } = directory;
      yield damaged(file.path, file.path, `${why} (offset ${offset})`);
      return;
    }
    const byFolder = directory.folders.map((): CabFile[] => []);
    for (const member of directory.files) {
      const refused = refusal(file.path, member, wanted, limits);
      if (refused !== null) yield refused;
      else if (wanted(member.name)) byFolder[member.folder]?.push(member);
    }
    const budget = { left: limits.total };
    for (const [index, here] of byFolder.entries()) {
      here.sort((a, b) => a.start - b.start);
      if (here.length > 0) yield* unpackFolder(file, directory, index, here, budget, isPauseDue);
      if (budget.left < 0) {
        yield overTotal(file.path, limits.total);
        return;
      }
    }
  } catch (error) {
    yield fromSystemError(error, 'read', file.path);
  }
}

/** Null for a member that may be unpacked, or that nobody asks for. */
function refusal(
  archive: string,
  { name, size, spans }: CabFile,
  wanted: (name: string) => boolean,
  limits: ArchiveLimits,
): FileFailure | null {
  const shown = withSlashes(name);
  if (isNested(name)) return notOpened(archive, shown);
  if (!wanted(name)) return null;
  const problem = nameProblem(name);
  if (problem !== null) return outside(archive, shown, problem);
  if (spans) {
    const why =
      'a part of it is in another cabinet of a set. Unpack the set with `expand` or cabextract and check the folder.';
    return fileFailure('not-supported', memberPath(archive, shown), `Passed over ${shown} in ${archive}: ${why}`);
  }
  return size > limits.member ? tooLargeMember(archive, shown, size, limits.member) : null;
}

/** `files` by their start; they may overlap. Each is given as soon as its last byte is unpacked. */
function* unpackFolder(
  file: RandomAccess,
  { folders, dataReserve }: CabDirectory,
  index: number,
  files: readonly CabFile[],
  budget: { left: number },
  isPauseDue: () => boolean,
): Generator<Member | FileFailure | null> {
  const folder = folders[index];
  if (folder === undefined) return;
  const decode = decoderFor(folder);
  if (decode === null) {
    const method = METHOD_NAMES[folder.method] ?? `method ${folder.method}`;
    for (const { name } of files) yield unknownMethod(file.path, withSlashes(name), method);
    return;
  }
  const pending = [...files];
  let open: { file: CabFile; parts: Uint8Array[] }[] = [];
  let position = 0;
  try {
    for (const block of unpackedBlocks(file, folder, dataReserve, decode)) {
      if (isPauseDue()) yield null;
      const end = position + block.length;
      budget.left -= block.length;
      while (pending[0] !== undefined && pending[0].start < end)
        open.push({ file: pending.shift() as CabFile, parts: [] });
      for (const { file: member, parts } of open) {
        const part = block.slice(
          Math.max(0, member.start - position),
          Math.max(0, member.start + member.size - position),
        );
        // What is held counts: overlapping members would each hold the same bytes, and pieces cost more than their bytes.
        budget.left -= Math.max(part.length, PIECE);
        if (part.length > 0) parts.push(part);
      }
      if (budget.left < 0) return;
      const done = open.filter(({ file: member }) => member.start + member.size <= end);
      open = open.filter(({ file: member }) => member.start + member.size > end);
      for (const { file: member, parts } of done) yield memberOf(file.path, member, parts);
      position = end;
      if (pending.length === 0 && open.length === 0) return;
    }
    for (const { name } of [...open.map(({ file: member }) => member), ...pending])
      yield cutOff(file.path, withSlashes(name));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    for (const { name } of [...open.map(({ file: member }) => member), ...pending])
      yield damaged(file.path, memberPath(file.path, withSlashes(name)), error.message);
  }
}

function memberOf(archive: string, { name }: CabFile, parts: readonly Uint8Array[]): Member {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const shown = withSlashes(name);
  return { ok: true, path: memberPath(archive, shown), name: shown, bytes };
}

const cutOff = (archive: string, name: string): FileFailure =>
  damaged(archive, memberPath(archive, name), 'its folder ends before it does');

const damaged = (archive: string, path: string, why: string): FileFailure =>
  fileFailure('damaged', path, `Cannot unpack ${path}: ${why}. Get ${archive} again, or make it again.`);

const unknownMethod = (archive: string, name: string, method: string): FileFailure =>
  fileFailure(
    'not-supported',
    memberPath(archive, name),
    `Passed over ${name} in ${archive}: it is packed with ${method}. Unpack it with \`expand\` or cabextract and check the folder.`,
  );
