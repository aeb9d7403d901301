/** Where two files differ, by words where memory allows it: a loop over bytes is the dearest part of a cold run. */

/** Offset of the first byte in [from, to) that differs, -1 where none does. Both arrays have `to` bytes. */
export function firstDifference(a: Uint8Array, b: Uint8Array, from: number, to: number): number {
  let at = from;
  if ((a.byteOffset | b.byteOffset) % 4 === 0) {
    const first = Math.ceil(from / 4);
    const last = Math.floor(to / 4);
    if (last > first) {
      const x = new Int32Array(a.buffer, a.byteOffset, last);
      const y = new Int32Array(b.buffer, b.byteOffset, last);
      while (at < first * 4) {
        if (a[at] !== b[at]) return at;
        at++;
      }
      let word = first;
      while (word < last && x[word] === y[word]) word++;
      at = word * 4;
    }
  }
  for (; at < to; at++) if (a[at] !== b[at]) return at;
  return -1;
}
