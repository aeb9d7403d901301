/** Forward abstract interpretation of one function: its flow graph, and what of its calls and stores values tell. */
import { importSlots } from './alternatives.js';
import { BlockRunner } from './block-runner.js';
import { blocksAt, instructionsAt } from './blocks-at.js';
import type { CodeFunction } from './code-function.js';
import { PARAMETERS } from './convention.js';
import { anywhereState, type Given } from './entry.js';
import type { Wanted } from './fixed-point.js';
import { type Block, buildGraph, isCode, leadsOn } from './flow.js';
import type { Instruction } from './instruction.js';
import { KnownStates } from './known-states.js';
import { eventsFor } from './memory-writes.js';
import { findOrphans } from './orphans.js';
import { callsGiven, valuesOf, type Walk } from './stack-arguments.js';
import type { Supposition } from './suppositions.js';
import { addTables, openSwitches, type Table } from './switches.js';
import { sameValue, UNKNOWN } from './value.js';
import type { Environment, Visitor } from './visitor.js';

/** Tables that are found behind tables. */
const MOST_TABLE_ROUNDS = 8;

export class FunctionAnalysis {
  readonly function: CodeFunction;
  readonly #environment: Environment;
  readonly #runner: BlockRunner;
  readonly #known: KnownStates;
  /** Blocks whose callees have been looked at. */
  #learned: Wanted | null = null;
  /** Jumps inside the function whose targets are not known: any block may be reached from one. */
  #lostJumps: readonly number[] = [];

