/** Which memory an operand is, and what it holds, as far as a state tells. */
import { compute } from './arithmetic.js';
import { type Atom, plainOrigin, tableEntry } from './atom.js';
import type { MemoryOperand } from './instruction.js';
import type { ImageMemory } from './memory.js';
import { memberOrigin, type Origin } from './origin.js';
import { somewhereFrom, tableRva } from './somewhere.js';
import type { State } from './state.js';
import {
  constant,
  fromOrigin,
  imageAddress,
  imageRva,
  join,
  knownBits,
  only,
  single,
  singleConstant,
  stackAddress,
  UNKNOWN,
  type Value,
} from './value.js';

/** Distances that no sum with an offset within the stack carries too far. */
const NEAR = 2 ** 20;

export type StackAtom = Atom & { readonly kind: 'stack' };
const NOWHERE: readonly StackAtom[] = [];
const stackAtoms = ({ atoms }: Value): readonly StackAtom[] =>
  atoms?.filter((atom): atom is StackAtom => atom.kind === 'stack') ?? NOWHERE;

const limitOf = (atom: Atom | null): number =>
  (atom?.kind === 'origins' || atom?.kind === 'number') && atom.below > 0 ? atom.below : Number.POSITIVE_INFINITY;

export class Addressing {
  readonly #memory: ImageMemory;
  /** The same value for the same load, as long as the pointer is the same object. */
  readonly #members = new Map<Origin, Map<number, Value>>();
  /** What `of` left: the stack addresses that an unknown index was added to, one of them. */
  loose: readonly StackAtom[] = NOWHERE;
  /** By stack base: the lowest offset at which something known was read. */
  readonly lowestRead: number[] = [];
  /** `loose` is one address, and it cannot be another. */
  isOneArray = false;
  /** What `of` left: the address in the image that an unknown index was added to. */
  tableRva: number | null = null;

  constructor(memory: ImageMemory) {
    this.#memory = memory;
  }

  /** The address. Where an unknown index was added to one on the stack, or to one of several, they are left in `loose`. */
  of(memory: MemoryOperand, state: State): Value {
    this.loose = NOWHERE;
    this.tableRva = null;
    const { base, index, displacement } = memory;
    if (memory.segment) return UNKNOWN;
    let value: Value;
    if (base < 0) value = memory.inImage ? imageAddress(displacement) : constant(displacement);
    else value = this.#moved(state.registers[base] ?? UNKNOWN, memory);
    if (index < 0) return value;
    const table = this.tableRva;
    this.tableRva = null;
    const register = state.registers[index] ?? UNKNOWN;
    // In 32 bits: an index may be the 32-bit form of a negative number, which added to an address goes down.
    const scaled = memory.scale === 1 ? register : compute('multiply', register, constant(memory.scale), 4);
    const sum = compute('add', value, scaled, 8);
    // Which of the two is the address is the compiler's choice.
    if (sum.atoms === null && (value.atoms !== null || register.atoms !== null)) {
      this.isOneArray = single(value)?.kind === 'stack' || (memory.scale === 1 && single(register)?.kind === 'stack');
      this.loose = stackAtoms(value);
      if (this.loose.length === 0) this.loose = stackAtoms(register);
      this.tableRva = imageRva(value) ?? imageRva(scaled);
    }
    if (sum.atoms === null && this.loose.length === 0) this.tableRva ??= table ?? tableRva(sum);
    return sum;
  }

  /** A base register's value with the distance added. */
  #moved(value: Value, { displacement, inImage }: MemoryOperand): Value {
    const { atoms } = value;
    if (atoms === null) {
      if (inImage) this.tableRva = displacement;
      else if (value !== UNKNOWN) {
        const table = tableRva(value);
        if (table !== null) this.tableRva = table + displacement;
      }
      return this.tableRva === null ? UNKNOWN : somewhereFrom(this.tableRva);
    }
    if (inImage) {
      const sum = compute('add', value, imageAddress(displacement), 8);
      if (sum.atoms === null) this.tableRva = tableRva(sum);
      return sum;
    }
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

  /** What the memory holds, not cut to the operand's width. */
  load(memory: MemoryOperand, state: State): Value {
    if (memory.base >= 0 && !memory.segment) {
      const base = state.registers[memory.base] ?? UNKNOWN;
      const member =
        memory.index < 0
          ? this.#memberOf(base, memory.displacement)
          : this.#indexedMember(base, state.registers[memory.index] ?? UNKNOWN, memory);
      if (member !== null) return member;
    }
    const { atoms } = this.of(memory, state);
    if (atoms === null) return this.#tableEntry(memory, state);
    let result: Value | null = null;
    for (let index = 0; index < atoms.length; index++) {
      const loaded = this.#loadAt(atoms[index] as Atom, memory.width, state);
      if (loaded.atoms === null) return atoms.length > 1 || tableRva(loaded) === null ? UNKNOWN : loaded;
      result = result === null ? loaded : join(result, loaded);
    }
    return result ?? UNKNOWN;
  }

  /** At a distance that a register holds: `table[192]` as compilers that do not optimize read it. */
  #indexedMember(base: Value, index: Value, { displacement, scale }: MemoryOperand): Value | null {
    const by = singleConstant(index);
    if (by !== null) return this.#memberOf(base, displacement + by * scale);
    const distance = scale === 1 ? singleConstant(base) : null;
    return distance === null ? null : this.#memberOf(index, displacement + distance);
  }

  /** Null where the pointer is none of known origin. */
  #memberOf(address: Value, distance: number): Value | null {
    const origin = plainOrigin(single(address));
    if (origin === null) return null;
    if (origin.key.length >= 48) return UNKNOWN;
    const pointer = origin.kind === 'moved' ? origin.of : origin;
    const offset = origin.kind === 'moved' ? distance + origin.by : distance;
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
    if (atom.kind === 'stack') {
      const value = state.readSlot(atom.base, atom.offset, width) ?? UNKNOWN;
      if (value.atoms !== null && !((this.lowestRead[atom.base] as number) <= atom.offset))
        this.lowestRead[atom.base] = atom.offset;
      return value;
    }
    if (atom.kind === 'image') return this.#memory.load(atom.rva, width);
    return UNKNOWN;
  }

  /** A load with an unknown index from a table in the image: what a switch does. */
  #tableEntry(memory: MemoryOperand, state: State): Value {
    if (memory.index < 0 || memory.segment) return UNKNOWN;
    const base = single(memory.base >= 0 ? (state.registers[memory.base] ?? UNKNOWN) : imageAddress(0));
    let table: number | null = null;
    let index = state.registers[memory.index] ?? UNKNOWN;
    // Of two registers beside it one may be anything.
    if (memory.inImage) table = memory.base < 0 ? memory.displacement : null;
    else if (base?.kind === 'image') table = base.rva + memory.displacement;
    else {
      // [index + base*1]: which is which is the compiler's choice.
      const other = single(index);
      if (other?.kind === 'image' && memory.scale === 1) {
        table = other.rva + memory.displacement;
        index = state.registers[memory.base] ?? UNKNOWN;
      }
    }
    if (table === null || table < 0) return UNKNOWN;
    const { width, scale: stride } = memory;
    const most = Math.min((~knownBits(index).zeros >>> 0) + 1, limitOf(single(index)));
    return only(tableEntry(table, width, stride, most));
  }

  /** What is known is read from the stack: a callee that is given an address there may have changed it. */
  get readsKnown(): boolean {
    return this.lowestRead.length > 0;
  }

  readsBelow(base: number, offset: number): boolean {
    return (this.lowestRead[base] as number) < offset;
  }
}
