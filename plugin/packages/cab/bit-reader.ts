/** LZX's bit stream: 16-bit little-endian words, the highest bit of each first. */
import { DecodeError } from './blocks.js';

export class BitReader {
  #bytes: Uint8Array;
  /** Of the next word. */
  #at = 0;
  /** The lowest `#count` bits are those not yet read. */
  #bits = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next `count` bits, at most 16, without taking them. Behind the end there are zeros. */
  peek(count: number): number {
    while (this.#count < count) {
      const word = (this.#bytes[this.#at] ?? 0) | ((this.#bytes[this.#at + 1] ?? 0) << 8);
      // At most 15 bits are left over, so 31 are held.
      this.#bits = ((this.#bits << 16) | word) & 0x7fffffff;
      this.#at += 2;
      this.#count += 16;
    }
    return (this.#bits >>> (this.#count - count)) & (0xffff >>> (16 - count));
  }

  skip(count: number): void {
    this.#count -= count;
  }

  read(count: number): number {
    if (count === 0) return 0;
    const value = this.peek(count);
    this.#count -= count;
    return value;
  }

  /** Throws where more was read than there is. */
  checkEnd(): void {
    if (this.#at * 8 - this.#count > Math.ceil(this.#bytes.length / 2) * 16)
      throw new DecodeError('an LZX block needs more bytes than it has');
  }

  /**
   * To the next word: 1 to 16 bits are passed over, as the bytes of an uncompressed block follow at least one bit of
   * padding. Bytes can be taken then.
   */
  alignForBytes(): void {
    this.#at -= 2 * Math.floor(this.#count / 16);
    if (this.#count % 16 === 0) this.#at += 2;
    this.#count = 0;
  }

  /** `length` bytes; only after alignForBytes. */
  takeBytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new DecodeError('an uncompressed LZX block is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Every byte is taken; only after alignForBytes. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The padding byte behind an uncompressed block of odd length. */
  skipByte(): void {
    this.#at++;
  }
}
