/**
 * Header fields written after the link. Offsets are typed from the PE specification, not taken from fixer/pe, so that
 * both cannot be wrong together.
 */
import type { HeaderPatch } from './recipes.js';

const checkSumOffset = 64; // in the optional header, PE32 and PE32+ alike
const fieldOffsets: Record<HeaderPatch['field'], number> = { sectionAlignment: 32, fileAlignment: 36 };

/** imagehlp's CheckSum: the 16-bit words summed with end-around carry, CheckSum itself left out, plus the length. */
function checkSum(view: DataView, fieldOffset: number): number {
  let sum = 0;
  for (let offset = 0; offset < view.byteLength; offset += 2) {
    if (offset === fieldOffset || offset === fieldOffset + 2) continue;
    sum += offset + 1 < view.byteLength ? view.getUint16(offset, true) : view.getUint8(offset);
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum + view.byteLength;
}

/** Writes the fields into `bytes`, a well-formed PE image, and makes CheckSum right again. */
export function patchHeader(bytes: Uint8Array, patches: readonly HeaderPatch[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const optionalHeader = view.getUint32(0x3c, true) + 4 + 20;
  for (const { field, value } of patches) view.setUint32(optionalHeader + fieldOffsets[field], value, true);
  const field = optionalHeader + checkSumOffset;
  view.setUint32(field, checkSum(view, field), true);
}
