/** The members of a cabinet, unpacked into memory folder by folder. */
import { type FileFailure, fileFailure, fromSystemError } from '../../files/failure.js';
import type { ImageBuffer } from '../../files/read.js';
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
  type Wanted,
  withSlashes,
} from '../members.js';
import type { RandomAccess } from '../random-access.js';
import { DecodeError, decoderFor, METHOD_NAMES, unpackedBlocks } from './blocks.js';
import { type CabDirectory, type CabFile, readCabDirectory } from './header.js';

/** What a block is counted as, however small: blocks may have one byte. */
const PIECE = 4096;

/**
 * Members in the order of the folders; a failure for each that cannot be given. Never throws. Null, where `isPauseDue`:
 * nothing yet, so that a caller can do something else before it goes on, or end.
 */
export function* cabMembers(
  file: RandomAccess,
  wanted: Wanted,
  room: ImageBuffer,
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
      else if (wanted(member.name, member.size)) byFolder[member.folder]?.push(member);
    }
    const budget = { left: limits.total };
    for (const [index, here] of byFolder.entries()) {
      const { apart, overlapping } = piecesOf(here);
      for (const name of overlapping) yield overlaps(file.path, name);
      if (apart.length > 0) yield* unpackFolder(file, directory, index, apart, room, budget, isPauseDue);
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
  wanted: Wanted,
  limits: ArchiveLimits,
): FileFailure | null {
  const shown = withSlashes(name);
  if (isNested(name)) return notOpened(archive, shown);
  if (!wanted(name, size)) return null;
  const problem = nameProblem(name);
  if (problem !== null) return outside(archive, shown, problem);
  if (spans) {
    const why =
      'a part of it is in another cabinet of a set. Unpack the set with `expand` or cabextract and check the folder.';
    return fileFailure('not-supported', memberPath(archive, shown), `Passed over ${shown} in ${archive}: ${why}`);
  }
  return size > limits.member ? tooLargeMember(archive, shown, size, limits.member) : null;
}

/** Bytes of a folder, and the members that they are: packers that find equal files give them the same place. */
interface Piece {
  readonly start: number;
  readonly size: number;
  readonly names: string[];
}

/** By their start, and the names of those that share only a part of their bytes: each of them would be held besides. */
function piecesOf(files: readonly CabFile[]): { readonly apart: readonly Piece[]; readonly overlapping: string[] } {
  const pieces = new Map<string, Piece>();
  for (const { name, start, size } of files) {
    const key = `${start} ${size}`;
    const known = pieces.get(key);
    if (known === undefined) pieces.set(key, { start, size, names: [withSlashes(name)] });
    else known.names.push(withSlashes(name));
  }
  const apart: Piece[] = [];
  const overlapping: string[] = [];
  let end = 0;
  for (const piece of [...pieces.values()].sort((a, b) => a.start - b.start || a.size - b.size)) {
    if (piece.start < end) overlapping.push(...piece.names);
    else {
      apart.push(piece);
      end = piece.start + piece.size;
    }
  }
  return { apart, overlapping };
}

/** `pieces` by their start and apart from each other. Each is given as soon as its last byte is unpacked. */
function* unpackFolder(
  file: RandomAccess,
  { folders, dataReserve }: CabDirectory,
  index: number,
  pieces: readonly Piece[],
  room: ImageBuffer,
  budget: { left: number },
  isPauseDue: () => boolean,
): Generator<Member | FileFailure | null> {
  const folder = folders[index];
  if (folder === undefined) return;
  const decode = decoderFor(folder);
  if (decode === null) {
    const method = METHOD_NAMES[folder.method] ?? `method ${folder.method}`;
    for (const name of namesFrom(pieces, 0)) yield unknownMethod(file.path, name, method);
    return;
  }
  const largest = pieces.reduce((most, { size }) => Math.max(most, size), 0);
  const reserved = reserve(room, file.path, largest);
  if (!reserved.ok) {
    yield reserved;
    return;
  }
  let at = 0;
  let position = 0;
  try {
    for (const block of unpackedBlocks(file, folder, dataReserve, decode)) {
      if (isPauseDue()) yield null;
      budget.left -= Math.max(block.length, PIECE);
      if (budget.left < 0) return;
      const end = position + block.length;
      for (let piece = pieces[at]; piece !== undefined && piece.start < end; piece = pieces[at]) {
        const { start, size, names } = piece;
        const from = Math.max(start, position);
        reserved.bytes.set(block.subarray(from - position, Math.min(start + size, end) - position), from - start);
        if (start + size > end) break;
        at++;
        for (const [nth, name] of names.entries()) {
          // Nothing is unpacked for the others, but whoever takes them looks at each.
          if (nth > 0) budget.left -= Math.max(size, PIECE);
          if (budget.left < 0) return;
          yield memberOf(file.path, name, reserved.bytes.subarray(0, size));
        }
      }
      position = end;
      if (at === pieces.length) return;
    }
    // An empty one begins, and ends, where the folder does.
    for (const { start, size, names } of pieces.slice(at))
      for (const name of names)
        yield size === 0 && start === position
          ? memberOf(file.path, name, reserved.bytes.subarray(0, 0))
          : cutOff(file.path, name);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    for (const name of namesFrom(pieces, at)) yield damaged(file.path, memberPath(file.path, name), error.message);
  }
}

const memberOf = (archive: string, name: string, bytes: Uint8Array): Member => ({
  ok: true,
  path: memberPath(archive, name),
  name,
  bytes,
});

const namesFrom = (pieces: readonly Piece[], at: number): string[] => pieces.slice(at).flatMap(({ names }) => names);

const overlaps = (archive: string, name: string): FileFailure =>
  fileFailure(
    'damaged',
    memberPath(archive, name),
    `Passed over ${name} in ${archive}: a part of its bytes is another member's too. No packaging tool makes that: do not trust this archive.`,
  );

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
