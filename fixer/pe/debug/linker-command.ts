/** The linker's own command line, which link.exe and lld-link write into the PDB. */
import { type Parsed, parsed } from '../errors.js';
import { align4, nameEnd, u16 } from './little-endian.js';
import { openPdb, type PdbIdentity } from './pdb.js';

/** S_ENVBLOCK of Microsoft's published cvinfo.h: length, kind, one byte of flags, then names and values, each ended by NUL. */
const environmentBlock = 0x113d;
const linkerModule = '* Linker *';
const utf8 = new TextDecoder();

/**
 * @param bytes the whole PDB
 * @param expected the image's CodeView identity, or null to take any PDB
 * @returns the value of `cmd`, or null where the linker left none. Errors as of `openPdb`
 */
export function linkerCommandFromPdb(bytes: Uint8Array, expected: PdbIdentity | null): Parsed<string | null> {
  const pdb = openPdb(bytes, expected);
  if (!pdb.ok) return pdb;
  const { modules } = pdb.value.dbi;
  const index = modules.findIndex(({ name }) => name === linkerModule);
  const symbols = index === -1 ? null : pdb.value.module(index);
  return parsed(symbols === null ? null : commandIn(symbols.bytes, modules[index]?.symbolSize ?? 0));
}

function commandIn(bytes: Uint8Array, size: number): string | null {
  const end = Math.min(size, bytes.length);
  for (let at = 4; at + 4 <= end; at = align4(at + 2 + u16(bytes, at))) {
    if (u16(bytes, at + 2) === environmentBlock)
      return valueNamed('cmd', bytes, at + 5, Math.min(at + 2 + u16(bytes, at), end));
  }
  return null;
}

function valueNamed(wanted: string, bytes: Uint8Array, start: number, end: number): string | null {
  let at = start;
  while (at < end) {
    const nameStop = nameEnd(bytes, at, end);
    const valueStop = nameEnd(bytes, nameStop + 1, end);
    if (utf8.decode(bytes.subarray(at, nameStop)) === wanted)
      return utf8.decode(bytes.subarray(nameStop + 1, valueStop));
    at = valueStop + 1;
  }
  return null;
}
