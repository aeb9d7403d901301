/** Canonical Huffman codes of up to 16 bits, looked up in one table. */
import type { BitReader } from './bit-reader.js';
import { DecodeError } from './blocks.js';

export class HuffmanTable {
  /** By the next `#width` bits: symbol << 5 | length; 0 where no code begins so. */
  readonly #table: Uint16Array;
  readonly #width: number;

  /** `lengths[symbol]` in bits, 0 for symbols that do not occur. Throws where there are more codes than bits allow. */
  constructor(lengths: Uint8Array) {
    let longest = 0;
    for (const length of lengths) longest = Math.max(longest, length);
    this.#width = longest;
    this.#table = new Uint16Array(1 << longest);
    let code = 0;
    for (let length = 1; length <= longest; length++) {
      const span = 1 << (longest - length);
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue;
        if (code + span > this.#table.length) throw new DecodeError('an LZX code has too many symbols');
        this.#table.fill((symbol << 5) | length, code, code + span);
        code += span;
      }
    }
  }

  decode(bits: BitReader): number {
    const entry = this.#width === 0 ? 0 : (this.#table[bits.peek(this.#width)] as number);
    if (entry === 0) throw new DecodeError('there is no such LZX code');
    bits.skip(entry & 0x1f);
    return entry >> 5;
  }
}
