/**
 * Forward abstract interpretation of one function: what every register and stack slot can hold before every block, as a
 * fixed point over the flow graph.
 */
import { compute, truncate } from './arithmetic.js';
import { argumentLocation, type Convention, type Location } from './convention.js';
import { buildGraph, type Block, Decoded, type Edge, type FlowGraph, inRanges } from './flow.js';
import type { CodeFunction } from './functions.js';
import type { Instruction, InstructionSource, Operand } from './instruction.js';
import { type Events, Interpreter } from './interpret.js';
import type { ImageMemory } from './memory.js';
import { State } from './state.js';
import {
  type Atom,
  constant,
  fromOrigin,
  registerOrigin,
  single,
  singleConstant,
  stackAddress,
  stackOrigin,
  UNKNOWN,
  type Value,
} from './value.js';

/** A call, or a jump that leaves the function: a tail call. */
export interface Call {
  readonly rva: number;
  /** rva of the instruction after the call; for a tail call, of nothing. */
  readonly returnRva: number | null;
  readonly target: number | null;
  /** What is called, where that is not a constant address. */
  readonly callee: Value;
  /** The image's memory that the address is read from, where the call says it; else null. */
  readonly slot: number | null;
  /** True where no path from the function's entry is known: values are those of this stretch alone. */
  readonly uncertain: boolean;
  /** What the callee finds at `location`. */
  argument(location: Location): Value;
  register(number: number): Value;
}

export interface Visitor extends Partial<Events> {
  call?(call: Call): void;
}

export interface Environment {
  readonly source: InstructionSource;
  readonly memory: ImageMemory;
  readonly convention: Convention;
  /** Instructions that may still be decoded, for the whole image. */
  readonly budget: { left: number };
  /** Bytes of arguments that a callee takes off the stack (x86); null where unknown. */
  pops(target: number | null, slot: number | null, callee: Value): number | null;
  /** Calls that change no register but the scratch ones: the check function of control-flow guard. */
  preserves(slot: number | null, callee: Value): boolean;
  readTable(entry: Atom & { kind: 'table-entry' }, inside: (rva: number) => boolean): number[];
}

const STACK_ARGUMENTS = 14;
/** Times that a block may be interpreted before its function is given up; sets grow to eight, so few need ten. */
const MOST_VISITS = 60;

export class FunctionAnalysis {
  readonly function: CodeFunction;
  readonly #environment: Environment;
  readonly #interpreter: Interpreter;
  readonly #entryStates = new Map<number, State>();
  readonly #uncertain = new Set<number>();
  #graph: FlowGraph;
  /** The budget ran out, or the fixed point was not reached: nothing about this function is certain. */
  gaveUp = false;

