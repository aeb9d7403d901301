/** Carries a state over a block of instructions: what the steps mean, and what calls leave of it. */
import { importSlots } from './alternatives.js';
import { truncate } from './arithmetic.js';
import { plainOrigin } from './atom.js';
import { calleeKey, type WriteBelow } from './below.js';
import type { Block } from './flow.js';
import { type Instruction, NEXT, type Operand, type Step } from './instruction.js';
import { Interpreter } from './interpret.js';
import { resultOrigin } from './origin.js';
import { isInside, type Range } from './ranges.js';
import type { State } from './state.js';
import { fromOrigin, imageRva, single, UNKNOWN, type Value } from './value.js';
import type { Call, Environment, Visitor } from './visitor.js';

export class BlockRunner {
  readonly interpreter: Interpreter;
  readonly environment: Environment;
  readonly #ranges: readonly Range[];
  /** Arguments are stored before a call. */
  readonly #isPut: boolean;
  /** What each call returns, as a value. */
  readonly #resultOrigins = new Map<number, Value>();

  /** What is called is not plainly an import. */
  callsOthers = false;
  /** Such callees are taken to change everything on a stack of which an address is known to others. */
  isStrict = false;
  /** By the call's rva: what is known of what it returns. */
  returns: ReadonlyMap<number, Value> | null = null;

  /** @param ranges of the function: a jump out of them is a tail call */
  constructor(environment: Environment, ranges: readonly Range[]) {
    this.interpreter = new Interpreter(environment.memory, environment.convention);
    this.environment = environment;
    this.#ranges = ranges;
    this.#isPut = environment.convention.machine === 'x86';
  }

  /** The whole block, or as far as the flow of its last instruction. */
  run(block: Block, state: State, visitor: Visitor | null, uncertain = false): void {
    const { instructions } = block;
    this.environment.budget.steps -= instructions.length;
    for (let index = 0; index < instructions.length; index++) {
      const instruction = instructions[index] as Instruction;
      const { steps } = instruction;
      for (let at = 0; at < steps.length; at++) this.interpreter.run(steps[at] as Step, state, instruction.rva);
      if (instruction.flow !== NEXT) this.#runFlow(instruction, state, visitor, block, uncertain);
    }
    if (this.#isPut && this.interpreter.writes.isOpen) this.interpreter.writes.settle(0, 0, state);
  }

  /** What was stored for the call: its arguments where it is one of Windows that takes them off the stack. */
  #settle(target: number | null, slot: number | null, callee: Value, state: State): void {
    const { convention, pops } = this.environment;
    const top = single(state.registers[convention.stackPointer] ?? UNKNOWN);
    const isWindows = this.#importedSlot(target, callee) !== null && top?.kind === 'stack' && top.base === 0;
    const begin = isWindows ? top.offset : 0;
    this.interpreter.writes.settle(begin, begin + (isWindows ? (pops(target, slot, callee) ?? 0) : 0), state);
  }

