/** The debug information stream (number 3): modules, section contributions and the numbers of other streams. */
import { failed, type Parsed, parsed } from '../errors.js';
import { align4, nameAt, nameEnd, u16, u32 } from './little-endian.js';
import type { MsfStream } from './msf.js';

export const dbiStream = 3;

/** The stream number that stands for "there is none". */
const absent = 0xffff;
const headerSize = 64;
const moduleHeaderSize = 64;
/** The header's sizes of the substreams, at these offsets, in the order in which the substreams follow it. */
const substreamSizeOffsets = [24, 28, 32, 36, 40, 52, 48] as const;

/** One object file. Its stream holds `symbolSize` bytes of records, then `c11Size` and `c13Size` bytes of lines. */
export interface DbiModule {
  readonly name: string;
  /** Stream number, or null for a module without symbols (an import library's member, a stripped PDB). */
  readonly stream: number | null;
  readonly symbolSize: number;
  readonly c11Size: number;
  readonly c13Size: number;
}

export interface Dbi {
  /** The age that the image's CodeView record repeats: link.exe bumps it with every incremental link. */
  readonly age: number;
  /** IMAGE_FILE_MACHINE_*. */
  readonly machine: number;
  readonly symbolRecordStream: number | null;
  readonly sectionHeaderStream: number | null;
  /** A tool moved code after the link (BBT); section:offset means the layout before. */
  readonly hasOmap: boolean;
  readonly modules: readonly DbiModule[];
  /** The section contribution substream, see section-contributions.ts. */
  readonly contributions: Uint8Array;
}

/** Source: LLVM's documentation, "The PDB DBI Stream". */
export function parseDbi(stream: MsfStream): Parsed<Dbi> {
  const { bytes } = stream;
  if (bytes.length < headerSize) {
    const message = `the PDB's DBI stream has ${bytes.length} bytes; its header has ${headerSize}`;
    return failed('truncated', 'dbi.header', stream.fileOffset(0), headerSize, bytes.length, message);
  }
  if (u32(bytes, 0) !== 0xffffffff) {
    const message = 'the DBI stream has a header of before Visual C++ 5, which is not read';
    return failed('unsupported', 'dbi.versionSignature', stream.fileOffset(0), 4, 4, message);
  }
  const ends: number[] = [];
  let end = headerSize;
  for (const offset of substreamSizeOffsets) {
    // Sizes are signed in the format; a negative one, read unsigned, is larger than any stream.
    end += u32(bytes, offset);
    ends.push(end);
    if (end > bytes.length) {
      const message = `a substream of the DBI stream ends at ${end}; the stream has ${bytes.length} bytes`;
      return failed('out-of-range', 'dbi.substreamSizes', stream.fileOffset(offset), end, bytes.length, message);
    }
  }
  const [modulesEnd = 0, contributionsEnd = 0] = ends;
  const optional = bytes.subarray(ends[5], ends[6]);
  const optionalStream = (index: number) =>
    2 * index + 2 > optional.length ? null : present(u16(optional, 2 * index));
  const modules = readModules(stream, modulesEnd);
  if (!modules.ok) {
    return modules;
  }
  return parsed({
    age: u32(bytes, 8),
    machine: u16(bytes, 58),
    symbolRecordStream: present(u16(bytes, 20)),
    sectionHeaderStream: optionalStream(5),
    hasOmap: optionalStream(3) !== null || optionalStream(4) !== null,
    modules: modules.value,
    contributions: bytes.subarray(modulesEnd, contributionsEnd),
  });
}

function readModules(stream: MsfStream, end: number): Parsed<DbiModule[]> {
  const { bytes } = stream;
  const modules: DbiModule[] = [];
  let offset = headerSize;
  while (offset < end) {
    const nameOffset = offset + moduleHeaderSize;
    const nul = nameEnd(bytes, nameOffset, end);
    const objectEnd = nameEnd(bytes, nul + 1, end);
    if (objectEnd >= end) {
      const path = `dbi.modules[${modules.length}]`;
      const message = `module ${modules.length} of the DBI stream runs past the module list`;
      return failed('truncated', path, stream.fileOffset(offset), moduleHeaderSize + 2, end - offset, message);
    }
    modules.push({
      name: nameAt(bytes, nameOffset, nul),
      stream: present(u16(bytes, offset + 34)),
      symbolSize: u32(bytes, offset + 36),
      c11Size: u32(bytes, offset + 40),
      c13Size: u32(bytes, offset + 44),
    });
    offset = align4(objectEnd + 1);
  }
  return parsed(modules);
}

function present(stream: number): number | null {
  return stream === absent ? null : stream;
}
