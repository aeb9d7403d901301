/** Carries a state over one instruction: the abstract meaning of the steps. */
import { compute, insert, signExtend, truncate } from './arithmetic.js';
import type { Convention } from './convention.js';
import type { MemoryOperand, Operand, Place, Step } from './instruction.js';
import type { ImageMemory } from './memory.js';
import { type State, slotKey } from './state.js';
import {
  type Atom,
  constant,
  fromOrigin,
  imageAddress,
  join,
  memberOrigin,
  type Origin,
  only,
  plainOrigin,
  single,
  singleConstant,
  stackAddress,
  UNKNOWN,
  type Value,
} from './value.js';

/** A write to memory of the image, or one of control register 0. */
export interface Events {
  store(rva: number, target: number, width: number, value: Value): void;
  control(rva: number, value: Value): void;
  /** An address inside the image is stored. */
  leak(target: number): void;
}

/** Distances that no sum with an offset within the stack carries too far. */
const NEAR = 2 ** 20;

export class Interpreter {
  readonly #memory: ImageMemory;
  readonly #convention: Convention;
  readonly #bases = new Map<number, number>();
  /** The same value for the same load, as long as the pointer is the same object. */
  readonly #members = new Map<Origin, Map<number, Value>>();
  /** What `addressOf` left: the stack address that an unknown index was added to. */
  #loose: { readonly base: number; readonly offset: number } | null = null;
  /** Null while the fixed point is sought: nothing is reported twice. */
  events: Events | null = null;

  constructor(memory: ImageMemory, convention: Convention) {
    this.#memory = memory;
    this.#convention = convention;
  }

