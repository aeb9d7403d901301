/** Forward abstract interpretation of one function: its flow graph, and what of its calls and stores values tell. */
import { importSlots } from './alternatives.js';
import type { LowestWrites } from './below.js';
import { BlockRunner } from './block-runner.js';
import { PARAMETERS } from './convention.js';
import { entryState, frameState, type Given } from './entry.js';
import { FixedPoint, type Wanted } from './fixed-point.js';
import { ancestors, type Block, blocksAt, buildGraph, type FlowGraph, instructionsAt, isCode } from './flow.js';
import type { CodeFunction } from './functions.js';
import type { Instruction } from './instruction.js';
import { findOrphans } from './orphans.js';
import { PROBE } from './slot.js';
import { eachStackArgument, valuesOf, type Walk } from './stack-arguments.js';
import type { State } from './state.js';
import { mostCases, openSwitches, switchTable, switchTargets, type Table } from './switches.js';
import { join, sameValue, stackAddress, UNKNOWN, type Value } from './value.js';
import type { Call, Environment, Visitor } from './visitor.js';

/** Tables that are found behind tables. */
const MOST_TABLE_ROUNDS = 8;
const NO_JUMPS: readonly number[] = [];

export class FunctionAnalysis {
  readonly function: CodeFunction;
  readonly #environment: Environment;
  readonly #runner: BlockRunner;
  #entryStates = new Map<number, State>();
  readonly #uncertain = new Set<number>();
  #graph: FlowGraph;
  /** Blocks whose states are known; null before anything is, and 'all'. */
  #solved: Wanted | null = null;
  /** Blocks whose callees have been looked at. */
  #learned: Wanted | null = null;
  /** Jumps inside the function whose targets are not known: any block may be reached from one. */
  #lostJumps: readonly number[] = NO_JUMPS;
  #isLost = false;

