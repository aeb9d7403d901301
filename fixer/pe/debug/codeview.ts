/** The CodeView record of an image's debug directory: which PDB belongs to it. */
import { failed, type Parsed, parsed } from '../errors.js';
import { IMAGE_DIRECTORY_ENTRY_DEBUG } from '../winnt.js';
import { guidAt, nameAt, u32 } from './little-endian.js';

const IMAGE_DEBUG_TYPE_CODEVIEW = 2;
/** sizeof(IMAGE_DEBUG_DIRECTORY) */
const debugDirectorySize = 28;
/** 'RSDS', read as a little-endian integer. The older 'NB10' has no GUID. */
const rsdsSignature = 0x53445352;
/** Signature, GUID and age; the path follows. */
const rsdsHeaderSize = 24;

/** What is needed of an image; `Image` has it. */
export interface CodeViewSource {
  readonly bytes: Uint8Array;
  readonly dataDirectories: readonly { readonly virtualAddress: number; readonly size: number }[];
  readRva(rva: number, length: number): Parsed<Uint8Array>;
}

export interface CodeView {
  /** Upper-case, with dashes. */
  readonly guid: string;
  readonly age: number;
  /** Where the linker wrote the PDB, as the image says it: a path of another machine, maybe empty. Hostile text. */
  readonly pdbPath: string;
}

/**
 * Source: PE specification, "Debug Directory (Image Only)"; the RSDS record is as in LLVM's PDB documentation.
 *
 * @returns null for an image without an RSDS record
 */
export function parseCodeView(image: CodeViewSource): Parsed<CodeView | null> {
  const directory = image.dataDirectories[IMAGE_DIRECTORY_ENTRY_DEBUG];
  if (directory === undefined || directory.virtualAddress === 0 || directory.size < debugDirectorySize) {
    return parsed(null);
  }
  const count = Math.floor(directory.size / debugDirectorySize);
  const entries = image.readRva(directory.virtualAddress, count * debugDirectorySize);
  if (!entries.ok) return entries;
  for (let i = 0; i < count; i++) {
    const entry = entries.value.subarray(debugDirectorySize * i, debugDirectorySize * (i + 1));
    if (u32(entry, 12) !== IMAGE_DEBUG_TYPE_CODEVIEW || u32(entry, 16) < rsdsHeaderSize) continue;
    const record = readRecord(image, entry, i);
    if (!record.ok) return record;
    if (u32(record.value, 0) === rsdsSignature) {
      return parsed({
        guid: guidAt(record.value, 4),
        age: u32(record.value, 20),
        pdbPath: nameAt(record.value, rsdsHeaderSize, record.value.length),
      });
    }
  }
  return parsed(null);
}

/** By PointerToRawData where it is set: debug data need not be mapped. Else by AddressOfRawData. */
function readRecord(image: CodeViewSource, entry: Uint8Array, index: number): Parsed<Uint8Array> {
  const size = u32(entry, 16);
  const rva = u32(entry, 20);
  const offset = u32(entry, 24);
  if (offset === 0) return image.readRva(rva, size);
  if (offset + size > image.bytes.length) {
    const path = `debugDirectory[${index}].pointerToRawData`;
    const message = `the CodeView record of ${size} bytes at offset ${offset} runs past the file's end`;
    return failed('out-of-range', path, offset, size, Math.max(0, image.bytes.length - offset), message);
  }
  return parsed(image.bytes.subarray(offset, offset + size));
}
