/**
 * What functions of the image write below an address that they are given: who is given the address of a member finds the
 * structure around it (CONTAINING_RECORD) and may write what lies before.
 */
import type { Location } from './convention.js';
import type { Program } from './program.js';

/** Callees that pass the address on. */
const DEEPEST = 3;
/** Bytes of a callee's code: what is larger is not gone over for this alone. */
const LARGEST = 4096;

/** By parameter, as `PARAMETERS` lists them: how far below its value the callee writes, 0 or a negative number of bytes. */
export type LowestWrites = readonly number[];

/** An argument, and how far below the address that it is the callee writes. */
export interface WriteBelow {
  readonly at: Location;
  readonly lowest: number;
}

export class WritesBelow {
  readonly #program: Program;
  readonly #lowest = new Map<number, LowestWrites>();
  readonly #found: Map<number, readonly WriteBelow[]>;
  readonly #parameters: readonly Location[];

  /** @param found by callee, to be filled in */
  constructor(program: Program, found: Map<number, readonly WriteBelow[]>, parameters: readonly Location[]) {
    this.#program = program;
    this.#found = found;
    this.#parameters = parameters;
  }

  /** Looks at functions of the image; true where one that was not looked at before writes below. */
  learn(callees: Iterable<number>): boolean {
    let isNew = false;
    for (const callee of callees) {
      if (this.#lowest.has(callee)) continue;
      const lowest = this.#lowestOf(callee, 0);
      const below = this.#parameters
        .map((at, index) => ({ at, lowest: lowest[index] ?? 0 }))
        .filter((each) => each.lowest < 0);
      if (below.length === 0) continue;
      this.#found.set(callee, below);
      isNew = true;
    }
    return isNew;
  }

  #lowestOf(callee: number, depth: number): LowestWrites {
    const known = this.#lowest.get(callee);
    if (known !== undefined) return known;
    const program = this.#program;
    const code = program.functions.containing(callee);
    const nothing: LowestWrites = [];
    if (depth >= DEEPEST) return nothing;
    this.#lowest.set(callee, nothing);
    if (code === null || code.entry !== callee) return nothing;
    if (code.ranges.some(({ begin, end }) => end - begin > LARGEST)) return nothing;
    const lowest = program.analysis(code).lowestWrites((target) => this.#lowestOf(target, depth + 1));
    this.#lowest.set(callee, lowest);
    return lowest;
  }
}