  constructor(code: CodeFunction, environment: Environment) {
    this.function = code;
    this.#environment = environment;
    this.#runner = new BlockRunner(environment, code.ranges);
    const { source, budget } = environment;
    const jumps = new Map<number, readonly number[]>();
    const tables = new Map<number, Table>();
    const exact = [code.entry, ...code.handlers];
    this.#graph = buildGraph(source, budget, code.ranges, exact, jumps);
    // Tables are found while values are; each brings blocks that may hold further ones.
    let open = openSwitches(this.#graph, jumps);
    for (let round = 0; round <= MOST_TABLE_ROUNDS && open.length > 0; round++) {
      this.#solve(ancestors(this.#graph, open));
      if (round === MOST_TABLE_ROUNDS || !this.#addTables(open, tables, jumps)) break;
      this.#graph = buildGraph(source, budget, code.ranges, exact, jumps, this.#graph);
      open = openSwitches(this.#graph, jumps);
      this.#solved = null;
    }
    // What lies behind a table was taken for a part of it, until that was seen to be another table.
    this.#lostJumps = this.#lostJumps.filter((jump) =>
      instructionsAt(this.#graph, jump).some(({ rva }) => rva === jump),
    );
    const orphans = findOrphans(code, this.#graph.blocks.values(), source, budget);
    if (orphans.length === 0) return;
    const known = new Set(this.#graph.blocks.keys());
    this.#graph = buildGraph(source, budget, code.ranges, [...exact, ...orphans], jumps, this.#graph);
    for (const start of this.#graph.blocks.keys()) if (!known.has(start)) this.#uncertain.add(start);
    this.#solved = null;
  }

  /** The budget ran out, or the fixed point was not reached: nothing about this function is certain. */
  get gaveUp(): boolean {
    return this.#isLost || this.#graph.cut || this.#lostJumps.length > 0;
  }

  /**
   * Goes over blocks once more, with what is known before each.
   * @param at only the blocks that hold these rvas; the states of what cannot lead to them are not even sought
   */
  visit(visitor: Visitor, at: readonly number[] | null = null): void {
    const wanted = at === null ? [...this.#graph.blocks.values()] : blocksAt(this.#graph, at);
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
        ...(visitor.lose === undefined ? {} : { lose: visitor.lose }),
      };
    for (const block of wanted) {
      const state = this.#entryStates.get(block.start);
      if (state === undefined || (onlyCalls && !block.calls)) continue;
      uncertain = this.#uncertain.has(block.start);
      const after = state.copy();
      this.#runner.run(block, after, visitor, uncertain);
      if (visitor.lose !== undefined)
        for (const { to } of block.edges)
          this.#entryStates.get(to)?.lostOf(after).flatMap(importSlots).forEach(visitor.lose);
    }
    this.#runner.interpreter.events = null;
  }

  /**
   * False where a function that starts with `given` does not come to the instruction at `rva`, as comparisons with what
   * was given tell.
   */
  reaches(rva: number, given: readonly Given[]): boolean {
    const target = blocksAt(this.#graph, [rva]);
    if (this.gaveUp || target.length === 0) return true;
    return this.#suppose(
      given,
      ancestors(this.#graph, target),
      () => this.#isLost || target.some(({ start }) => this.#entryStates.has(start)),
    );
  }

  /**
   * What `look` tells of the call at `rva` where the function starts with `given`: null where it does not come there, 'lost'
   * where the function was given up.
   */
  callUnder<T>(rva: number, given: readonly Given[], look: (call: Call) => T): T | null | 'lost' {
    const target = blocksAt(this.#graph, [rva]);
    const told = this.#suppose(given, ancestors(this.#graph, target), () => {
      let found: T | null = null;
      const call = (each: Call): void => {
        if (each.rva === rva) found = look(each);
      };
      this.#walk({ call }, target);
      return found;
    });
    return this.gaveUp || target.length === 0 ? 'lost' : told;
  }

  /** What the function returns where it starts with `given`; null where that is not known, or it does not return. */
  returned(given: readonly Given[]): Value | null {
    let found: Value | null = null;
    let isLost = this.gaveUp || this.#uncertain.size > 0;
    if (isLost) return null;
    this.#suppose(given, 'all', () => {
      const visitor: Visitor = {
        call: ({ returnRva }) => {
          // A tail call returns what somebody else does.
          if (returnRva === null) isLost = true;
        },
        result: (value) => {
          found = found === null ? value : join(found, value);
        },
      };
      this.#walk(visitor, null);
      isLost ||= this.gaveUp;
    });
    return isLost ? null : found;
  }

  /** What `look` finds where the function starts with `given`; what is known without that stays. */
  #suppose<T>(given: readonly Given[], wanted: Wanted, look: () => T): T {
    const [solved, states] = [this.#solved, this.#entryStates];
    this.#solve(wanted, entryState(this.#environment.convention, given));
    const found = look();
    [this.#solved, this.#entryStates] = [solved, states];
    return found;
  }

  /** How far below an address of its own in every parameter the function writes; `passed` tells it of callees (null: itself). */
  lowestWrites(passed: (call: Call) => LowestWrites | null): LowestWrites {
    const { interpreter } = this.#runner;
    const parameters = PARAMETERS[this.#environment.convention.machine];
    const probes = parameters.map((at, index) => ({ at, value: stackAddress(PROBE + index, 0) }));
    const lowest = parameters.map(() => 0);
    const write = (base: number, offset: number): void => {
      if (base >= PROBE) lowest[base - PROBE] = Math.min(lowest[base - PROBE] ?? 0, offset);
    };
    const nothing = (): void => undefined;
    this.#suppose(probes, 'all', () => {
      interpreter.events = { store: nothing, control: nothing, leak: nothing, frame: write };
      eachStackArgument(this.#walk, parameters, (call, index, base, offset) => {
        if (base < PROBE) return;
        const below = passed(call);
        // With what it was given it does the same once more; with anything else each call goes further.
        const goesFurther = below === null && (base !== PROBE + index || offset < 0);
        write(base, goesFurther ? Number.NEGATIVE_INFINITY : offset + (below?.[index] ?? 0));
      });
      interpreter.events = null;
    });
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
    return instructionsAt(this.#graph, rva);
  }

  #prepare(blocks: Wanted): void {
    const solved = this.#solved;
    if (solved === 'all') return;
    if (blocks === 'all' || solved === null) return this.#solve(blocks);
    for (const start of blocks) if (!solved.has(start)) return this.#solve(new Set([...solved, ...blocks]));
  }

  /** True where every byte that a path reaches is an instruction: data that was taken for code seldom is. */
  get isCode(): boolean {
    return isCode(this.#graph);
  }

  /** Seeks the states of the blocks anew, from what holds on entry. */
  #solve(wanted: Wanted, atEntry = entryState(this.#environment.convention)): void {
    const { convention, budget } = this.#environment;
    const { entry, handlers, frame } = this.function;
    const point = new FixedPoint(this.#graph.blocks, wanted, convention.stackPointer);
    this.#solved = wanted;
    this.#entryStates = point.states;
    point.enter(entry, atEntry);
    for (const handler of handlers) point.enter(handler, frameState(convention, frame));
    for (const start of this.#uncertain) point.enter(start, frameState(convention, frame));
    if (!point.reach(this.#runner, budget)) this.#isLost = true;
  }

  /** Jumps through tables whose targets were not known before. */
  #addTables(open: readonly Block[], tables: Map<number, Table>, jumps: Map<number, readonly number[]>): boolean {
    const known = tables.size;
    const lost: number[] = [];
    for (const block of open) {
      const last = block.instructions.at(-1);
      const entry = this.#entryStates.get(block.start);
      if (last === undefined || entry === undefined) continue;
      const table = switchTable(block, entry, this.#runner, this.#environment);
      if (table === 'lost') lost.push(last.rva);
      else if (table !== null) tables.set(last.rva, { entry: table, most: mostCases(this.#graph, block) });
    }
    for (const [jump, targets] of switchTargets(tables, this.function.ranges, this.#environment)) {
      if (targets === 'lost') lost.push(jump);
      else jumps.set(jump, targets);
    }
    this.#lostJumps = lost;
    return tables.size > known;
  }
}
