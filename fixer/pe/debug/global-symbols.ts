/** The symbol record stream: publics and global data of the whole image. */
import { failed, type Parsed, parsed } from '../errors.js';
import type { MsfStream } from './msf.js';
import type { PdbSections } from './pdb-sections.js';
import { type RvaIndex, RvaIndexBuilder } from './rva-index.js';
import { visitSymbols } from './symbol-records.js';

/** Payloads of the indexes are record offsets in `bytes`, for `recordName`. */
export interface GlobalSymbols {
  readonly bytes: Uint8Array;
  readonly data: RvaIndex;
  readonly publics: RvaIndex;
}

/** Source: LLVM's documentation, "The PDB Global Symbol Stream": records one after the other, without a header. */
export function parseGlobalSymbols(stream: MsfStream, sections: PdbSections): Parsed<GlobalSymbols> {
  const { bytes } = stream;
  const data = new RvaIndexBuilder();
  const publics = new RvaIndexBuilder();
  const damage = visitSymbols(bytes, 0, bytes.length, (symbol) => {
    const rva = sections.toRva(symbol.section, symbol.offset);
    if (rva !== null && symbol.kind !== 'function') {
      (symbol.kind === 'data' ? data : publics).add(rva, symbol.record);
    }
  });
  if (damage !== null) {
    const present = bytes.length - damage;
    const message = `the symbol record at ${damage} of the PDB's symbol record stream runs past the stream`;
    return failed('malformed', 'dbi.symbolRecords', stream.fileOffset(damage), 4, present, message);
  }
  return parsed({ bytes, data: data.build('first'), publics: publics.build('first') });
}
