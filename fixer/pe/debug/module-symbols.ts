/** What one module's stream says: its functions and statics, and their source lines. */
import { failed, type Parsed, parsed } from '../errors.js';
import type { DbiModule } from './dbi.js';
import { type LineTable, readLineTable } from './line-table.js';
import { u32 } from './little-endian.js';
import type { MsfStream } from './msf.js';
import type { PdbSections } from './pdb-sections.js';
import { type RvaIndex, RvaIndexBuilder } from './rva-index.js';
import { recordSize, visitSymbols } from './symbol-records.js';

/** CV_SIGNATURE_C13, of every compiler since Visual C++ 7. */
const c13Signature = 4;

/** Payloads of the indexes are record offsets in `bytes`, for `recordName` and `recordSize`. */
export interface ModuleSymbols {
  readonly bytes: Uint8Array;
  /** Those with a size. */
  readonly functions: RvaIndex;
  readonly data: RvaIndex;
  /** Made when called: most lookups need no lines. */
  lines(names: Uint8Array): LineTable;
}

/** Source: LLVM's documentation, "The Module Information Stream". */
export function parseModuleSymbols(stream: MsfStream, module: DbiModule, sections: PdbSections): Parsed<ModuleSymbols> {
  const { bytes, number } = stream;
  const c13Offset = module.symbolSize + module.c11Size;
  const needed = c13Offset + module.c13Size;
  if (needed > bytes.length) {
    const message = `stream ${number} of the PDB has ${bytes.length} bytes, its module says ${needed}`;
    return failed('truncated', `pdb.streams[${number}]`, stream.fileOffset(0), needed, bytes.length, message);
  }
  if (module.symbolSize >= 4 && u32(bytes, 0) !== c13Signature) {
    const message = `stream ${number} of the PDB holds symbols of format ${u32(bytes, 0)}; only C13 (4) is read`;
    return failed('unsupported', `pdb.streams[${number}].signature`, stream.fileOffset(0), 4, 4, message);
  }
  const functions = new RvaIndexBuilder();
  const data = new RvaIndexBuilder();
  const damage = visitSymbols(bytes, Math.min(4, module.symbolSize), module.symbolSize, (symbol) => {
    const rva = sections.toRva(symbol.section, symbol.offset);
    if (rva !== null && symbol.kind === 'function' && (recordSize(bytes, symbol.record) ?? 0) > 0) {
      functions.add(rva, symbol.record);
    } else if (rva !== null && symbol.kind === 'data') {
      data.add(rva, symbol.record);
    }
  });
  if (damage !== null) {
    const message = `the symbol record at ${damage} of stream ${number} of the PDB runs past the module's symbols`;
    return failed('malformed', `pdb.streams[${number}]`, stream.fileOffset(damage), 4, needed - damage, message);
  }
  return parsed({
    bytes,
    functions: functions.build('first'),
    data: data.build('first'),
    lines: (names) => readLineTable(bytes.subarray(c13Offset, needed), names, sections),
  });
}
