/** What is known before each block of a function: sought when somebody asks, and no further than he asks. */
import type { BlockRunner } from './block-runner.js';
import type { CodeFunction } from './code-function.js';
import { entryState, frameState, type Given } from './entry.js';
import { FixedPoint, type Wanted } from './fixed-point.js';
import { ancestors, type Block, type FlowGraph } from './flow.js';
import type { Events } from './memory-writes.js';
import type { State } from './state.js';
import type { Environment } from './visitor.js';

export class KnownStates {
  /** By start of the block. */
  states = new Map<number, State>();
  /** Blocks whose states are known; null before anything is, and 'all'. */
  solved: Wanted | null = null;
  /** Blocks to which no path is known. */
  readonly uncertain = new Set<number>();
  /** The graph was cut off, or the fixed point not reached. */
  isLost: boolean;
  #graph: FlowGraph;
  readonly #function: CodeFunction;
  readonly #environment: Environment;
  readonly #runner: BlockRunner;

  constructor(code: CodeFunction, environment: Environment, runner: BlockRunner, graph: FlowGraph) {
    this.#function = code;
    this.#environment = environment;
    this.#runner = runner;
    this.#graph = graph;
    this.isLost = graph.cut;
  }

  get graph(): FlowGraph {
    return this.#graph;
  }

  /** More of the function was found: nothing that was known still holds. */
  extend(graph: FlowGraph): void {
    this.#graph = graph;
    this.isLost ||= graph.cut;
    this.solved = null;
  }

  /** Sees to it that the states of the blocks are known. */
  prepare(blocks: Wanted): void {
    const solved = this.solved;
    if (solved === 'all') return;
    if (blocks === 'all' || solved === null) return this.solve(blocks);
    for (const start of blocks) if (!solved.has(start)) return this.solve(new Set([...solved, ...blocks]));
  }

  /** The blocks and all that lead to them. */
  ancestors(blocks: readonly Block[]): Wanted {
    if (this.isLost) return 'all';
    // Eight blocks take as long as a step.
    this.#environment.budget.steps -= this.graph.blocks.size >> 3;
    return ancestors(this.graph, blocks);
  }

  /** Seeks the states of the blocks anew, from what holds on entry; none where they were not found once. */
  solve(wanted: Wanted, given: readonly Given[] = [], atFirst: Events | null = null): void {
    if (this.isLost) {
      this.solved = 'all';
      this.states = new Map();
      return;
    }
    const { convention, budget } = this.#environment;
    const { entry, handlers, frame } = this.#function;
    const unsteady = this.#environment.unsteady(this.#function);
    const atEntry = entryState(convention, given);
    atEntry.disturb(unsteady);
    const point = new FixedPoint(this.graph.blocks, wanted, convention);
    this.solved = wanted;
    this.states = point.states;
    point.enter(entry, atEntry);
    for (const start of [...handlers, ...this.uncertain])
      point.enter(start, frameState(convention, frame, unsteady, given), true);
    if (point.reach(this.#runner, budget, atFirst)) return;
    this.isLost = true;
    budget.hasGivenUp = true;
  }
}
