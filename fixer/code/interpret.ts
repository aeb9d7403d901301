/** Carries a state over one instruction: the abstract meaning of the steps. */
import { Addressing, type StackAtom } from './addressing.js';
import { compute, insert, signExtend, truncate } from './arithmetic.js';
import { plainOrigin, wideAtom } from './atom.js';
import type { Convention } from './convention.js';
import { flagsOf, holds } from './edges.js';
import type { MemoryOperand, Operand, Place, Step } from './instruction.js';
import type { ImageMemory } from './memory.js';
import { type Events, MemoryWrites } from './memory-writes.js';
import { slotKey } from './slot.js';
import { Stacks } from './stacks.js';
import type { State } from './state.js';
import { constant, imageAddress, join, only, single, singleConstant, UNKNOWN, type Value } from './value.js';

export class Interpreter {
  readonly #convention: Convention;
  readonly #memory: ImageMemory;
  readonly addressing: Addressing;
  readonly writes: MemoryWrites;
  readonly stacks: Stacks;

  constructor(memory: ImageMemory, convention: Convention) {
    this.addressing = new Addressing(memory);
    this.writes = new MemoryWrites(this.addressing, memory, convention.machine === 'x86');
    this.stacks = new Stacks(convention);
    this.#convention = convention;
    this.#memory = memory;
  }

  /** Null while the fixed point is sought: nothing is reported twice. */
  set events(events: Events | null) {
    this.writes.events = events;
  }

