/** Writes to memory: what a state no longer holds after them, and what they tell whoever goes over the code. */
import type { Addressing, StackAtom } from './addressing.js';
import { importSlots, lowestStack } from './alternatives.js';
import { compute, truncate } from './arithmetic.js';
import type { Atom } from './atom.js';
import type { MemoryOperand, Step } from './instruction.js';
import type { ImageMemory } from './memory.js';
import { DEEPER, slotKey } from './slot.js';
import { tableRva } from './somewhere.js';
import type { State } from './state.js';
import { constant, single, singleConstant, UNKNOWN, type Value } from './value.js';
import type { Visitor } from './visitor.js';

/** A write to memory of the image, or one of control register 0. */
export interface Events {
  store(rva: number, target: number, width: number, value: Value): void;
  /** A write at an unknown distance from `table`, an rva. */
  storeFrom?(rva: number, table: number, width: number): void;
  control(rva: number, value: Value): void;
  /** An address inside the image is stored. */
  leak(target: number): void;
  /** It is one of code. */
  routine?(): void;
  /** An address of this stack is kept where others find it. */
  expose?(base: number): void;
  /** A write to the stack, of the bytes before `end`. */
  frame?(base: number, offset: number, end: number): void;
  /** What the import address table holds at `slot` is stored where others find it. */
  keep?(slot: number): void;
  /** The same on the stack. */
  lose?(slot: number): void;
}

/** What a visitor is told of. */
export const eventsFor = (visitor: Visitor, isUncertain: () => boolean): Events => ({
  store: (rva, target, width, value) => visitor.store?.(rva, target, width, value, isUncertain()),
  storeFrom: (rva, table, width) => visitor.storeFrom?.(rva, table, width, isUncertain()),
  control: (rva, value) => visitor.control?.(rva, value, isUncertain()),
  leak: (target) => visitor.leak?.(target),
  ...(visitor.keep === undefined ? {} : { keep: visitor.keep }),
  ...(visitor.lose === undefined ? {} : { lose: visitor.lose }),
});

export class MemoryWrites {
  readonly #addressing: Addressing;
  readonly #memory: ImageMemory;
  /** Null where nobody wants to be told. */
  events: Events | null = null;
  /** Stack bases whose addresses were made of others by aligning them: a write there is one to the others, too. */
  readonly aliases = new Set<number>();

  readonly #isPut: boolean;
  /** Where on the stack addresses of variables were stored, and of which, since the last call of the block. */
  readonly #places: number[] = [];
  readonly #variables: number[] = [];

  /** @param isPut arguments are on the stack, and it is known how many a function of Windows has: x86 */
  constructor(addressing: Addressing, memory: ImageMemory, isPut: boolean) {
    this.#isPut = isPut;
    this.#addressing = addressing;
    this.#memory = memory;
  }

