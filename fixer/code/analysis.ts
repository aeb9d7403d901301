/**
 * Forward abstract interpretation of one function: what every register and stack slot can hold before every block, as a
 * fixed point over the flow graph.
 */
import type { LowestWrites } from './below.js';
import { BlockRunner } from './block-runner.js';
import { type Location, PARAMETERS } from './convention.js';
import { alignStacks, narrow } from './edges.js';
import { entryState, frameState } from './entry.js';
import { ancestors, type Block, buildGraph, type FlowGraph } from './flow.js';
import { type CodeFunction, inRanges } from './functions.js';
import { type Instruction, isDirect } from './instruction.js';
import { findOrphans } from './orphans.js';
import { PROBE } from './slot.js';
import { eachStackArgument, valuesOf, type Walk } from './stack-arguments.js';
import type { State } from './state.js';
import { sameValue, single, stackAddress, UNKNOWN, type Value } from './value.js';
import type { Call, Environment, Visitor } from './visitor.js';

/** Times that a block may be interpreted before its function is given up; sets grow to eight, so few need ten. */
const MOST_VISITS = 60;
/** Tables that are found behind tables. */
const MOST_TABLE_ROUNDS = 4;
/** Times after which a value that still grows counts how often its loop ran. */
const OFTEN = 4;

export class FunctionAnalysis {
  readonly function: CodeFunction;
  readonly #environment: Environment;
  readonly #runner: BlockRunner;
  #entryStates = new Map<number, State>();
  readonly #uncertain = new Set<number>();
  #graph: FlowGraph;
  /** Blocks whose states are known; null before anything is, and 'all'. */
  #solved: ReadonlySet<number> | 'all' | null = null;
  /** Blocks whose callees have been looked at. */
  #learned: ReadonlySet<number> | 'all' | null = null;
  /** A jump inside the function whose targets are not known: any block may be reached from it. */
  #hasLostJump = false;
  #isLost = false;

