/** Names and source lines for rvas, from a PDB or a linker's map file: what rules put into their findings. */
import type { Parsed, ParseError } from '../errors.js';
import { parseMap } from './map.js';
import type { MapSection } from './map-format.js';
import { mapSymbolTable } from './map-symbols.js';
import { openPdb, type PdbIdentity } from './pdb.js';
import type { PdbLayout } from './pdb-layout.js';
import { pdbSymbolTable } from './pdb-symbols.js';

export interface FoundSymbol {
  /** Raw, as the file has it: decorated C++ names stay decorated. Hostile text, at most 4,096 bytes of UTF-8. */
  readonly name: string;
  /** Where the symbol starts. */
  readonly rva: number;
  /** In bytes; null where the file does not say. */
  readonly size: number | null;
  readonly kind: 'function' | 'data' | 'public';
}

export interface SymbolTable {
  /**
   * The symbol that covers `rva`: one whose size reaches it, else the nearest one before it in the same piece that the
   * linker took from one object file.
   */
  find(rva: number): FoundSymbol | null;
  /** Null without line information, which maps never have. */
  line(rva: number): { readonly file: string; readonly line: number } | null;
  /**
   * By what the file is the image's: `identity` is GUID and age, or the time of linking; `layout` is what else both tell,
   * where the image names no PDB or the map no time; `none` where nothing was to be compared.
   */
  readonly fit: 'identity' | 'layout' | 'none';
  /** Parts that could not be read, so far: names from them are missing. Grows while `find` and `line` are used. */
  readonly problems: readonly ParseError[];
}

/**
 * @param bytes the whole PDB; kept by the table, whose streams are read on first use
 * @param expected the image's CodeView identity (`parseCodeView`), or null where it has none. The age is that of the DBI
 *   stream, which link.exe bumps and writes into the image
 * @param layout machine and section headers of an image without an identity, which the PDB must repeat; null to take
 *   any PDB
 */
export function symbolsFromPdb(
  bytes: Uint8Array,
  expected: PdbIdentity | null,
  layout: PdbLayout | null = null,
): Parsed<SymbolTable> {
  const pdb = openPdb(bytes, expected, layout);
  const fit = expected !== null ? 'identity' : layout !== null ? 'layout' : 'none';
  return pdb.ok ? { ok: true, value: pdbSymbolTable(pdb.value, fit) } : pdb;
}

/**
 * @param text a map of link.exe or lld-link (/map, /lldmap) or GNU ld (-Map)
 * @param imageBase the image's ImageBase; used where the map does not state its own
 * @param sections the image's section headers, in order: symbols outside them are left out
 * @param timeDateStamp the image's TimeDateStamp: a map that tells another time of linking is refused, and one that tells
 *   none where another load address, entry point or section length shows that it is of another build; null takes any
 * @param addressOfEntryPoint the image's entry point; null is not compared
 */
export function symbolsFromMap(
  text: string,
  imageBase: number | bigint,
  sections: readonly MapSection[],
  timeDateStamp: number | null = null,
  addressOfEntryPoint: number | null = null,
): Parsed<SymbolTable> {
  const map = parseMap(text, { imageBase: BigInt(imageBase), addressOfEntryPoint }, sections, timeDateStamp);
  if (!map.ok) return map;
  const fit = timeDateStamp === null ? 'none' : map.value.told.isDated ? 'identity' : 'layout';
  return { ok: true, value: mapSymbolTable(map.value, sections, fit) };
}
