/**
 * What callees write below an address that they are given: who is given the address of a member finds the structure around
 * it (CONTAINING_RECORD, a method of a second base class) and may write what lies before.
 */
import type { Location } from './convention.js';
import type { Program } from './program.js';
import { lowestWrites } from './suppositions.js';
import type { Unsteady } from './unsteady.js';
import type { Call } from './visitor.js';

/** Callees that pass the address on. */
const DEEPEST = 3;
/** Bytes of a callee's code: what is larger is not gone over for this alone. */
const LARGEST = 4096;

/** By parameter, as `PARAMETERS` lists them: how far below its value the callee writes, 0 or a negative number of bytes. */
export type LowestWrites = readonly number[];

/** A parameter, and how far below its value the callee writes. */
export interface WriteBelow {
  readonly at: Location;
  readonly lowest: number;
}

/** How `below` names a call: by its callee, or by itself where that is not known. */
export const calleeKey = (target: number | null, rva: number): number => target ?? -1 - rva;

const NOTHING: LowestWrites = [];

export class WritesBelow {
  readonly #program: Program;
  readonly #lowest = new Map<number, LowestWrites>();
  /** Callees that are being looked at, each called by the one before it. */
  readonly #open: number[] = [];
  readonly #found: Map<number, readonly WriteBelow[]>;
  readonly #parameters: readonly Location[];
  readonly #anything: LowestWrites;
  readonly #keepers: ReadonlySet<number>;
  readonly #unsteady: Unsteady;

  /**
   * @param found by callee, to be filled in
   * @param keepers slots of functions that keep what they are given
   * @param unsteady what filters write, which callees have too
   */
  constructor(
    program: Program,
    found: Map<number, readonly WriteBelow[]>,
    parameters: readonly Location[],
    keepers: ReadonlySet<number>,
    unsteady: Unsteady,
  ) {
    this.#unsteady = unsteady;
    this.#keepers = keepers;
    this.#program = program;
    this.#found = found;
    this.#parameters = parameters;
    this.#anything = parameters.map(() => Number.NEGATIVE_INFINITY);
  }

  /** Looks at what is called; true where something that was not looked at before writes below. */
  learn(calls: Iterable<Call>): boolean {
    let isNew = false;
    for (const call of calls) {
      const key = calleeKey(call.target, call.rva);
      if (this.#found.has(key)) continue;
      const lowest = this.#lowestOf(call, 0);
      const below = this.#parameters
        .map((at, index) => ({ at, lowest: lowest?.[index] ?? 0 }))
        .filter((each) => each.lowest < 0);
      this.#found.set(key, below);
      isNew ||= below.length > 0;
    }
    return isNew;
  }

  /** Null: it is the callee that is being looked at. */
  #lowestOf(call: Call, depth: number): LowestWrites | null {
    const callee = this.#program.calleeOf(call);
    // What Windows is given it writes from there upwards.
    if (callee.kind === 'import') return this.#keepers.has(callee.slot) ? this.#anything : NOTHING;
    if (callee.kind === 'framework') return NOTHING;
    return callee.kind === 'code' ? this.#lowestOfCode(callee.entry, depth) : this.#anything;
  }

  #lowestOfCode(entry: number, depth: number): LowestWrites | null {
    const known = this.#lowest.get(entry);
    if (known !== undefined) return known;
    const program = this.#program;
    const code = program.functions.containing(entry);
    if (code === null || code.entry !== entry || depth >= DEEPEST) return this.#anything;
    if (this.#unsteady.isAnywhere(code)) return this.#anything;
    if (code.ranges.some(({ begin, end }) => end - begin > LARGEST)) return this.#anything;
    // Of one that calls itself the analysis knows what that adds; of one that others call in turn nobody does yet.
    if (this.#open.includes(entry)) return this.#open.at(-1) === entry ? null : this.#anything;
    const analysis = program.analysis(code);
    this.#open.push(entry);
    const writes = lowestWrites(analysis, program.convention, (call) => this.#lowestOf(call, depth + 1));
    this.#open.pop();
    const lowest = analysis.gaveUp ? this.#anything : writes;
    this.#lowest.set(entry, lowest);
    return lowest;
  }
}
