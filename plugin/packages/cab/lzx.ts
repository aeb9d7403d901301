/**
 * LZX as cabinets use it. Sources: Microsoft, "LZX Data Compression Format" (CAB SDK), with its known errors put right
 * as in MS-PATCH section 2: an uncompressed block has a length, aligned trees come first, 2 MB windows have 50 slots.
 */
import { BitReader } from './bit-reader.js';
import { DecodeError } from './blocks.js';
import type { HuffmanTable } from './huffman.js';
import { translateCalls } from './lzx-calls.js';
import { CodeLengths } from './lzx-lengths.js';

const SMALLEST_MATCH = 2;
const VERBATIM = 1;
const ALIGNED = 2;
const UNCOMPRESSED = 3;
/** Position slots by window bits, from 15. */
const SLOTS = [30, 32, 34, 36, 38, 42, 50];

/** Extra bits of a position slot's offset, and the least offset in it plus 2. */
const FOOTER_BITS = Array.from({ length: 50 }, (_, slot) => Math.min(Math.max((slot >> 1) - 1, 0), 17));
const BASES = FOOTER_BITS.map((_, slot) => FOOTER_BITS.slice(0, slot).reduce((sum, bits) => sum + 2 ** bits, 0));

/** One folder's stream; state goes on from frame to frame. */
export class LzxDecoder {
  readonly #window: Uint8Array;
  readonly #lengths: CodeLengths;
  #recent: [number, number, number] = [1, 1, 1];
  #main: HuffmanTable | null = null;
  #long: HuffmanTable | null = null;
  #aligned: HuffmanTable | null = null;
  #blockType = 0;
  #blockLeft = 0;
  /** The uncompressed block that is being read has an odd length: a padding byte follows. */
  #oddBlock = false;
  /** Bytes unpacked so far; the window holds the last of them. */
  #produced = 0;
  #frames = 0;
  /** 0: no call translation. */
  #translationSize: number | null = null;

  constructor(windowBits: number) {
    this.#window = new Uint8Array(1 << windowBits);
    this.#lengths = new CodeLengths(256 + 8 * (SLOTS[windowBits - 15] as number));
  }

  /** One CFDATA block: `length` bytes, at most 32768. Throws a DecodeError. */
  frame(packed: Uint8Array, length: number): Uint8Array {
    const bits = new BitReader(packed);
    this.#translationSize ??= bits.read(1) === 0 ? 0 : bits.read(16) * 65536 + bits.read(16);
    const start = this.#produced;
    const end = start + length;
    while (this.#produced < end) {
      if (this.#blockLeft === 0) this.#beginBlock(bits);
      const before = this.#produced;
      const limit = Math.min(end, before + this.#blockLeft);
      if (this.#blockType === UNCOMPRESSED) this.#copyBytes(bits, limit);
      else this.#decodeMatches(bits, limit);
      this.#blockLeft -= this.#produced - before;
      bits.checkEnd();
    }
    // The padding byte belongs to this frame where there is one left, else to the next.
    if (this.#blockLeft === 0 && this.#oddBlock && !bits.isAtEnd) this.#oddBlock = false;
    const output = new Uint8Array(length);
    const mask = this.#window.length - 1;
    for (let at = 0; at < length; at++) output[at] = this.#window[(start + at) & mask] as number;
    if (this.#translationSize !== 0 && this.#frames < 32768) translateCalls(output, start, this.#translationSize);
    this.#frames++;
    return output;
  }

  #beginBlock(bits: BitReader): void {
    if (this.#oddBlock) bits.skipByte();
    this.#oddBlock = false;
    this.#blockType = bits.read(3);
    this.#blockLeft = bits.read(16) * 256 + bits.read(8);
    bits.checkEnd();
    if (this.#blockLeft === 0) throw new DecodeError('an LZX block is empty');
    switch (this.#blockType) {
      case ALIGNED:
        this.#aligned = this.#lengths.readAligned(bits);
        [this.#main, this.#long] = this.#lengths.readTrees(bits);
        break;
      case VERBATIM:
        this.#aligned = null;
        [this.#main, this.#long] = this.#lengths.readTrees(bits);
        break;
      case UNCOMPRESSED: {
        bits.alignForBytes();
        const recent = Buffer.from(bits.takeBytes(12));
        this.#recent = [recent.readUInt32LE(0), recent.readUInt32LE(4), recent.readUInt32LE(8)];
        this.#oddBlock = this.#blockLeft % 2 === 1;
        break;
      }
      default:
        throw new DecodeError(`there is no LZX block type ${this.#blockType}`);
    }
  }

  #copyBytes(bits: BitReader, limit: number): void {
    const mask = this.#window.length - 1;
    for (const byte of bits.takeBytes(limit - this.#produced)) this.#window[this.#produced++ & mask] = byte;
  }

  #decodeMatches(bits: BitReader, limit: number): void {
    const window = this.#window;
    const mask = window.length - 1;
    const main = this.#main as HuffmanTable;
    while (this.#produced < limit) {
      const symbol = main.decode(bits);
      if (symbol < 256) {
        window[this.#produced++ & mask] = symbol;
        continue;
      }
      const header = (symbol - 256) & 7;
      const length = SMALLEST_MATCH + (header === 7 ? 7 + (this.#long as HuffmanTable).decode(bits) : header);
      const offset = this.#offset(bits, (symbol - 256) >> 3);
      if (offset > this.#produced || offset > window.length || offset === 0)
        throw new DecodeError('an LZX match reaches behind the beginning');
      if (this.#produced + length > limit) throw new DecodeError('an LZX match goes over the end of its block');
      for (const end = this.#produced + length; this.#produced < end; this.#produced++)
        window[this.#produced & mask] = window[(this.#produced - offset) & mask] as number;
    }
  }

  /** Slots 0 to 2 are the three last offsets, of which the one that is used comes to the front. */
  #offset(bits: BitReader, slot: number): number {
    const [first, second, third] = this.#recent;
    if (slot === 0) return first;
    if (slot === 1) this.#recent = [second, first, third];
    else if (slot === 2) this.#recent = [third, second, first];
    else this.#recent = [(BASES[slot] as number) - 2 + this.#footer(bits, FOOTER_BITS[slot] as number), first, second];
    return this.#recent[0];
  }

  #footer(bits: BitReader, count: number): number {
    const aligned = this.#aligned;
    if (aligned !== null && count >= 3) return bits17(bits, count - 3) * 8 + aligned.decode(bits);
    return bits17(bits, count);
  }
}

const bits17 = (bits: BitReader, count: number): number =>
  count > 16 ? bits.read(count - 16) * 65536 + bits.read(16) : bits.read(count);
