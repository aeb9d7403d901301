/** Which instructions of A64 code name each page, as a target or by ADRP: gone over once, where many places are asked about. */
import type { Code } from '../code-ranges.js';
import { addressImmediate, branchTarget } from './fields.js';

const PAGE = 0x1000;

/** The page that the instruction at `pc` names; negative where it names none. */
function pageNamed(word: number, pc: number): number {
  // BL and B.
  if ((word & 0x7c000000) === 0x14000000) return Math.floor(branchTarget(word, pc) / PAGE);
  if ((word & 0x1f000000) !== 0x10000000) return -1;
  const immediate = addressImmediate(word);
  return word >>> 31 === 0 ? Math.floor((pc + immediate) / PAGE) : Math.floor(pc / PAGE) + immediate;
}

export class NamedPages {
  /** By page: where its instructions begin in `#rvas`, which holds them in order. */
  readonly #begins: Uint32Array;
  readonly #rvas: Uint32Array;

  /** @param size of the image in bytes */
  constructor(codes: readonly Code[], size: number) {
    const count = Math.ceil(size / PAGE);
    const begins = new Uint32Array(count + 1);
    eachNamed(codes, count, (page) => {
      begins[page + 1] = (begins[page + 1] as number) + 1;
    });
    for (let page = 0; page < count; page++) begins[page + 1] = (begins[page + 1] as number) + (begins[page] as number);
    const rvas = new Uint32Array(begins[count] as number);
    const next = begins.slice();
    eachNamed(codes, count, (page, rva) => {
      rvas[next[page] as number] = rva;
      next[page] = (next[page] as number) + 1;
    });
    this.#begins = begins;
    this.#rvas = rvas;
  }

  /** rvas of the instructions that name the page of `target`. */
  near(target: number): Uint32Array {
    const page = Math.floor(target / PAGE);
    return this.#rvas.subarray(this.#begins[page] ?? 0, this.#begins[page + 1] ?? 0);
  }
}

function eachNamed(codes: readonly Code[], count: number, take: (page: number, rva: number) => void): void {
  for (const { rva, view } of codes) {
    for (let at = 0; at + 4 <= view.byteLength; at += 4) {
      const page = pageNamed(view.getUint32(at, true), rva + at);
      if (page >= 0 && page < count) take(page, rva + at);
    }
  }
}
