/** LZX's code lengths: each block gives them as differences from those of the block before. */
import type { BitReader } from './bit-reader.js';
import { DecodeError } from './blocks.js';
import { HuffmanTable } from './huffman.js';

const LITERALS = 256;
const LONG_LENGTHS = 249;

export class CodeLengths {
  readonly #main: Uint8Array;
  readonly #long = new Uint8Array(LONG_LENGTHS);

  constructor(mainSymbols: number) {
    this.#main = new Uint8Array(mainSymbols);
  }

  readAligned(bits: BitReader): HuffmanTable {
    return new HuffmanTable(Uint8Array.from({ length: 8 }, () => bits.read(3)));
  }

  /** The main code, in two parts with a pre-tree each, and the code of match lengths. */
  readTrees(bits: BitReader): [HuffmanTable, HuffmanTable] {
    readDifferences(bits, this.#main, 0, LITERALS);
    readDifferences(bits, this.#main, LITERALS, this.#main.length);
    readDifferences(bits, this.#long, 0, LONG_LENGTHS);
    bits.checkEnd();
    return [new HuffmanTable(this.#main), new HuffmanTable(this.#long)];
  }
}

function readDifferences(bits: BitReader, lengths: Uint8Array, from: number, to: number): void {
  const preTree = new HuffmanTable(Uint8Array.from({ length: 20 }, () => bits.read(4)));
  let at = from;
  const set = (count: number, length: (before: number) => number): void => {
    if (at + count > to) throw new DecodeError('LZX code lengths run over their end');
    const value = length(lengths[at] as number);
    lengths.fill(value, at, at + count);
    at += count;
  };
  const changed = (code: number) => (before: number) => (before - code + 17) % 17;
  while (at < to) {
    const code = preTree.decode(bits);
    if (code === 17) set(4 + bits.read(4), () => 0);
    else if (code === 18) set(20 + bits.read(5), () => 0);
    else if (code === 19) {
      const count = 4 + bits.read(1);
      const same = preTree.decode(bits);
      if (same > 16) throw new DecodeError('LZX code lengths repeat a repetition');
      set(count, changed(same));
    } else set(1, changed(code));
  }
}