  run(step: Step, state: State, rva: number): void {
    switch (step.kind) {
      case 'copy': {
        let value = this.read(step.from, state);
        // mov esp, [ebp-18h]: an exception handler goes back to the frame's stack.
        if (value.atoms === null && step.to.kind === 'register' && step.to.register === this.#convention.stackPointer)
          value = this.stacks.make(rva, state);
        return this.write(step.to, value, step.width, state, rva);
      }
      case 'sign-extend': {
        const value = signExtend(this.read(step.from, state), step.fromWidth, step.width);
        return this.write(step.to, value, step.width, state, rva);
      }
      case 'compute': {
        const a = this.read(step.a, state);
        const b = this.read(step.b, state);
        const same = step.a.kind === 'register' && step.b.kind === 'register' && step.a.register === step.b.register;
        const cleared = same && (step.operation === 'xor' || step.operation === 'subtract');
        let value = cleared ? constant(0) : compute(step.operation, a, b, step.width);
        if (value.atoms === null) value = this.#lost(step, a, b, value, state, rva);
        this.write(step.to, value, step.width, state, rva);
        if (this.#convention.machine !== 'arm64') state.comparison = flagsOf(step, a, b);
        return;
      }
      case 'address-of': {
        const value = this.addressing.of(step.memory, state);
        const { loose } = this.addressing;
        for (let index = 0; index < loose.length; index++) state.escapeFrom(loose[index] as StackAtom);
        return this.write(step.to, value, step.width, state, rva);
      }
      case 'choose': {
        const [first, second] = step.from;
        const isFirst = state.comparison === null ? null : holds(state.comparison, step.when);
        let value = this.read(isFirst === false ? second : first, state);
        if (isFirst === null) {
          const other = this.read(second, state);
          const either = join(value, other);
          if (either.atoms === null) loseAddresses(state, value, other);
          value = either;
        }
        return this.write(step.to, value, step.width, state, rva);
      }
      case 'insert-bits': {
        const from = this.read(step.from, state);
        loseAddresses(state, from, this.read(step.to, state));
        const down = compute('shift-right', from, constant(Math.max(-step.by, 0)), step.width);
        const up = Math.max(step.by, 0);
        const part = compute('shift-left', compute('and', down, constant(step.field), step.width), constant(up), 4);
        const hole = constant(-1 - step.field * 2 ** up);
        const kept = compute('and', this.read(step.to, state), hole, step.width);
        return this.write(step.to, compute('or', kept, part, step.width), step.width, state, rva);
      }
      case 'compare': {
        const slot = step.a.kind === 'memory' ? this.#slotOf(step.a, state) : null;
        const sameOperand =
          step.a.kind === 'register' && step.b.kind === 'register' && step.a.register === step.b.register;
        state.comparison = {
          how: step.how,
          register: step.a.kind === 'register' && step.a.shift === 0 ? step.a.register : null,
          slot,
          result: null,
          left: this.read(step.a, state),
          right: step.how === 'and' && sameOperand ? constant(-1) : this.read(step.b, state),
          width: step.width,
          isOrder: step.how === 'subtract',
          isOwn: step.isOwn === true,
        };
        return;
      }
      case 'push':
        return this.#push(this.read(step.from, state), step.width, state);
      case 'pop': {
        const atom = single(state.registers[this.#convention.stackPointer] as Value);
        const value = atom?.kind === 'stack' ? state.readSlot(atom.base, atom.offset, step.width) : null;
        this.stacks.move(state, step.width);
        if (step.to !== null) this.write(step.to, value ?? UNKNOWN, step.width, state, rva);
        return;
      }
      case 'exchange': {
        const a = this.read(step.a, state);
        const b = this.read(step.b, state);
        this.write(step.a, b, step.width, state, rva);
        return this.write(step.b, a, step.width, state, rva);
      }
      case 'forget':
        return this.writes.forget(step, state, rva);
      case 'fill':
        return this.writes.fill(step, state, rva);
      case 'set-control':
        this.writes.events?.control(rva, this.read(step.from, state));
    }
  }

  /** A computed value is unknown: what still follows from where it went. */
  #lost(step: Step & { kind: 'compute' }, a: Value, b: Value, value: Value, state: State, rva: number): Value {
    const pointer = this.#convention.stackPointer;
    if (
      step.to.kind === 'register' &&
      step.to.register === pointer &&
      (step.operation === 'and' || step.operation === 'subtract')
    )
      return this.stacks.make(rva, state);
    if (step.operation === 'and') {
      const mask = singleConstant(b);
      const isAligned = mask !== null && (mask < 0 || mask >= 0xfffffff0);
      if (isAligned && a.atoms?.some(({ kind }) => kind === 'stack')) {
        // Aligning a stack address in another register, to be moved to the stack pointer later or to be written through.
        state.escapeAll(a, true);
        const aligned = this.stacks.make(rva, state);
        this.writes.aliases.add((single(aligned) as StackAtom).base);
        return aligned;
      }
    }
    if (step.operation === 'subtract') {
      // An unknown distance back from an address, or a distance that is made one.
      if (step.width === this.#convention.pointerWidth && singleConstant(a) === 0) state.goesDown = true;
    }
    if ((step.operation === 'xor' || step.operation === 'subtract') && this.#hasCookie(a, b)) return value;
    // Whatever was done to an address, somebody may undo it.
    const isDown = step.operation === 'subtract' || step.operation === 'and' || state.goesDown;
    state.escapeAll(a, isDown);
    state.escapeAll(b, state.goesDown);
    return value;
  }

  /** The security cookie is made this frame's own, and nothing else: whoever undoes that compares. */
  #hasCookie(a: Value, b: Value): boolean {
    const origin = plainOrigin(single(a)) ?? plainOrigin(single(b));
    return origin?.kind === 'global' && this.#memory.isCookie(origin.rva);
  }

  #push(value: Value, width: number, state: State): void {
    this.stacks.move(state, -width);
    const atom = single(state.registers[this.#convention.stackPointer] as Value);
    if (atom?.kind === 'stack') state.writeSlot(atom.base, atom.offset, width, truncate(value, width));
    this.writes.put(state.registers[this.#convention.stackPointer] as Value, value, state);
  }

  /** What a callee is given. */
  give(value: Value, state: State, isWindows: boolean): void {
    if (isWindows) this.writes.lend(value, state);
    else this.writes.giveAway(value, state);
  }

  read(operand: Operand, state: State): Value {
    switch (operand.kind) {
      case 'constant':
        return constant(operand.value);
      case 'wide':
        return only(wideAtom(operand.low, operand.high));
      case 'address':
        return imageAddress(operand.rva, operand.isPage);
      case 'register': {
        const value = state.registers[operand.register] ?? UNKNOWN;
        if (operand.shift === 0) return truncate(value, operand.width);
        return truncate(compute('shift-right', truncate(value, 4), constant(operand.shift), 4), operand.width);
      }
      case 'shifted': {
        const value = this.read(operand.of, state);
        const extended = operand.isSigned ? signExtend(value, operand.of.width, 8) : value;
        if (operand.by === 0) return extended;
        state.escapeAll(extended);
        return operand.by < 0
          ? compute('shift-right', extended, constant(-operand.by), operand.of.width)
          : compute('shift-left', extended, constant(operand.by), 8);
      }
      case 'memory':
        return truncate(this.addressing.load(operand, state), operand.width);
    }
  }

  write(to: Place, value: Value, width: number, state: State, rva: number): void {
    if (to.kind === 'memory') return this.writes.store(to, value, width, state, rva);
    // The flags still tell what the register held, not what it holds.
    const { comparison } = state;
    if (comparison?.register === to.register) state.comparison = { ...comparison, register: null };
    if (comparison?.result === to.register) state.comparison = { ...comparison, result: null };
    if (width >= 4) state.registers[to.register] = truncate(value, width);
    else {
      const old = state.registers[to.register] ?? UNKNOWN;
      state.escapeAll(old);
      state.registers[to.register] = insert(old, value, width, to.shift);
    }
  }

  #slotOf(memory: MemoryOperand, state: State): number | null {
    const atom = single(this.addressing.of(memory, state));
    return atom?.kind === 'stack' ? slotKey(atom.base, atom.offset) : null;
  }
}

/** What is made of the two is not followed: of an address among them somebody may make one again. */
function loseAddresses(state: State, a: Value, b: Value): void {
  state.escapeAll(a);
  state.escapeAll(b);
}
