/** Up to `length` bytes until the first NUL, each byte one character, so that no two names become the same. */
export function latin1(array: Uint8Array, offset: number, length: number): string {
  const limit = Math.min(offset + length, array.length);
  let end = offset;
  while (end < limit && array[end] !== 0) end++;
  // In one go: text put together letter by letter is kept in pieces and takes thirty times its length.
  return end === offset ? '' : String.fromCharCode.apply(null, array.subarray(offset, end) as unknown as number[]);
}