  #importedSlot(target: number | null, callee: Value): number | null {
    if (target !== null) return this.environment.stubSlot(target);
    const origin = plainOrigin(single(callee));
    return origin?.kind === 'import' ? origin.slot : null;
  }

  #runFlow(instruction: Instruction, state: State, visitor: Visitor | null, block: Block, uncertain: boolean): void {
    const { flow, rva, length } = instruction;
    switch (flow.kind) {
      case 'call':
      case 'call-through': {
        const isDirect = flow.kind === 'call';
        const callee = isDirect ? UNKNOWN : this.interpreter.read(flow.operand, state);
        const slot = isDirect ? null : this.#slotOf(flow.operand, state);
        const target = isDirect ? flow.target : imageRva(callee);
        if (this.#isPut && this.interpreter.writes.isOpen) this.#settle(target, slot, callee, state);
        if (visitor?.call !== undefined)
          visitor.call(this.#call(instruction, rva + length, target, callee, slot, state, uncertain));
        this.#afterCall(state, rva, target, slot, callee, block.repeats, visitor?.keep);
        return;
      }
      case 'return': {
        if (this.#isPut && this.interpreter.writes.isOpen) this.interpreter.writes.settle(0, 0, state);
        const result = state.registers[this.environment.convention.resultRegister] ?? UNKNOWN;
        if (visitor?.keep !== undefined) importSlots(result).forEach(visitor.keep);
        visitor?.returns?.(result, state.escaped);
        return;
      }
      case 'jump':
      case 'branch':
        if (visitor?.call !== undefined && !isInside(this.#ranges, flow.target))
          visitor.call(this.#call(instruction, null, flow.target, UNKNOWN, null, state, uncertain));
        return;
      case 'jump-through': {
        if (visitor?.call === undefined) return;
        const callee = this.interpreter.read(flow.operand, state);
        const slot = this.#slotOf(flow.operand, state);
        if (single(callee)?.kind === 'table-entry') return;
        visitor.call(this.#call(instruction, null, imageRva(callee), callee, slot, state, uncertain));
        return;
      }
    }
  }

  #call(
    { rva, length }: Instruction,
    returnRva: number | null,
    target: number | null,
    callee: Value,
    slot: number | null,
    state: State,
    uncertain: boolean,
  ): Call {
    const { convention } = this.environment;
    const pushed = returnRva === null ? 0 : convention.returnAddress;
    return {
      rva,
      length,
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
        const whole = state.readSlot(top.base, offset, convention.pointerWidth);
        return whole ?? truncate(state.readSlot(top.base, offset, 4) ?? UNKNOWN, 4);
      },
    };
  }

  /** The frame pointer itself is passed to a part of the same source function, which finds every variable from it. */
  #giveFrame(argument: Value, state: State): void {
    const atom = single(argument);
    if (atom?.kind !== 'stack') return;
    const frame = single(state.registers[this.environment.convention.framePointer] ?? UNKNOWN);
    if (frame?.kind === 'stack' && frame.base === atom.base && frame.offset === atom.offset)
      state.escape(atom.base, Number.NEGATIVE_INFINITY);
  }

  /** The callee writes below what it is given. */
  #escapeBelow(below: readonly WriteBelow[], state: State): void {
    const { convention } = this.environment;
    const top = single(state.registers[convention.stackPointer] ?? UNKNOWN);
    for (const { at, lowest } of below) {
      let value: Value | null = null;
      if ('register' in at) value = state.registers[at.register] ?? null;
      else if (top?.kind === 'stack')
        value = state.readSlot(top.base, top.offset + at.offset - convention.returnAddress, convention.pointerWidth);
      for (const atom of value?.atoms ?? []) if (atom.kind === 'stack') state.escape(atom.base, atom.offset + lowest);
    }
  }

  #slotOf(operand: Operand, state: State): number | null {
    if (operand.kind !== 'memory') return null;
    return imageRva(this.interpreter.addressing.of(operand, state));
  }

  /** The callee keeps non-volatile registers; everything else that it can reach may have changed. */
  #afterCall(
    state: State,
    rva: number,
    target: number | null,
    slot: number | null,
    callee: Value,
    repeats: boolean,
    keep: ((slot: number) => void) | undefined,
  ): void {
    const { convention } = this.environment;
    state.comparison = null;
    if (this.environment.preserves(slot, callee)) return;
    const { argumentRegisters, volatile } = convention;
    const origin = plainOrigin(single(callee));
    let imported = origin?.kind === 'import' ? origin.slot : null;
    const isWindows = imported !== null;
    for (let index = 0; index < argumentRegisters.length; index++) {
      const argument = state.registers[argumentRegisters[index] as number] as Value;
      if (argument.atoms === null) continue;
      this.interpreter.give(argument, state, isWindows);
      if (target !== null) this.#giveFrame(argument, state);
    }
    // ecx and edx of fastcall and thiscall; eax first where GCC passes arguments of static functions in registers.
    if (convention.machine === 'x86')
      for (let register = 0; register <= 2; register++)
        this.interpreter.give(state.registers[register] ?? UNKNOWN, state, isWindows);
    // What Windows, or another driver, is given it writes from there upwards.
    // It matters only to who has an address.
    if (target !== null && state.escaped.size > 0) imported = this.environment.stubSlot(target);
    if (imported !== null) {
      if (this.environment.keepers.has(imported) && state.escaped.size > 0) state.isExposed = true;
    } else {
      this.callsOthers = true;
      if (this.isStrict) state.escapeWhole();
      if (!state.isExposed && state.escaped.size > 0 && state.holdsAddress()) state.isExposed = true;
      const { below } = this.environment;
      if (below.size > 0) this.#escapeBelow(below.get(calleeKey(target, rva)) ?? [], state);
    }
    for (let index = 0; index < volatile.length; index++) state.forgetRegister(volatile[index] as number);
    if (repeats) state.forgetResult(rva);
    let result = this.returns?.get(rva) ?? this.#resultOrigins.get(rva);
    if (result === undefined) {
      result = fromOrigin(resultOrigin(rva));
      this.#resultOrigins.set(rva, result);
    }
    state.registers[convention.resultRegister] = result;
    if (keep !== undefined) for (const value of state.escapedValues()) importSlots(value).forEach(keep);
    state.forgetCalled();
    const top = single(state.registers[convention.stackPointer] ?? UNKNOWN);
    if (top?.kind === 'stack' && convention.homeSpace > 0)
      state.forgetSlots(top.base, top.offset, top.offset + convention.homeSpace);
    if (convention.machine !== 'x86') return;
    const pops = this.environment.pops(target, slot, callee);
    if (pops === null) state.registers[convention.stackPointer] = this.interpreter.stacks.make(rva, state);
    else if (pops > 0) {
      if (top?.kind === 'stack') state.forgetSlots(top.base, top.offset, top.offset + pops);
      this.interpreter.stacks.move(state, pops);
    }
  }
}
