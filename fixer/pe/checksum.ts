/**
 * The PE checksum, as the kernel's loader and imagehlp's CheckSumMappedFile compute it: the 16-bit one's complement sum
 * of the file with the CheckSum field taken out, plus the file's length. For every length; an odd last byte counts as a
 * word with a zero.
 *
 * 2^16 is 1 modulo 0xFFFF, so words can be added 32 bits at a time and reduced at the end: exact as long as the running
 * sum stays below 2^53.
 */
const WORDS_PER_REDUCTION = 1 << 20;
/** A multiple of 0xFFFF, so that a sum keeps 48 bits of what it was; with 2^52 added it stays below 2^53. */
const KEPT = 0xffff * 2 ** 32;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * CheckSum for `bytes`, whose CheckSum field is at file offset `fieldOffset`; the field's own content does not matter.
 * Where the sum is a multiple of 0xFFFF the kernel, which subtracts the stored field again, arrives at 0 and not at
 * 0xFFFF; so does this.
 */
export function computeCheckSum(bytes: Uint8Array, fieldOffset: number): number {
  let sum = sumOfWords(bytes);
  for (let at = fieldOffset; at < fieldOffset + 4 && at < bytes.length; at++) {
    sum -= (bytes[at] as number) * (at % 2 === 0 ? 1 : 0x100);
  }
  return modulo(sum) + bytes.length;
}

/**
 * True when `stored` is a checksum that tools in use accept for `computed`: linkers that sum with the field zeroed end
 * at 0xFFFF where the kernel ends at 0.
 */
export function checkSumMatches(stored: number, computed: number, length: number): boolean {
  return stored === computed || (computed === length && stored === length + 0xffff);
}

const modulo = (sum: number): number => ((sum % 0xffff) + 0xffff) % 0xffff;

/** The sum before its last reduction: equal for equal bytes, and mostly for no others. */
export function sumOfWords(bytes: Uint8Array): number {
  const whole = bytes.length - (bytes.length % 4);
  let sum = LITTLE_ENDIAN && bytes.byteOffset % 4 === 0 ? sumAligned(bytes, whole) : sumUnaligned(bytes, whole);
  for (let at = whole; at < bytes.length; at++) sum += (bytes[at] as number) * (at % 2 === 0 ? 1 : 0x100);
  return sum;
}

/**
 * Sixteen words to a step: a whole run is a few thousand steps, too few for the optimizing compiler, and the
 * interpreter's cost is by the operation. 16 * 2^32 * 2^16 steps stay below 2^53, where float64 is exact.
 */
function sumAligned(bytes: Uint8Array, length: number): number {
  const w = new Uint32Array(bytes.buffer, bytes.byteOffset, length / 4);
  const whole = w.length - (w.length % 16);
  let total = 0;
  for (let start = 0; start < whole; start += WORDS_PER_REDUCTION) {
    const end = Math.min(start + WORDS_PER_REDUCTION, whole);
    let sum = 0;
    for (let i = start; i < end; i += 16) {
      // biome-ignore format: sixteen terms in four rows
      sum +=
        w[i]! + w[i + 1]! + w[i + 2]! + w[i + 3]! +
        w[i + 4]! + w[i + 5]! + w[i + 6]! + w[i + 7]! +
        w[i + 8]! + w[i + 9]! + w[i + 10]! + w[i + 11]! +
        w[i + 12]! + w[i + 13]! + w[i + 14]! + w[i + 15]!;
    }
    total = (total + sum) % KEPT;
  }
  for (let i = whole; i < w.length; i++) total += w[i]!;
  return total;
}

function sumUnaligned(bytes: Uint8Array, length: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let total = 0;
  for (let start = 0; start < length; start += WORDS_PER_REDUCTION * 4) {
    const end = Math.min(start + WORDS_PER_REDUCTION * 4, length);
    for (let at = start; at < end; at += 4) total += view.getUint32(at, true);
    total %= KEPT;
  }
  return total;
}
