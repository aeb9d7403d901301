/**
 * Source lines of one module: C13 subsections. Source: LLVM's documentation, "The Module Information Stream", and
 * Microsoft's published cvinfo.h (CV_DebugSLinesHeader_t, CV_Line_t).
 */
import { align4, nameAt, u16, u32 } from './little-endian.js';
import type { PdbSections } from './pdb-sections.js';
import { type RvaIndex, RvaIndexBuilder } from './rva-index.js';

const DEBUG_S_LINES = 0xf2;
const DEBUG_S_FILECHKSMS = 0xf4;
const CV_LINES_HAVE_COLUMNS = 1;
const linesHeaderSize = 12;
const blockHeaderSize = 12;
/** Signature, version and size of the strings in `/names`. */
const stringTableHeaderSize = 12;
/** Line numbers that mean "no source line": code of the compiler's own. */
const hiddenLines: ReadonlySet<number> = new Set([0, 0xf00f00, 0xfeefee]);

export interface SourceLine {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

export interface LineTable {
  line(rva: number): SourceLine | null;
}

/** Columns of a table: a row is a line entry. `entries` and `blocks` are offsets into the C13 subsections. */
interface LineRows {
  readonly entries: number[];
  /** The block that the entry is in; it names the file. */
  readonly blocks: number[];
  /** The rva behind the run of code that the entry belongs to. */
  readonly ends: number[];
}

/**
 * Reads as far as the subsections make sense; lines past damage are not known.
 *
 * @param bytes the module's C13 subsections; kept
 * @param names the `/names` stream: a header of 12 bytes, then NUL-terminated file names
 */
export function readLineTable(bytes: Uint8Array, names: Uint8Array, sections: PdbSections): LineTable {
  const builder = new RvaIndexBuilder();
  const rows: LineRows = { entries: [], blocks: [], ends: [] };
  let checksums = 0;
  for (let at = 0; at + 8 <= bytes.length; ) {
    const kind = u32(bytes, at);
    const start = at + 8;
    const end = start + u32(bytes, at + 4);
    if (end > bytes.length) {
      break;
    }
    if (kind === DEBUG_S_FILECHKSMS) {
      checksums = start;
    } else if (kind === DEBUG_S_LINES && end - start >= linesHeaderSize) {
      addRun(bytes, start, end, sections, builder, rows);
    }
    at = align4(end);
  }
  // Of equal rvas the last one stays: the later entry is the statement that has code there.
  const index = builder.build('last');
  return { line: (rva) => lineAt(rva, index, rows, bytes, names, checksums) };
}

/** One DEBUG_S_LINES subsection: a run of code, and blocks of line entries, a block for each file. */
function addRun(
  bytes: Uint8Array,
  start: number,
  end: number,
  sections: PdbSections,
  builder: RvaIndexBuilder,
  rows: LineRows,
): void {
  const section = u16(bytes, start + 4);
  const first = u32(bytes, start);
  const size = u32(bytes, start + 8);
  const base = sections.toRva(section, first);
  if (base === null || size === 0 || sections.toRva(section, first + size) === null) {
    return;
  }
  const entrySize = (u16(bytes, start + 6) & CV_LINES_HAVE_COLUMNS) === 0 ? 8 : 12;
  let block = start + linesHeaderSize;
  while (block + blockHeaderSize <= end) {
    const count = u32(bytes, block + 4);
    const blockEnd = block + u32(bytes, block + 8);
    // Columns, where there are any, follow the entries of the block.
    if (blockEnd > end || block + blockHeaderSize + entrySize * count > blockEnd) {
      break;
    }
    for (let i = 0; i < count; i++) {
      const entry = block + blockHeaderSize + 8 * i;
      if (u32(bytes, entry) < size) {
        builder.add(base + u32(bytes, entry), rows.entries.length);
        rows.entries.push(entry);
        rows.blocks.push(block);
        rows.ends.push(base + size);
      }
    }
    block = Math.max(blockEnd, block + blockHeaderSize);
  }
}

function lineAt(
  rva: number,
  index: RvaIndex,
  rows: LineRows,
  bytes: Uint8Array,
  names: Uint8Array,
  checksums: number,
): SourceLine | null {
  const found = index.floor(rva);
  const row = index.payload(found);
  if (found === -1 || rva >= (rows.ends[row] ?? 0)) {
    return null;
  }
  const entry = rows.entries[row] ?? 0;
  const line = u32(bytes, entry + 4) & 0xffffff;
  const checksum = checksums + u32(bytes, rows.blocks[row] ?? 0);
  if (hiddenLines.has(line) || checksum + 4 > bytes.length) {
    return null;
  }
  return { file: nameAt(names, stringTableHeaderSize + u32(bytes, checksum), names.length), line };
}
