/** The PDB info stream (number 1): the identity of a PDB, and the streams that go by name. */
import { failed, type Parsed, parsed } from '../errors.js';
import { guidAt, nameAt, u32 } from './little-endian.js';
import type { MsfStream } from './msf.js';

export const pdbInfoStream = 1;

const headerSize = 28;

export interface PdbInfo {
  /** 20000404 (VC70) in every PDB since Visual C++ 7. */
  readonly version: number;
  readonly signature: number;
  /** Counts every write to the PDB, by tools such as pdbstr too. An image names the DBI stream's age, not this one. */
  readonly age: number;
  /** Upper-case, with dashes. */
  readonly guid: string;
  /** `/names` and others, to stream numbers. Empty where the map is damaged: only source lines need it. */
  readonly namedStreams: ReadonlyMap<string, number>;
}

/** Source: LLVM's documentation, "The PDB Info Stream". */
export function parsePdbInfo(stream: MsfStream): Parsed<PdbInfo> {
  const { bytes } = stream;
  if (bytes.length < headerSize) {
    const message = `the PDB info stream has ${bytes.length} bytes; its header has ${headerSize}`;
    return failed('truncated', 'pdb.info', stream.fileOffset(0), headerSize, bytes.length, message);
  }
  const version = u32(bytes, 0);
  if (version < 20000404) {
    const message = `the PDB info stream has version ${version}; versions before 20000404 have no GUID and are not read`;
    return failed('unsupported', 'pdb.info.version', stream.fileOffset(0), 4, 4, message);
  }
  return parsed({
    version,
    signature: u32(bytes, 4),
    age: u32(bytes, 8),
    guid: guidAt(bytes, 12),
    namedStreams: readNamedStreams(bytes),
  });
}

/** A string buffer, then a serialized hash table from offsets in it to stream numbers. */
function readNamedStreams(bytes: Uint8Array): Map<string, number> {
  const names = new Map<string, number>();
  const textOffset = headerSize + 4;
  const tableOffset = textOffset + u32(bytes, headerSize);
  const entryCount = u32(bytes, tableOffset);
  // Two bit vectors (present, deleted) stand between the header of the table and its entries.
  const presentWords = u32(bytes, tableOffset + 8);
  const deletedOffset = tableOffset + 12 + 4 * presentWords;
  const deletedWords = u32(bytes, deletedOffset);
  const entriesOffset = deletedOffset + 4 + 4 * deletedWords;
  if (entriesOffset + 8 * entryCount > bytes.length) {
    return names;
  }
  for (let i = 0; i < entryCount; i++) {
    const entry = entriesOffset + 8 * i;
    names.set(nameAt(bytes, textOffset + u32(bytes, entry), tableOffset), u32(bytes, entry + 4));
  }
  return names;
}