  constructor(code: CodeFunction, environment: Environment) {
    this.function = code;
    this.#environment = environment;
    this.#interpreter = new Interpreter(environment.memory, environment.convention);
    const decoded = new Decoded(environment.source, environment.budget);
    const jumps = new Map<number, readonly number[]>();
    const exact = [code.entry, ...code.handlers];
    this.#graph = buildGraph(decoded, code.ranges, exact, jumps);
    this.#solve(jumps);
    // Tables are found while values are; each brings blocks that may hold further ones.
    for (let round = 0; round < 4 && this.#addTables(jumps); round++) {
      this.#graph = buildGraph(decoded, code.ranges, exact, jumps);
      this.#solve(jumps);
    }
    const orphans = this.#orphans(decoded);
    if (orphans.length > 0) {
      const known = new Set(this.#graph.blocks.keys());
      this.#graph = buildGraph(decoded, code.ranges, [...exact, ...orphans], jumps);
      for (const start of this.#graph.blocks.keys()) if (!known.has(start)) this.#uncertain.add(start);
      this.#solve(jumps);
    }
    this.gaveUp ||= this.#graph.cut;
  }

  /** Goes over every block once more, with what is known before it. */
  visit(visitor: Visitor): void {
    this.#interpreter.events = {
      store: (rva, target, width, value) => visitor.store?.(rva, target, width, value),
      control: (rva, value) => visitor.control?.(rva, value),
    };
    for (const block of this.#graph.blocks.values()) {
      const state = this.#entryStates.get(block.start);
      if (state !== undefined) this.#runBlock(block, state.copy(), visitor);
    }
    this.#interpreter.events = null;
  }

  /** Bytes that its returns take off the stack; null where they differ or there is none. */
  get returnPops(): number | null {
    let pops: number | null = null;
    for (const { instructions } of this.#graph.blocks.values()) {
      const flow = instructions.at(-1)?.flow;
      if (flow?.kind !== 'return') continue;
      if (pops !== null && pops !== flow.pops) return null;
      pops = flow.pops;
    }
    return pops;
  }

  #entryState(): State {
    const { registerCount, stackPointer, argumentRegisters } = this.#environment.convention;
    const registers = Array.from({ length: registerCount }, (_, index) => fromOrigin(registerOrigin(index)));
    registers[stackPointer] = stackAddress(0, 0);
    const state = new State(registers);
    for (let index = 0; index < STACK_ARGUMENTS; index++) {
      const location = argumentLocation(this.#environment.convention, argumentRegisters.length + index);
      if ('offset' in location)
        state.writeSlot(0, location.offset, this.#environment.convention.pointerWidth, fromOrigin(stackOrigin(location.offset)));
    }
    return state;
  }

  /** After an exception, and where nobody knows how control came: only the frame is known. */
  #frameState(): State {
    const { registerCount, stackPointer } = this.#environment.convention;
    const state = new State(Array.from({ length: registerCount }, () => UNKNOWN));
    const { frame } = this.function;
    if (frame !== null) {
      state.registers[stackPointer] = stackAddress(0, frame.stackOffset);
      if (frame.frameRegister !== null) state.registers[frame.frameRegister] = stackAddress(0, frame.frameOffset);
    }
    return state;
  }

  #solve(jumps: ReadonlyMap<number, readonly number[]>): void {
    this.#entryStates.clear();
    const { blocks } = this.#graph;
    const order = [...blocks.keys()];
    const pending = new Set<number>();
    const visits = new Map<number, number>();
    const enter = (start: number, state: State): void => {
      const known = this.#entryStates.get(start);
      if (known === undefined) this.#entryStates.set(start, state.copy());
      else if (!known.merge(state)) return;
      pending.add(start);
    };
    enter(this.function.entry, this.#entryState());
    for (const handler of this.function.handlers) if (blocks.has(handler)) enter(handler, this.#frameState());
    for (const start of this.#uncertain) enter(start, this.#frameState());
    while (pending.size > 0) {
      for (const start of order) {
        if (!pending.delete(start)) continue;
        const block = blocks.get(start);
        const state = this.#entryStates.get(start);
        if (block === undefined || state === undefined) continue;
        const count = (visits.get(start) ?? 0) + 1;
        visits.set(start, count);
        if (count > MOST_VISITS) {
          this.gaveUp = true;
          return;
        }
        const after = state.copy();
        this.#runBlock(block, after, null);
        for (const edge of block.edges) {
          const narrowed = block.edges.length > 1 && edge.when !== 'other' ? narrow(after, edge) : after;
          if (narrowed !== null && blocks.has(edge.to)) enter(edge.to, narrowed);
        }
      }
    }
    void jumps;
  }

  #runBlock(block: Block, state: State, visitor: Visitor | null): void {
    for (const instruction of block.instructions) {
      for (const step of instruction.steps) this.#interpreter.run(step, state, instruction.rva);
      this.#runFlow(instruction, state, visitor, this.#uncertain.has(block.start));
    }
  }

  #runFlow(instruction: Instruction, state: State, visitor: Visitor | null, uncertain: boolean): void {
    const { flow, rva, length } = instruction;
    switch (flow.kind) {
      case 'call':
      case 'call-through': {
        const isDirect = flow.kind === 'call';
        const callee = isDirect ? UNKNOWN : this.#interpreter.read(flow.operand, state);
        const slot = isDirect ? null : this.#slotOf(flow.operand, state);
        const target = isDirect ? flow.target : directTarget(callee);
        if (visitor?.call !== undefined) visitor.call(this.#call(rva, rva + length, target, callee, slot, state, uncertain));
        this.#afterCall(state, rva, target, slot, callee);
        return;
      }
      case 'jump':
      case 'branch':
        if (visitor?.call !== undefined && !inRanges(this.function.ranges, flow.target))
          visitor.call(this.#call(rva, null, flow.target, UNKNOWN, null, state, uncertain));
        return;
      case 'jump-through': {
        if (visitor?.call === undefined) return;
        const callee = this.#interpreter.read(flow.operand, state);
        const slot = this.#slotOf(flow.operand, state);
        if (single(callee)?.kind === 'table-entry') return;
        visitor.call(this.#call(rva, null, directTarget(callee), callee, slot, state, uncertain));
        return;
      }
    }
  }

  #call(
    rva: number,
    returnRva: number | null,
    target: number | null,
    callee: Value,
    slot: number | null,
    state: State,
    uncertain: boolean,
  ): Call {
    const { convention } = this.#environment;
    const pushed = returnRva === null ? 0 : convention.returnAddress;
    return {
      rva,
      returnRva,
      target,
      callee,
      slot,
      uncertain,
      register: (number) => state.registers[number] ?? UNKNOWN,
      argument: (location) => {
        if ('register' in location) return state.registers[location.register] ?? UNKNOWN;
        const top = single(state.registers[convention.stackPointer] ?? UNKNOWN);
        if (top?.kind !== 'stack') return UNKNOWN;
        const offset = top.offset + location.offset - pushed;
        return (
          state.readSlot(top.base, offset, convention.pointerWidth) ??
          truncate(state.readSlot(top.base, offset, 4) ?? state.readSlot(top.base, offset, 1) ?? UNKNOWN, 4)
        );
      },
    };
  }

  #slotOf(operand: Operand, state: State): number | null {
    if (operand.kind !== 'memory') return null;
    const atom = single(this.#interpreter.addressOf(operand, state).value);
    return atom?.kind === 'image' ? atom.rva : null;
  }

  /** The callee keeps non-volatile registers; everything else that it can reach may have changed. */
  #afterCall(state: State, rva: number, target: number | null, slot: number | null, callee: Value): void {
    const { convention } = this.#environment;
    state.comparison = null;
    if (this.#environment.preserves(slot, callee)) return;
    for (const register of convention.argumentRegisters) state.escapeAll(state.registers[register] ?? UNKNOWN);
    if (convention.machine === 'x86') for (const register of [1, 2]) state.escapeAll(state.registers[register] ?? UNKNOWN);
    for (const register of convention.volatile) state.forgetRegister(register);
    state.forgetEscaped();
    const top = single(state.registers[convention.stackPointer] ?? UNKNOWN);
    if (top?.kind === 'stack' && convention.homeSpace > 0)
      state.forgetSlots(top.base, top.offset, top.offset + convention.homeSpace);
    if (convention.machine !== 'x86') return;
    const pops = this.#environment.pops(target, slot, callee);
    if (pops === null) state.registers[convention.stackPointer] = this.#interpreter.newStack(rva, state);
    else if (pops > 0) {
      if (top?.kind === 'stack') state.forgetSlots(top.base, top.offset, top.offset + pops);
      this.#interpreter.moveStack(state, pops);
    }
  }

  /** Jumps through tables whose targets were not known before. */
  #addTables(jumps: Map<number, readonly number[]>): boolean {
    let added = false;
    for (const block of this.#graph.blocks.values()) {
      const last = block.instructions.at(-1);
      const entry = this.#entryStates.get(block.start);
      if (last?.flow.kind !== 'jump-through' || entry === undefined || jumps.has(last.rva)) continue;
      const state = entry.copy();
      for (const instruction of block.instructions) {
        for (const step of instruction.steps) this.#interpreter.run(step, state, instruction.rva);
        if (instruction !== last) this.#runFlow(instruction, state, null, false);
      }
      const atom = single(this.#interpreter.read(last.flow.operand, state));
      if (atom?.kind !== 'table-entry') continue;
      const targets = this.#environment.readTable(atom, (rva) => inRanges(this.function.ranges, rva));
      if (targets.length === 0) continue;
      jumps.set(last.rva, targets);
      added = true;
    }
    return added;
  }

  /** Where code starts that no path reaches: cases of tables that were not understood, handlers of other kinds. */
  #orphans(decoded: Decoded): number[] {
    const orphans: number[] = [];
    const covered = [...decoded.instructions.values()].sort((a, b) => a.rva - b.rva);
    for (const range of this.function.ranges) {
      let at = range.begin;
      for (const instruction of covered) {
        if (instruction.rva < at || instruction.rva >= range.end) continue;
        if (instruction.rva > at) this.#sweep(decoded, at, instruction.rva, orphans);
        at = Math.max(at, instruction.rva + instruction.length);
      }
      if (at < range.end) this.#sweep(decoded, at, range.end, orphans);
    }
    return orphans;
  }

  #sweep(decoded: Decoded, begin: number, end: number, orphans: number[]): void {
    let at = begin;
    let isStart = true;
    while (at < end && this.#environment.budget.left > 0) {
      this.#environment.budget.left--;
      const { flow, length, steps } = this.#environment.source.at(at);
      const isFiller = flow.kind === 'stop' || (isStart && flow.kind === 'next' && (steps.length === 0 || length === 1));
      if (isStart && !isFiller) {
        orphans.push(at);
        isStart = false;
      }
      if (flow.kind !== 'next' && flow.kind !== 'branch' && flow.kind !== 'call' && flow.kind !== 'call-through') isStart = true;
      at += length;
    }
    void decoded;
  }
}

const directTarget = (callee: Value): number | null => {
  const atom = single(callee);
  return atom?.kind === 'image' ? atom.rva : null;
};

/** The state on an edge that a comparison guards; null where the edge cannot be taken. */
function narrow(state: State, edge: Edge): State | null {
  const { comparison } = state;
  if (comparison === null) return state;
  const right = comparison.how === 'and' ? (singleConstant(comparison.right) === -1 ? 0 : null) : singleConstant(comparison.right);
  const left = comparison.how === 'and' && right === null ? compute('and', comparison.left, comparison.right, comparison.width) : comparison.left;
  const value = right ?? (comparison.how === 'and' ? 0 : null);
  if (value === null) return state;
  const expected = single(truncate(constant(value), comparison.width));
  const wanted = expected?.kind === 'constant' ? expected.value : value;
  const constants = left.atoms?.every(({ kind }) => kind === 'constant') === true ? left.atoms : null;
  const possible = constants?.filter((atom) => atom.kind === 'constant' && (atom.value === wanted) === (edge.when === 'equal'));
  if (possible?.length === 0) return null;
  // The register holds more than the comparison looked at, or the AND lost which bits they were.
  if (comparison.width < 4 || (comparison.how === 'and' && right === null)) return state;
  const narrowed: Value | null =
    edge.when === 'equal' ? constant(wanted) : possible !== undefined ? { atoms: possible, ones: 0, zeros: 0 } : null;
  if (narrowed === null || (comparison.register === null && comparison.slot === null)) return state;
  const copy = state.copy();
  if (comparison.register !== null) copy.registers[comparison.register] = narrowed;
  if (comparison.slot !== null) {
    const slot = copy.slots.get(comparison.slot);
    if (slot !== undefined && slot.width === comparison.width) copy.slots.set(comparison.slot, { ...slot, value: narrowed });
  }
  return copy;
}
