/**
 * The bytes of an image that an Authenticode signature or a catalog covers. Source: Microsoft, "Windows Authenticode
 * Portable Executable Signature Format", section "Calculating the PE Image Hash". Hashing them is the caller's business.
 */

import { dataDirectoryOffset } from './data-directories.js';
import { type Parsed, parsed } from './errors.js';
import { OPTIONAL_HEADER_FIELDS } from './headers.js';
import type { Image } from './image.js';
import { IMAGE_DIRECTORY_ENTRY_SECURITY } from './winnt.js';

/** File offsets, `end` exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface AuthenticodeInput {
  /** In file order; empty ranges are left out. */
  readonly ranges: readonly ByteRange[];
  /**
   * Zero bytes, 0 to 7, that follow the ranges: a signing tool first pads the file to a multiple of 8. Of an unsigned
   * file both hashes are met in catalogs, with the padding and without.
   */
  readonly padding: number;
}

/**
 * Everything but CheckSum, data directory 4 and the certificate table it points to. Bytes behind that table count too.
 * An error where that directory does not add up: what a signature would cover cannot be told.
 */
export function authenticodeInput(image: Image): Parsed<AuthenticodeInput> {
  const table = image.certificateTable;
  if (!table.ok) return table;
  const { optionalHeader, dataDirectories, bytes } = image;
  const left = [field(optionalHeader.offset + OPTIONAL_HEADER_FIELDS.checkSum, 4)];
  if (dataDirectories.length > IMAGE_DIRECTORY_ENTRY_SECURITY)
    left.push(field(dataDirectoryOffset(optionalHeader, IMAGE_DIRECTORY_ENTRY_SECURITY), 8));
  if (table.value !== null) left.push(field(table.value.offset, table.value.size));
  const ranges: ByteRange[] = [];
  let start = 0;
  for (const gap of left) {
    if (gap.start > start) ranges.push({ start, end: Math.min(gap.start, bytes.length) });
    start = Math.max(start, gap.end);
  }
  if (start < bytes.length) ranges.push({ start, end: bytes.length });
  const padding = table.value === null ? (8 - (bytes.length % 8)) % 8 : 0;
  return parsed({ ranges, padding });
}

const field = (start: number, length: number): ByteRange => ({ start, end: start + length });
