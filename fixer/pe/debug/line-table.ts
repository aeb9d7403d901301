/**
 * Source lines of one module: C13 subsections. Source: LLVM's documentation of the module stream and Microsoft's
 * published cvinfo.h (CV_DebugSLinesHeader_t, CV_Line_t).
 */
import { align4, nameAt, u16, u32 } from './little-endian.js';
import type { PdbSections } from './pdb-sections.js';
import { RvaIndexBuilder } from './rva-index.js';

const DEBUG_S_LINES = 0xf2;
const DEBUG_S_FILECHKSMS = 0xf4;
const CV_LINES_HAVE_COLUMNS = 1;
/** Line numbers that mean "no source line": code of the compiler's own. */
const hiddenLines = new Set([0, 0xf00f00, 0xfeefee]);
/** Marks the end of a run of code; no real entry has this offset. */
const noEntry = -1;

export interface LineTable {
  line(rva: number): { readonly file: string; readonly line: number } | null;
}

/**
 * @param bytes the module's C13 subsections; kept
 * @param names the `/names` stream's strings, see `readStringTable`
 */
export function readLineTable(bytes: Uint8Array, names: Uint8Array, sections: PdbSections): LineTable {
  const builder = new RvaIndexBuilder();
  const files = new Map<number, number>();
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
    } else if (kind === DEBUG_S_LINES) {
      addLines(bytes, start, end, sections, builder, files);
    }
    at = align4(end);
  }
  // The last entry of equal rvas wins: the end of one run gives way to the start of the next.
  const index = builder.build('last');
  return {
    line(rva) {
      const found = index.floor(rva);
      const entry = index.payload(found);
      const line = u32(bytes, entry + 4) & 0xffffff;
      if (found === -1 || entry === noEntry || hiddenLines.has(line)) {
        return null;
      }
      const block = files.get(entry) ?? entryBlock(bytes, entry, files);
      const file = nameAt(names, u32(bytes, checksums + u32(bytes, block)), names.length);
      return { file, line };
    },
  };
}
