/** The one place that reconciles what depends on other bytes: CheckSum, over the patched image. */

import { checkSumMatches, computeCheckSum } from '../pe/checksum.js';
import { OPTIONAL_HEADER_FIELDS } from '../pe/headers.js';
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { type Edit, mergeEdits, writeEdits } from './edit.js';

/** The checksum edit for `image` after `edits` and the cut, or null where the stored value is right already. */
export function finalizeCheckSum(image: Image, edits: readonly Edit[], truncateTo: number | null): Edit | null {
  // Not bytes.slice: that of a Node Buffer is a view, and edits would land in the caller's file.
  const patched = new Uint8Array(image.bytes.subarray(0, truncateTo ?? image.bytes.length));
  writeEdits(patched, edits);
  const offset = image.optionalHeader.offset + OPTIONAL_HEADER_FIELDS.checkSum;
  const value = computeCheckSum(patched, offset);
  if (checkSumMatches(image.optionalHeader.checkSum, value, patched.length)) return null;
  const description = `set CheckSum to ${hex(value)}`;
  const merged = mergeEdits(patched, [
    { offset, length: 4, value, field: 'optionalHeader.checkSum', section: null, cause: 'HVCI4001', description },
  ]);
  return merged.ok ? (merged.edits[0] ?? null) : null;
}
