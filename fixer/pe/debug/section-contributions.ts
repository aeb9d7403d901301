/** Which module put which bytes into the image: the section contribution substream of the DBI stream. */
import { u16, u32 } from './little-endian.js';
import type { PdbSections } from './pdb-sections.js';
import { type RvaIndex, RvaIndexBuilder } from './rva-index.js';

const ver60 = 0xeffe0000 + 19970605;
const v2 = 0xeffe0000 + 20140516;

export interface Contribution {
  readonly rva: number;
  /** The rva behind its last byte. */
  readonly end: number;
  /** Index into `Dbi.modules`. */
  readonly module: number;
}

export interface Contributions {
  /** 0 also when the version of the substream is not known. */
  readonly length: number;
  find(rva: number): Contribution | null;
}

/**
 * Source: LLVM's documentation, "The PDB DBI Stream", section contribution substream: entries of 28 bytes, 32 in
 * version 2. Entries without bytes, or outside every section, are left out.
 */
export function readContributions(bytes: Uint8Array, sections: PdbSections): Contributions {
  const version = u32(bytes, 0);
  const entrySize = version === ver60 ? 28 : version === v2 ? 32 : 0;
  const builder = new RvaIndexBuilder();
  for (let at = 4; entrySize > 0 && at + entrySize <= bytes.length; at += entrySize) {
    const rva = sections.toRva(u16(bytes, at), u32(bytes, at + 4));
    if (rva !== null && u32(bytes, at + 8) > 0) {
      builder.add(rva, at);
    }
  }
  const index: RvaIndex = builder.build('first');
  return {
    length: index.length,
    find(rva) {
      const found = index.floor(rva);
      const at = index.payload(found);
      const end = index.rva(found) + u32(bytes, at + 8);
      return found === -1 || rva >= end ? null : { rva: index.rva(found), end, module: u16(bytes, at + 16) };
    },
  };
}
