/** The directory of a cabinet: CFHEADER, CFFOLDER, CFFILE. Source: MS-CAB, section 2. */
import type { RandomAccess } from '../random-access.js';

const SIGNATURE = 'MSCF';
const FLAG_PREVIOUS = 1;
const FLAG_NEXT = 2;
const FLAG_RESERVE = 4;
const NAME_IS_UTF8 = 0x80;
/** szName has at most 255 bytes and a NUL. */
const LONGEST_NAME = 256;
/** Above 65,535 files with the longest names. */
const LARGEST_DIRECTORY = 32 << 20;

export interface CabFolder {
  /** File offset of the first CFDATA. */
  readonly dataOffset: number;
  readonly dataBlocks: number;
  /** 0 stored, 1 MSZIP, 2 Quantum, 3 LZX. */
  readonly method: number;
  /** LZX: the window is 2 to the power of this. */
  readonly windowBits: number;
}

export interface CabFile {
  readonly name: string;
  readonly size: number;
  /** In the unpacked folder. */
  readonly start: number;
  readonly folder: number;
  /** `spans`: begins in the cabinet before or goes on in the next one. */
  readonly spans: boolean;
}

export interface CabDirectory {
  readonly ok: true;
  readonly folders: readonly CabFolder[];
  readonly files: readonly CabFile[];
  /** Bytes that each CFDATA header has reserved. */
  readonly dataReserve: number;
}

export interface CabProblem {
  readonly ok: false;
  readonly why: string;
  readonly offset: number;
}

const problem = (offset: number, why: string): CabProblem => ({ ok: false, offset, why });

export function readCabDirectory(file: RandomAccess): CabDirectory | CabProblem {
  const header = file.read(0, 40);
  if (header.length < 36 || header.toString('latin1', 0, 4) !== SIGNATURE)
    return problem(0, 'it does not start as a cabinet does');
  const filesOffset = header.readUInt32LE(16);
  const folderCount = header.readUInt16LE(26);
  const fileCount = header.readUInt16LE(28);
  const flags = header.readUInt16LE(30);
  if (header[25] !== 1) return problem(24, `its format version is ${header[25]}, not 1`);
  const reserves = (flags & FLAG_RESERVE) !== 0;
  if (reserves && header.length < 40) return problem(36, 'it ends inside its header');
  const folderReserve = reserves ? (header[38] as number) : 0;
  const dataReserve = reserves ? (header[39] as number) : 0;
  let at = reserves ? 40 + header.readUInt16LE(36) : 36;
  // Names of the neighbours in a set, and of their disks.
  const names = ((flags & FLAG_PREVIOUS) !== 0 ? 2 : 0) + ((flags & FLAG_NEXT) !== 0 ? 2 : 0);
  for (let skipped = 0; skipped < names; skipped++) {
    const end = file.read(at, LONGEST_NAME).indexOf(0);
    if (end < 0) return problem(at, 'it ends inside the name of its neighbour');
    at += end + 1;
  }
  const folders = readFolders(file, at, folderCount, folderReserve);
  if (!Array.isArray(folders)) return folders;
  const files = readFiles(file, filesOffset, fileCount, folders.length);
  return Array.isArray(files) ? { ok: true, folders, files, dataReserve } : files;
}

function readFolders(file: RandomAccess, offset: number, count: number, reserve: number): CabFolder[] | CabProblem {
  const size = 8 + reserve;
  const bytes = file.read(offset, count * size);
  if (bytes.length < count * size) return problem(offset, 'it ends inside its list of folders');
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    const type = bytes.readUInt16LE(at + 6);
    return {
      dataOffset: bytes.readUInt32LE(at),
      dataBlocks: bytes.readUInt16LE(at + 4),
      method: type & 0xf,
      windowBits: (type >> 8) & 0x1f,
    };
  });
}

function readFiles(file: RandomAccess, offset: number, count: number, folders: number): CabFile[] | CabProblem {
  const bytes = file.read(offset, Math.min(count * (16 + LONGEST_NAME), LARGEST_DIRECTORY));
  const files: CabFile[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const end = at + 16 <= bytes.length ? bytes.indexOf(0, at + 16) : -1;
    if (end < 0 || end - at - 16 > LONGEST_NAME) return problem(offset + at, 'it ends inside its list of files');
    const folder = bytes.readUInt16LE(at + 8);
    const spans = folder >= 0xfffd;
    if (!spans && folder >= folders)
      return problem(offset + at + 8, `a file is in folder ${folder}, and there are ${folders}`);
    const utf8 = (bytes.readUInt16LE(at + 14) & NAME_IS_UTF8) !== 0;
    files.push({
      name: bytes.toString(utf8 ? 'utf8' : 'latin1', at + 16, end),
      size: bytes.readUInt32LE(at),
      start: bytes.readUInt32LE(at + 4),
      folder,
      spans,
    });
    at = end + 1;
  }
  return files;
}
