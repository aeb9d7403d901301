/** What every register and stack slot can hold before every block of a function, as a fixed point over its flow graph. */
import type { BlockRunner } from './block-runner.js';
import { type Budget, MOST_STEPS } from './budget.js';
import type { Convention } from './convention.js';
import { alignStacks, narrow } from './edges.js';
import type { Block, Edge } from './flow.js';
import type { Events } from './memory-writes.js';
import type { State } from './state.js';

/** Times that a block may be interpreted before its function is given up; sets grow to eight, so few need ten. */
const MOST_VISITS = 60;
/** Times after which a value that still grows counts how often its loop ran. */
const OFTEN = 4;

/** Blocks that are asked about, by where they start, with all that lead to them. */
export type Wanted = ReadonlySet<number> | 'all';

export class FixedPoint {
  /** What holds before each block that is reached; the map is filled in as they are. */
  readonly states = new Map<number, State>();
  readonly #blocks: ReadonlyMap<number, Block>;
  readonly #wanted: Wanted;
  readonly #convention: Convention;
  /** Blocks that have to be interpreted, for the first time or again. */
  readonly #pending = new Set<number>();
  readonly #visits = new Map<number, number>();

  constructor(blocks: ReadonlyMap<number, Block>, wanted: Wanted, convention: Convention) {
    this.#blocks = blocks;
    this.#wanted = wanted;
    this.#convention = convention;
  }

  /**
   * Control may come to the block that starts there with this state.
   * @param isGiven nobody else has it: it need not be copied
   */
  enter(start: number, state: State, isGiven = false): void {
    const wanted = this.#wanted;
    if (wanted === 'all' ? !this.#blocks.has(start) : !wanted.has(start)) return;
    const known = this.states.get(start);
    if (known === undefined) this.states.set(start, isGiven ? state : state.copy());
    else {
      const aligned = alignStacks(known, state, this.#convention.stackPointer);
      const isCounting = (this.#visits.get(start) ?? 0) >= OFTEN;
      if (!known.merge(aligned.incoming, isCounting) && !aligned.changed) return;
    }
    this.#pending.add(start);
  }

  /**
   * Goes on until nothing changes any more. False where that took too long: some states are then missing, or too narrow.
   * @param atFirst told of what blocks of loops do when they are come to first: later, they may run more often than in truth
   */
  reach(runner: BlockRunner, budget: Budget, atFirst: Events | null = null): boolean {
    const blocks = this.#blocks;
    const wanted = this.#wanted;
    const pending = this.#pending;
    const visits = this.#visits;
    const { pointerWidth } = this.#convention;
    const order = [...blocks.keys()];
    const least = Math.max(0, budget.steps - MOST_STEPS);
    while (pending.size > 0) {
      for (let index = 0; index < order.length; index++) {
        const start = order[index] as number;
        if (!pending.delete(start)) continue;
        const block = blocks.get(start);
        const state = this.states.get(start);
        if (block === undefined || state === undefined) continue;
        const count = (visits.get(start) ?? 0) + 1;
        visits.set(start, count);
        const { edges } = block;
        budget.steps -= edges.length * state.weight;
        if (count > MOST_VISITS || budget.steps < least || runner.interpreter.stacks.isLost) return false;
        const after = state.copy();
        if (atFirst !== null) runner.interpreter.events = count === 1 && block.repeats ? atFirst : null;
        runner.run(block, after, null);
        for (let at = 0; at < edges.length; at++) {
          const edge = edges[at] as Edge;
          if (wanted !== 'all' && !wanted.has(edge.to)) continue;
          const narrowed = edges.length > 1 && edge.when !== 'other' ? narrow(after, edge, pointerWidth) : after;
          if (narrowed !== null) this.enter(edge.to, narrowed, narrowed !== after || at === edges.length - 1);
        }
      }
    }
    return !runner.interpreter.stacks.isLost;
  }
}