  constructor(code: CodeFunction, environment: Environment) {
    this.function = code;
    this.#environment = environment;
    this.#runner = new BlockRunner(environment, code.ranges);
    const { source, budget } = environment;
    const jumps = new Map<number, readonly number[]>();
    const tables = new Map<number, Table>();
    const exact = [code.entry, ...code.handlers];
    this.#known = new KnownStates(
      code,
      environment,
      this.#runner,
      buildGraph(source, budget, code.ranges, exact, jumps),
    );
    // Tables are found while values are; each brings blocks that may hold further ones.
    let open = openSwitches(this.#known.graph, jumps);
    for (let round = 0; round <= MOST_TABLE_ROUNDS && open.length > 0; round++) {
      this.#known.solve(this.#known.ancestors(open));
      const found = addTables(
        this.#known.graph,
        open,
        this.#known.states,
        { tables, jumps, ranges: code.ranges },
        this.#runner,
      );
      this.#lostJumps = found.lost;
      if (round === MOST_TABLE_ROUNDS || !found.isNew || this.#known.isLost) break;
      this.#known.extend(buildGraph(source, budget, code.ranges, exact, jumps, this.#known.graph));
      open = openSwitches(this.#known.graph, jumps);
    }
    // What lies behind a table was taken for a part of it, until that was seen to be another table.
    this.#lostJumps = this.#lostJumps.filter((jump) =>
      instructionsAt(this.#known.graph, jump).some(({ rva }) => rva === jump),
    );
    // Of one that is too large what paths reach comes first.
    if (this.#known.graph.cut) return;
    const orphans = findOrphans(code, this.#known.graph.blocks.values(), source, budget);
    if (orphans.length === 0) return;
    const known = new Set(this.#known.graph.blocks.keys());
    this.#known.extend(buildGraph(source, budget, code.ranges, [...exact, ...orphans], jumps, this.#known.graph));
    for (const start of this.#known.graph.blocks.keys()) if (!known.has(start)) this.#known.uncertain.add(start);
  }

  /** The budget ran out, or the fixed point was not reached: nothing about this function is certain. */
  get gaveUp(): boolean {
    return this.#known.isLost || this.#lostJumps.length > 0;
  }

  /**
   * Goes over blocks once more, with what is known before each.
   * @param at only the blocks that hold these rvas; the states of what cannot lead to them are not even sought
   */
  visit(visitor: Visitor, at: readonly number[] | null = null): void {
    const found = at === null ? [...this.#known.graph.blocks.values()] : blocksAt(this.#known.graph, at);
    const { isSettled } = visitor;
    const wanted =
      at === null || isSettled === undefined
        ? found
        : found.filter((block) => !this.#answersAlone(block, visitor, isSettled));
    if (wanted.length === 0) return;
    const needed = at === null ? 'all' : this.#known.ancestors(wanted);
    if (visitor.hearsLoops === true) this.#hearLoops(needed, visitor);
    this.#known.prepare(needed);
    if ((visitor.asked ?? visitor.asksOf) !== undefined && this.#learns(wanted, visitor)) this.#known.prepare(needed);
    const { convention } = this.#environment;
    let uncertain = false;
    const onlyCalls = (visitor.store ?? visitor.control ?? visitor.leak ?? visitor.keep) === undefined;
    if (!onlyCalls) this.#runner.interpreter.events = eventsFor(visitor, () => uncertain);
    for (const block of wanted) {
      const state = this.#known.isLost ? anywhereState(convention) : this.#known.states.get(block.start);
      if (state === undefined || (onlyCalls && !block.calls)) continue;
      uncertain = this.#known.uncertain.has(block.start);
      const after = state.copy();
      this.#runner.run(block, after, visitor, uncertain);
      if (visitor.lose !== undefined)
        for (const { to } of block.edges)
          this.#known.states.get(to)?.lostOf(after).flatMap(importSlots).forEach(visitor.lose);
    }
    this.#runner.interpreter.events = null;
  }

  /** Seeks the states anew, and tells of stores in loops as they are come to first. */
  #hearLoops(needed: Wanted, { store }: Visitor): void {
    const told: Visitor['store'] = (rva, target, width, value) => {
      const uncertain =
        this.#known.uncertain.size > 0 &&
        blocksAt(this.#known.graph, [rva]).some(({ start }) => this.#known.uncertain.has(start));
      store?.(rva, target, width, value, uncertain);
    };
    this.#known.solve(
      needed,
      undefined,
      eventsFor({ store: told }, () => false),
    );
    this.#runner.interpreter.events = null;
  }

  /** Most arguments are made right before the call. */
  #answersAlone(block: Block, visitor: Visitor, isSettled: NonNullable<Visitor['isSettled']>): boolean {
    if (this.#known.uncertain.has(block.start)) return false;
    const { convention } = this.#environment;
    const answers: boolean[] = [];
    this.#runner.run(block, anywhereState(convention), { call: (each) => answers.push(isSettled(each)) });
    const isAnswered = block.calls && !answers.includes(false) && !this.#runner.interpreter.stacks.isLost;
    if (isAnswered) this.#runner.run(block, anywhereState(convention), visitor);
    return isAnswered;
  }

  /**
   * What `look` finds where the function starts with `given`; what is known without that stays.
   * @param at only the blocks that hold these rvas, which `look` is given, and what leads to them; null: all
   */
  suppose<T>(
    given: readonly Given[],
    at: readonly number[] | null,
    look: (walk: Walk, blocks: readonly Block[] | null) => T,
    { events = null, isStrict = false, returns = null }: Supposition = {},
  ): T {
    const [solved, states] = [this.#known.solved, this.#known.states];
    const blocks = at === null ? null : blocksAt(this.#known.graph, at);
    this.#runner.isStrict = isStrict;
    this.#runner.returns = returns;
    this.#known.solve(blocks === null ? 'all' : this.#known.ancestors(blocks), given);
    this.#runner.interpreter.events = events;
    const found = look(this.#walk, blocks);
    this.#runner.interpreter.events = null;
    this.#runner.isStrict = false;
    this.#runner.returns = null;
    [this.#known.solved, this.#known.states] = [solved, states];
    return found;
  }

  /**
   * Looks at the callees that are given addresses on the stack; true where that changes what is known of this function.
   * It costs an analysis of each, so first it is seen whether it could make a difference to what is asked.
   */
  #learns(wanted: readonly Block[], visitor: Visitor): boolean {
    const { callsOthers, interpreter } = this.#runner;
    const solved = this.#known.solved;
    if (!callsOthers || this.#learned === solved || solved === null || !interpreter.addressing.readsKnown) return false;
    const states = this.#known.states;
    const values = (isAlone = false) => valuesOf(this.#walk, interpreter, wanted, visitor, isAlone);
    this.#runner.isStrict = true;
    // Most arguments are made right before the call, whatever was known before the block.
    let isSame = values(true).every(({ atoms }) => atoms !== null);
    if (!isSame) {
      this.#known.solve(solved);
      const strict = values();
      this.#runner.isStrict = false;
      this.#known.states = states;
      isSame = values().every((value, index) => sameValue(value, strict[index] ?? UNKNOWN));
    }
    this.#runner.isStrict = false;
    // What is asked next may be another thing.
    if (isSame) return false;
    this.#learned = solved;
    return this.#learnFrom((base, offset) => interpreter.addressing.readsBelow(base, offset));
  }

  /** Looks at all callees that are given addresses on the stack: what is supposed next may make a difference anywhere. */
  learnAll(): void {
    if (this.#learned === 'all') return;
    this.#known.prepare('all');
    this.#learned = 'all';
    this.#learnFrom(() => true);
  }

  #learnFrom(matters: (base: number, offset: number) => boolean): boolean {
    const { convention, learn } = this.#environment;
    const isNew = learn(callsGiven(this.#walk, PARAMETERS[convention.machine], matters));
    if (isNew) this.#known.solved = null;
    return isNew;
  }

  readonly #walk: Walk = (visitor, blocks, prepare) => {
    let isReached = false;
    for (const block of blocks ?? this.#known.graph.blocks.values()) {
      const state = this.#known.states.get(block.start)?.copy();
      if (state === undefined) continue;
      isReached = true;
      prepare?.(state);
      this.#runner.run(block, state, visitor);
    }
    return isReached;
  };

  /** Those that hold the byte at `rva`, on any path that is known. */
  instructionsAt(rva: number): Instruction[] {
    return instructionsAt(this.#known.graph, rva);
  }

  /** True where every byte that a path reaches is an instruction: data that was taken for code seldom is. */
  get isCode(): boolean {
    return isCode(this.#known.graph);
  }

  /** So it is, and it does what functions do. */
  get isWholeFunction(): boolean {
    return this.isCode && leadsOn(this.#known.graph);
  }
}
