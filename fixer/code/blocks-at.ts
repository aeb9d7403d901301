/** Which blocks and instructions of a graph hold a byte. */
import type { Block, FlowGraph } from './flow.js';
import type { Instruction } from './instruction.js';
import { firstFrom } from './sorted.js';

/** More blocks than a graph can have. */
const BLOCKS = 2 ** 20;
/** Bytes of the longest instruction. */
const LONGEST = 15;
/** Blocks looked at, for each instruction that there is, before an index of them is made: what that costs. */
const MOST_LOOKS = 4;

/**
 * Goes over all blocks, as most graphs are small and asked a few times. One that was asked more often gets an index of its
 * instructions: else a function would take time by the square of its size.
 */
export class BlockIndex {
  readonly #blocks: readonly Block[];
  #looksLeft: number;
  /** Of each instruction its rva times `BLOCKS` plus its block's number, in order. */
  #places: Float64Array | null = null;

  /** @param count instructions of the blocks, which are in order of address */
  constructor(blocks: readonly Block[], count: number) {
    this.#blocks = blocks;
    this.#looksLeft = MOST_LOOKS * count;
  }

  /** In order of address. */
  at(rvas: readonly number[]): Block[] {
    const blocks = this.#blocks;
    if (rvas.length === 0) return [];
    if (this.#places !== null) return this.#lookUp(this.#places, rvas);
    this.#looksLeft -= blocks.length * rvas.length;
    if (this.#looksLeft < 0) {
      this.#places = placesOf(blocks);
      return this.#lookUp(this.#places, rvas);
    }
    const found: Block[] = [];
    // Asked for every reference: a closure for each block would be most of what a short run leaves to collect.
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index] as Block;
      for (let at = 0; at < rvas.length; at++) {
        const rva = rvas[at] as number;
        if (rva < block.start || rva >= block.end) continue;
        found.push(block);
        break;
      }
    }
    return found;
  }

  #lookUp(places: Float64Array, rvas: readonly number[]): Block[] {
    const found = new Set<number>();
    for (let index = 0; index < rvas.length; index++) {
      const rva = rvas[index] as number;
      const end = (rva + 1) * BLOCKS;
      for (let at = firstFrom(places, (rva - LONGEST + 1) * BLOCKS); at < places.length; at++) {
        const place = places[at] as number;
        if (place >= end) break;
        const number = place % BLOCKS;
        // Of what begins before the byte some ends before it too.
        if (rva < (this.#blocks[number] as Block).end) found.add(number);
      }
    }
    return Array.from(Uint32Array.from(found).sort(), (number) => this.#blocks[number] as Block);
  }
}

function placesOf(blocks: readonly Block[]): Float64Array {
  let count = 0;
  for (const { instructions } of blocks) count += instructions.length;
  const places = new Float64Array(count);
  let next = 0;
  for (let number = 0; number < blocks.length; number++) {
    const { instructions } = blocks[number] as Block;
    for (let at = 0; at < instructions.length; at++)
      places[next++] = (instructions[at] as Instruction).rva * BLOCKS + number;
  }
  return places.sort();
}

/** Those that hold one of the rvas. */
export const blocksAt = ({ index }: FlowGraph, rvas: readonly number[]): Block[] => index.at(rvas);

/** Those that hold the byte at `rva`: more than one where paths disagree on where instructions begin. */
export function instructionsAt(graph: FlowGraph, rva: number): Instruction[] {
  const found: Instruction[] = [];
  for (const { instructions } of graph.index.at([rva])) {
    // The last that begins at the byte or before it.
    let low = 0;
    let high = instructions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((instructions[middle] as Instruction).rva <= rva) low = middle + 1;
      else high = middle;
    }
    const each = instructions[low - 1];
    if (each !== undefined && rva < each.rva + each.length) found.push(each);
  }
  return found;
}