  run(step: Step, state: State, rva: number): void {
    switch (step.kind) {
      case 'copy':
        return this.write(step.to, this.read(step.from, state), step.width, state, rva);
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
        if (step.keepsFlags !== true) state.comparison = null;
        return this.write(step.to, value, step.width, state, rva);
      }
      case 'address-of': {
        const value = this.addressOf(step.memory, state);
        if (this.#loose !== null) state.escape(this.#loose.base, this.#loose.offset);
        return this.write(step.to, value, step.width, state, rva);
      }
      case 'choose': {
        const values = step.from.map((operand) => this.read(operand, state));
        return this.write(step.to, values.reduce(join), step.width, state, rva);
      }
      case 'compare': {
        const slot = step.a.kind === 'memory' ? this.#slotOf(step.a, state) : null;
        const sameOperand =
          step.a.kind === 'register' && step.b.kind === 'register' && step.a.register === step.b.register;
        state.comparison = {
          how: step.how,
          register: step.a.kind === 'register' && step.a.shift === 0 ? step.a.register : null,
          slot,
          left: this.read(step.a, state),
          right: step.how === 'and' && sameOperand ? constant(-1) : this.read(step.b, state),
          width: step.width,
        };
        return;
      }
      case 'push':
        return this.#push(this.read(step.from, state), step.width, state);
      case 'pop': {
        const atom = single(state.registers[this.#convention.stackPointer] as Value);
        const value = atom?.kind === 'stack' ? state.readSlot(atom.base, atom.offset, step.width) : null;
        this.moveStack(state, step.width);
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
        state.comparison = null;
        for (const register of step.registers) state.forgetRegister(register);
        if (step.memory !== null) this.#store(step.memory, UNKNOWN, step.memory.width, state, rva);
        return;
      case 'fill':
        return this.#fill(step, state);
      case 'set-control':
        this.events?.control(rva, this.read(step.from, state));
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
      return this.newStack(rva, state);
    if (step.operation === 'and') {
      const mask = singleConstant(b);
      // Aligning a stack address in another register, to be moved to the stack pointer later.
      if (mask !== null && mask < 0 && a.atoms?.some(({ kind }) => kind === 'stack')) return this.newStack(rva, state);
      if (mask !== null && mask >= 0xfffffff0 && a.atoms?.some(({ kind }) => kind === 'stack'))
        return this.newStack(rva, state);
    }
    if (step.operation === 'add' || step.operation === 'or' || step.operation === 'subtract') {
      state.escapeAll(a);
      if (step.operation !== 'subtract') state.escapeAll(b);
    }
    return value;
  }

  /** A stack of which only the distance from here on is known. */
  newStack(rva: number, state: State): Value {
    let base = this.#bases.get(rva);
    if (base === undefined) {
      base = this.#bases.size + 1;
      this.#bases.set(rva, base);
    }
    state.forgetSlots(base, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    return stackAddress(base, 0);
  }

  moveStack(state: State, by: number): void {
    const pointer = this.#convention.stackPointer;
    const value = state.registers[pointer] as Value;
    const atom = single(value);
    state.registers[pointer] =
      atom?.kind === 'stack' ? stackAddress(atom.base, atom.offset + by) : compute('add', value, constant(by), 8);
  }

  #push(value: Value, width: number, state: State): void {
    this.moveStack(state, -width);
    const atom = single(state.registers[this.#convention.stackPointer] as Value);
    if (atom?.kind === 'stack') state.writeSlot(atom.base, atom.offset, width, truncate(value, width));
    this.#giveAway(value, state);
  }

  /** Whoever reads the memory can write through the address. */
  #giveAway(value: Value, state: State): void {
    state.escapeAll(value);
    if (this.events !== null)
      for (const atom of value.atoms ?? []) if (atom.kind === 'image') this.events.leak(atom.rva);
  }

  read(operand: Operand, state: State): Value {
    switch (operand.kind) {
      case 'constant':
        return constant(operand.value);
      case 'address':
        return imageAddress(operand.rva);
      case 'register': {
        const value = state.registers[operand.register] ?? UNKNOWN;
        if (operand.shift === 0) return truncate(value, operand.width);
        return truncate(compute('shift-right', truncate(value, 4), constant(operand.shift), 4), operand.width);
      }
      case 'shifted': {
        const value = this.read(operand.of, state);
        const extended = operand.isSigned ? signExtend(value, operand.of.width, 8) : value;
        return operand.by === 0 ? extended : compute('shift-left', extended, constant(operand.by), 8);
      }
      case 'memory':
        return truncate(this.#load(operand, state), operand.width);
    }
  }

  /** The address. Where an unknown index was added to one on the stack, that one is left in `#loose`. */
  addressOf(memory: MemoryOperand, state: State): Value {
    this.#loose = null;
    const { base, index, displacement } = memory;
    if (memory.segment) return UNKNOWN;
    let value: Value;
    if (base < 0) value = memory.inImage ? imageAddress(displacement) : constant(displacement);
    else value = this.#moved(state.registers[base] ?? UNKNOWN, memory);
    if (index < 0) return value;
    const register = state.registers[index] ?? UNKNOWN;
    const scaled = memory.scale === 1 ? register : compute('multiply', register, constant(memory.scale), 8);
    const sum = compute('add', value, scaled, 8);
    if (sum.atoms === null) {
      const atom = single(value);
      if (atom?.kind === 'stack') this.#loose = atom;
    }
    return sum;
  }

  /** A base register's value with the distance added. */
  #moved(value: Value, { displacement, inImage }: MemoryOperand): Value {
    const { atoms } = value;
    if (atoms === null) return UNKNOWN;
    if (inImage) return compute('add', value, imageAddress(displacement), 8);
    if (displacement === 0) return value;
    const atom = atoms[0] as Atom;
    if (atoms.length === 1) {
      if (atom.kind === 'stack' && Math.abs(displacement) < NEAR)
        return stackAddress(atom.base, atom.offset + displacement);
      // A distance from what nothing is known of leads to what nothing is known of.
      if (atom.kind === 'origins' || atom.kind === 'table-entry') return UNKNOWN;
    }
    return compute('add', value, constant(displacement), 8);
  }

  #load(memory: MemoryOperand, state: State): Value {
    const pointer =
      memory.base >= 0 && memory.index < 0 ? plainOrigin(single(state.registers[memory.base] ?? UNKNOWN)) : null;
    if (pointer !== null && !memory.segment) return this.#memberOf(pointer, memory.displacement);
    const { atoms } = this.addressOf(memory, state);
    if (atoms === null) return this.#tableEntry(memory, state);
    let result: Value | null = null;
    for (let index = 0; index < atoms.length; index++) {
      const loaded = this.#loadAt(atoms[index] as Atom, memory.width, state);
      if (loaded.atoms === null) return UNKNOWN;
      result = result === null ? loaded : join(result, loaded);
    }
    return result ?? UNKNOWN;
  }

  #memberOf(pointer: Origin, offset: number): Value {
    if (pointer.key.length >= 48) return UNKNOWN;
    let members = this.#members.get(pointer);
    if (members === undefined) {
      members = new Map();
      this.#members.set(pointer, members);
    }
    let value = members.get(offset);
    if (value === undefined) {
      value = fromOrigin(memberOrigin(pointer, offset));
      members.set(offset, value);
    }
    return value;
  }

  #loadAt(atom: Atom, width: number, state: State): Value {
    if (atom.kind === 'stack') return state.readSlot(atom.base, atom.offset, width) ?? UNKNOWN;
    if (atom.kind === 'image') return this.#memory.load(atom.rva, width);
    return UNKNOWN;
  }

  /** A load with an unknown index from a table in the image: what a switch does. */
  #tableEntry(memory: MemoryOperand, state: State): Value {
    if (memory.index < 0 || memory.segment) return UNKNOWN;
    const base = single(memory.base >= 0 ? (state.registers[memory.base] ?? UNKNOWN) : imageAddress(0));
    let table: number | null = null;
    if (memory.inImage) table = memory.displacement;
    else if (base?.kind === 'image') table = base.rva + memory.displacement;
    else {
      // [index + base*1]: which is which is the compiler's choice.
      const other = single(state.registers[memory.index] ?? UNKNOWN);
      if (other?.kind === 'image' && memory.scale === 1) table = other.rva + memory.displacement;
    }
    if (table === null || table < 0) return UNKNOWN;
    return only({ kind: 'table-entry', table, width: memory.width, signed: false, shift: 0, plus: null });
  }

  write(to: Place, value: Value, width: number, state: State, rva: number): void {
    if (to.kind === 'memory') return this.#store(to, value, width, state, rva);
    // The flags still tell what the register held, not what it holds.
    if (state.comparison?.register === to.register) state.comparison = { ...state.comparison, register: null };
    if (width >= 4) state.registers[to.register] = truncate(value, width);
    else state.registers[to.register] = insert(state.registers[to.register] ?? UNKNOWN, value, width, to.shift);
  }

  #store(memory: MemoryOperand, value: Value, width: number, state: State, rva: number): void {
    const address = this.addressOf(memory, state);
    const loose = this.#loose;
    this.#giveAway(value, state);
    if (loose !== null) {
      state.comparison = null;
      return state.forgetSlots(loose.base, loose.offset, Number.POSITIVE_INFINITY);
    }
    const { atoms } = address;
    if (atoms === null) return state.forgetEscaped();
    if (this.events !== null) {
      for (const atom of atoms) if (atom.kind === 'image') this.events.store(rva, atom.rva, width, value);
    }
    const target = single(address);
    if (target?.kind === 'stack') {
      if (state.comparison?.slot === slotKey(target.base, target.offset))
        state.comparison = { ...state.comparison, slot: null };
      return state.writeSlot(target.base, target.offset, width, truncate(value, width));
    }
    if (target?.kind === 'image') return;
    for (const atom of atoms) if (atom.kind === 'stack') state.forgetSlots(atom.base, atom.offset, atom.offset + width);
    if (atoms.length === 0 || atoms.some(({ kind }) => kind !== 'stack' && kind !== 'image')) state.forgetEscaped();
  }

  /** A block of memory is overwritten; without a known length, everything above its start. */
  #fill(step: Step & { kind: 'fill' }, state: State): void {
    const address = state.registers[step.at] ?? UNKNOWN;
    const count = step.count === null ? 1 : singleConstant(state.registers[step.count] ?? UNKNOWN);
    const length = count === null || count < 0 ? Number.POSITIVE_INFINITY : count * step.width;
    state.comparison = null;
    const targets = (address.atoms ?? []).filter((atom) => atom.kind === 'stack');
    for (const target of targets) state.forgetSlots(target.base, target.offset, target.offset + length);
    if (targets.length !== address.atoms?.length) state.forgetEscaped();
  }

  #slotOf(memory: MemoryOperand, state: State): number | null {
    const atom = single(this.addressOf(memory, state));
    return atom?.kind === 'stack' ? slotKey(atom.base, atom.offset) : null;
  }
}