  constructor(code: CodeFunction, environment: Environment) {
    this.function = code;
    this.#environment = environment;
    this.#runner = new BlockRunner(environment, code.ranges);
    const { source, budget } = environment;
    const jumps = new Map<number, readonly number[]>();
    const exact = [code.entry, ...code.handlers];
    this.#graph = buildGraph(source, budget, code.ranges, exact, jumps);
    // Tables are found while values are; each brings blocks that may hold further ones.
    let open = this.#tableJumps(jumps);
    for (let round = 0; round <= MOST_TABLE_ROUNDS && open.length > 0; round++) {
      this.#solve(ancestors(this.#graph, open));
      if (round === MOST_TABLE_ROUNDS || !this.#addTables(open, jumps)) break;
      this.#graph = buildGraph(source, budget, code.ranges, exact, jumps, this.#graph);
      open = this.#tableJumps(jumps);
      this.#solved = null;
    }
    const orphans = findOrphans(code, this.#graph.blocks.values(), source, budget);
    if (orphans.length === 0) return;
    const known = new Set(this.#graph.blocks.keys());
    this.#graph = buildGraph(source, budget, code.ranges, [...exact, ...orphans], jumps, this.#graph);
    for (const start of this.#graph.blocks.keys()) if (!known.has(start)) this.#uncertain.add(start);
    this.#solved = null;
  }

  /** The budget ran out, or the fixed point was not reached: nothing about this function is certain. */
  get gaveUp(): boolean {
    return this.#isLost || this.#graph.cut || this.#hasLostJump;
  }

  /**
   * Goes over blocks once more, with what is known before each.
   * @param at only the blocks that hold these rvas; the states of what cannot lead to them are not even sought
   */
  visit(visitor: Visitor, at: readonly number[] | null = null): void {
    const wanted = at === null ? [...this.#graph.blocks.values()] : this.#blocksAt(at);
    const needed = at === null ? 'all' : ancestors(this.#graph, wanted);
    this.#prepare(needed);
    if (visitor.asked !== undefined && this.#learns(wanted, visitor.asked)) this.#prepare(needed);
    let uncertain = false;
    const onlyCalls = (visitor.store ?? visitor.control ?? visitor.leak ?? visitor.keep) === undefined;
    if (!onlyCalls)
      this.#runner.interpreter.events = {
        store: (rva, target, width, value) => visitor.store?.(rva, target, width, value, uncertain),
        control: (rva, value) => visitor.control?.(rva, value, uncertain),
        leak: (target) => visitor.leak?.(target),
        ...(visitor.keep === undefined ? {} : { keep: visitor.keep }),
      };
    for (const block of wanted) {
      const state = this.#entryStates.get(block.start);
      if (state === undefined || (onlyCalls && !block.calls)) continue;
      uncertain = this.#uncertain.has(block.start);
      this.#runner.run(block, state.copy(), visitor, uncertain);
    }
    this.#runner.interpreter.events = null;
  }

  /**
   * False where a function that starts with `given` does not come to the instruction at `rva`, as comparisons with what
   * was given tell.
   */
  reaches(rva: number, given: readonly { readonly at: Location; readonly value: Value }[]): boolean {
    const target = this.#blocksAt([rva]);
    if (this.gaveUp || target.length === 0) return true;
    const { convention } = this.#environment;
    const state = entryState(convention);
    for (const { at, value } of given) {
      if ('register' in at) state.registers[at.register] = value;
      else state.writeSlot(0, at.offset, convention.pointerWidth, value);
    }
    const [solved, states] = [this.#solved, this.#entryStates];
    this.#solve(ancestors(this.#graph, target), state);
    const isReached = this.#isLost || target.some(({ start }) => this.#entryStates.has(start));
    this.#solved = solved;
    this.#entryStates = states;
    return isReached;
  }

  /** How far below an address of its own in every parameter the function writes; `passed` tells it of callees (null: itself). */
  lowestWrites(passed: (call: Call) => LowestWrites | null): LowestWrites {
    const { convention } = this.#environment;
    const { interpreter } = this.#runner;
    const parameters = PARAMETERS[convention.machine];
    const state = entryState(convention);
    for (const [index, at] of parameters.entries()) {
      const address = stackAddress(PROBE + index, 0);
      if ('register' in at) state.registers[at.register] = address;
      else state.writeSlot(0, at.offset, convention.pointerWidth, address);
    }
    const [solved, states] = [this.#solved, this.#entryStates];
    this.#solve('all', state);
    const lowest = parameters.map(() => 0);
    const write = (base: number, offset: number): void => {
      if (base >= PROBE) lowest[base - PROBE] = Math.min(lowest[base - PROBE] ?? 0, offset);
    };
    const nothing = (): void => undefined;
    interpreter.events = { store: nothing, control: nothing, leak: nothing, frame: write };
    eachStackArgument(this.#walk, parameters, (call, index, base, offset) => {
      if (base < PROBE) return;
      const below = passed(call);
      // With what it was given it does the same once more; with anything else each call goes further.
      const goesFurther = below === null && (base !== PROBE + index || offset < 0);
      write(base, goesFurther ? Number.NEGATIVE_INFINITY : offset + (below?.[index] ?? 0));
    });
    interpreter.events = null;
    [this.#solved, this.#entryStates] = [solved, states];
    return lowest;
  }

  /**
   * Looks at the callees that are given addresses on the stack; true where that changes what is known of this function.
   * It costs an analysis of each, so first it is seen whether it could make a difference to what is asked.
   */
  #learns(wanted: readonly Block[], asked: NonNullable<Visitor['asked']>): boolean {
    const { callsOthers, interpreter } = this.#runner;
    const solved = this.#solved;
    if (!callsOthers || this.#learned === solved || solved === null || !interpreter.readsConstants) return false;
    this.#learned = solved;
    const states = this.#entryStates;
    this.#runner.isStrict = true;
    // Most arguments are made right before the call, whatever was known before the block.
    let isSame = valuesOf(this.#walk, wanted, asked, true).every(({ atoms }) => atoms !== null);
    if (!isSame) {
      this.#solve(solved);
      const strict = valuesOf(this.#walk, wanted, asked);
      this.#runner.isStrict = false;
      this.#entryStates = states;
      isSame = valuesOf(this.#walk, wanted, asked).every((value, index) => sameValue(value, strict[index] ?? UNKNOWN));
    }
    this.#runner.isStrict = false;
    if (isSame) return false;
    const calls = new Set<Call>();
    eachStackArgument(this.#walk, PARAMETERS[this.#environment.convention.machine], (call, _, base, offset) => {
      if (interpreter.readsBelow(base, offset)) calls.add(call);
    });
    const isNew = this.#environment.learn(calls);
    if (isNew) this.#solved = null;
    return isNew;
  }

  readonly #walk: Walk = (visitor, blocks, prepare) => {
    for (const block of blocks ?? this.#graph.blocks.values()) {
      const state = this.#entryStates.get(block.start)?.copy();
      if (state === undefined) continue;
      prepare?.(state);
      this.#runner.run(block, state, visitor);
    }
  };

  /** Those that hold the byte at `rva`, on any path that is known. */
  instructionsAt(rva: number): Instruction[] {
    return this.#blocksAt([rva]).flatMap(({ instructions }) =>
      instructions.filter((each) => rva >= each.rva && rva < each.rva + each.length),
    );
  }

  #blocksAt(rvas: readonly number[]): Block[] {
    if (rvas.length === 0) return [];
    return [...this.#graph.blocks.values()].filter(({ start, end }) => rvas.some((rva) => rva >= start && rva < end));
  }

  #prepare(blocks: ReadonlySet<number> | 'all'): void {
    const solved = this.#solved;
    if (solved === 'all') return;
    if (blocks === 'all' || solved === null) return this.#solve(blocks);
    for (const start of blocks) if (!solved.has(start)) return this.#solve(new Set([...solved, ...blocks]));
  }

  /** Blocks that end in a jump that goes where only values tell, unless they have told. */
  #tableJumps(jumps: ReadonlyMap<number, readonly number[]>): Block[] {
    return [...this.#graph.blocks.values()].filter(({ instructions }) => {
      const last = instructions.at(-1);
      return last?.flow.kind === 'jump-through' && !isDirect(last.flow.operand) && !jumps.has(last.rva);
    });
  }

  /** True where every byte that a path reaches is an instruction: data that was taken for code seldom is. */
  get isCode(): boolean {
    for (const { instructions } of this.#graph.blocks.values()) {
      const last = instructions.at(-1);
      if (last?.flow.kind === 'stop' && last.length === 1) return false;
    }
    return true;
  }

  #solve(wanted: ReadonlySet<number> | 'all', atEntry = entryState(this.#environment.convention)): void {
    this.#solved = wanted;
    this.#entryStates = new Map();
    const { blocks } = this.#graph;
    const order = [...blocks.keys()];
    const pending = new Set<number>();
    const visits = new Map<number, number>();
    const enter = (start: number, state: State): void => {
      if (wanted === 'all' ? !blocks.has(start) : !wanted.has(start)) return;
      const known = this.#entryStates.get(start);
      if (known === undefined) this.#entryStates.set(start, state.copy());
      else {
        const aligned = alignStacks(known, state, this.#environment.convention.stackPointer);
        const isCounting = (visits.get(start) ?? 0) >= OFTEN;
        if (!known.merge(aligned.incoming, isCounting) && !aligned.changed) return;
      }
      pending.add(start);
    };
    enter(this.function.entry, atEntry);
    for (const handler of this.function.handlers)
      enter(handler, frameState(this.#environment.convention, this.function.frame));
    for (const start of this.#uncertain) enter(start, frameState(this.#environment.convention, this.function.frame));
    while (pending.size > 0) {
      for (let index = 0; index < order.length; index++) {
        const start = order[index] as number;
        if (!pending.delete(start)) continue;
        const block = blocks.get(start);
        const state = this.#entryStates.get(start);
        if (block === undefined || state === undefined) continue;
        const count = (visits.get(start) ?? 0) + 1;
        visits.set(start, count);
        this.#environment.budget.steps -= block.instructions.length;
        if (count > MOST_VISITS || this.#environment.budget.steps < 0) {
          this.#isLost = true;
          return;
        }
        const after = state.copy();
        this.#runner.run(block, after, null);
        for (const edge of block.edges) {
          if (wanted !== 'all' && !wanted.has(edge.to)) continue;
          const narrowed = block.edges.length > 1 && edge.when !== 'other' ? narrow(after, edge) : after;
          if (narrowed !== null) enter(edge.to, narrowed);
        }
      }
    }
  }

  /** Jumps through tables whose targets were not known before. */
  #addTables(open: readonly Block[], jumps: Map<number, readonly number[]>): boolean {
    let added = false;
    this.#hasLostJump = false;
    for (const block of open) {
      const last = block.instructions.at(-1);
      const entry = this.#entryStates.get(block.start);
      if (last?.flow.kind !== 'jump-through' || entry === undefined) continue;
      const state = entry.copy();
      // The jump at its end changes nothing.
      this.#runner.run(block, state, null);
      const atom = single(this.#runner.interpreter.read(last.flow.operand, state));
      const inside = (rva: number): boolean => inRanges(this.function.ranges, rva);
      const targets = atom?.kind === 'table-entry' ? this.#environment.readTable(atom, inside) : [];
      if (targets.length === 0) {
        // A tail call has given its frame back; with a frame it is a switch whose cases nobody knows.
        const top = single(state.registers[this.#environment.convention.stackPointer] ?? UNKNOWN);
        if (atom?.kind === 'table-entry' || (top?.kind === 'stack' && top.base === 0 && top.offset !== 0))
          this.#hasLostJump = true;
        continue;
      }
      jumps.set(last.rva, targets);
      added = true;
    }
    return added;
  }
}
