/**
 * The PE checksum the way imagehlp's documentation describes it, bit for bit and slow: 16-bit words with the carry
 * folded in, the field taken as zero, plus the file's length. An odd last byte is the low half of a word.
 */
export function checkSumOf(bytes: Uint8Array, field: number): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    let word = 0;
    for (const half of [0, 1]) {
      const byte = at + half;
      if (byte >= bytes.length || (byte >= field && byte < field + 4)) continue;
      word |= (bytes[byte] as number) << (8 * half);
    }
    sum += word;
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum + bytes.length;
}