  /** Whoever reads the memory can write through the address. */
  giveAway(value: Value, state: State): void {
    state.escapeAll(value);
    const { atoms } = value;
    if (atoms === null) return;
    for (let index = 0; index < atoms.length; index++) {
      const atom = atoms[index] as Atom;
      if (atom.kind !== 'image' || atom.isPage) continue;
      this.events?.leak(atom.rva);
      if (!this.#memory.isCode(atom.rva)) continue;
      this.events?.routine?.();
      state.isExposed = true;
    }
  }

  /** What Windows is given: of the stack no more than a variable of this function, and what lies between it and the frame's end. */
  lend(value: Value, state: State): void {
    const own = ownVariable(value, state);
    if (own === null) this.giveAway(value, state);
    else state.lend(own);
  }

  /**
   * A store. On x86 it is known with the next call only who is given the address; elsewhere no array lies among the
   * arguments, so that what leads to a variable leads to no argument.
   */
  put(address: Value, value: Value, state: State): void {
    const own = ownVariable(value, state);
    if (own === null) return this.giveAway(value, state);
    const at = single(address);
    if (at?.kind !== 'stack') return this.giveAway(value, state);
    if (!this.#isPut) return state.lend(own);
    if (at.base !== 0) return this.giveAway(value, state);
    this.#places.push(at.offset);
    this.#variables.push(own);
  }

  /** Addresses were stored that `settle` was not told of. */
  get isOpen(): boolean {
    return this.#places.length > 0;
  }

  /** The addresses that lie in [begin, end) are arguments of a function of Windows; the others may be anybody's. */
  settle(begin: number, end: number, state: State): void {
    for (let index = 0; index < this.#places.length; index++) {
      const place = this.#places[index] as number;
      const variable = this.#variables[index] as number;
      if (place >= begin && place < end) state.lend(variable);
      else state.escape(0, variable);
    }
    this.#places.length = 0;
    this.#variables.length = 0;
  }

  /** `width` bytes are written, wherever the operand may be. */
  store(memory: MemoryOperand, value: Value, width: number, state: State, rva: number): void {
    const address = this.#addressing.of(memory, state);
    const { loose, tableRva } = this.#addressing;
    if (value.atoms !== null) this.put(address, value, state);
    const { atoms } = address;
    if (this.events?.keep !== undefined) {
      const isOnStack = loose.length > 0 || atoms?.every(({ kind }) => kind === 'stack') === true;
      for (const slot of importSlots(value)) (isOnStack ? this.events.lose : this.events.keep)?.(slot);
    }
    if (lowestStack(value) !== Number.POSITIVE_INFINITY) {
      const isOwn =
        loose.length > 0 ? this.#addressing.isOneArray && loose.every(isOwnStack) : atoms?.every(isOwnStack);
      if (isOwn !== true) this.#keepAddress(value, state);
    }
    if (atoms === null) {
      if (tableRva !== null) this.events?.storeFrom?.(rva, tableRva, width);
      if (loose.length > 0) state.comparison = null;
      for (let index = 0; index < loose.length; index++) {
        const atom = loose[index] as StackAtom;
        this.events?.frame?.(atom.base, state.lowestFrom(atom), Number.POSITIVE_INFINITY);
        state.forgetFrom(atom);
      }
      // CONTAINING_RECORD: the address that somebody has is one of a member.
      const below = memory.base >= 0 ? Math.min(memory.displacement, 0) : 0;
      if (loose.length === 0 || !this.#addressing.isOneArray) this.#storeAnywhere(state, below);
      return;
    }
    if (this.events !== null) {
      for (const atom of atoms) {
        if (atom.kind === 'image') this.events.store(rva, atom.rva, width, value);
        else if (atom.kind === 'stack') this.events.frame?.(atom.base, atom.offset, atom.offset + width);
        else if (atom.kind === 'table-entry' && atom.plus !== null) this.events.storeFrom?.(rva, atom.plus, width);
      }
    }
    const target = single(address);
    if (target?.kind === 'stack') {
      if (state.comparison?.slot === slotKey(target.base, target.offset))
        state.comparison = { ...state.comparison, slot: null };
      if (this.aliases.has(target.base)) this.#storeAnywhere(state);
      return state.writeSlot(target.base, target.offset, width, truncate(value, width));
    }
    if (target?.kind === 'image') return;
    for (const atom of atoms) if (atom.kind === 'stack') state.forgetSlots(atom.base, atom.offset, atom.offset + width);
    if (atoms.length === 0 || atoms.some(({ kind }) => kind !== 'stack' && kind !== 'image'))
      this.#storeAnywhere(state);
  }

  /** Others find the address, and with it what lies around. */
  #keepAddress({ atoms }: Value, state: State): void {
    state.isExposed = true;
    if (this.events?.expose === undefined) return;
    for (const atom of atoms ?? []) if (atom.kind === 'stack') this.events.expose(atom.base);
  }

  /** Through an address that is not known: to whatever such an address was made of. */
  #storeAnywhere(state: State, below = 0): void {
    if (this.isOpen) this.settle(0, 0, state);
    state.forgetEscaped(below);
    if (this.events?.frame === undefined) return;
    for (const [base, offset] of state.escaped) this.events.frame(base, offset + below, Number.POSITIVE_INFINITY);
  }

  /** What is written is not followed. Of an address that the instruction reads somebody may make one again. */
  forget({ registers, reads = NO_REGISTERS, memory }: Step & { kind: 'forget' }, state: State, rva: number): void {
    state.comparison = null;
    for (const register of [...registers, ...reads]) {
      const value = state.registers[register] ?? UNKNOWN;
      state.escapeAll(value);
      if (memory !== null && lowestStack(value) !== Number.POSITIVE_INFINITY) this.#keepAddress(value, state);
    }
    // Before its base is moved on: st1 {v0.2d}, [x0], #16.
    if (memory !== null) this.store(memory, UNKNOWN, memory.width, state, rva);
    for (const register of registers) state.forgetRegister(register);
  }

  /** A block of memory is overwritten; without a known length, everything above its start. */
  fill(step: Step & { kind: 'fill' }, state: State, rva: number): void {
    const address = state.registers[step.at] ?? UNKNOWN;
    const count = step.count === null ? 1 : singleConstant(state.registers[step.count] ?? UNKNOWN);
    const length = count === null || count < 0 ? Number.POSITIVE_INFINITY : count * step.width;
    state.comparison = null;
    const targets = (address.atoms ?? []).filter((atom) => atom.kind === 'stack');
    // At least once, as far as anybody knows: a count of 0 is not asked for.
    if (this.events !== null && length > 0)
      for (const atom of address.atoms ?? [])
        if (atom.kind === 'image')
          this.events.store(rva, atom.rva, Number.isFinite(length) ? length : step.width, UNKNOWN);
    const table = tableRva(address);
    if (table !== null && length > 0) this.events?.storeFrom?.(rva, table, step.width);
    for (const target of targets) {
      this.events?.frame?.(target.base, target.offset, target.offset + length);
      state.forgetSlots(target.base, target.offset, target.offset + length);
    }
    if (targets.length !== address.atoms?.length) this.#storeAnywhere(state);
    // It goes on behind what it wrote; what follows is written there.
    if (Number.isFinite(length)) state.registers[step.at] = compute('add', address, constant(length), 8);
    else {
      state.escapeAll(address);
      state.forgetRegister(step.at);
    }
  }
}

const NO_REGISTERS: readonly number[] = [];

/** Not a caller's, as far as that is told apart. */
const isOwnStack = (atom: Atom): boolean => atom.kind === 'stack' && atom.base < DEEPER;

/** The place of the one variable of this function that the value is the address of, or null. */
function ownVariable(value: Value, state: State): number | null {
  const { atoms } = value;
  if (atoms === null || atoms.length !== 1) return null;
  const atom = atoms[0] as Atom;
  return atom.kind === 'stack' && atom.base === 0 && atom.offset < 0 && !state.goesDown ? atom.offset : null;
}
