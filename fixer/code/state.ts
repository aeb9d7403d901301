/** Registers and stack at one point of a function, as far as they are known. */
import { join, type Origin, plainOrigin, sameValue, single, UNKNOWN, type Value } from './value.js';

export interface Slot {
  readonly base: number;
  readonly offset: number;
  readonly width: number;
  readonly value: Value;
}

/** A comparison that a conditional branch may follow: of what with what. */
export interface Comparison {
  readonly how: 'subtract' | 'and';
  /** Register number, or key of a stack slot, whose value a branch may narrow; null where neither. */
  readonly register: number | null;
  readonly slot: number | null;
  readonly left: Value;
  readonly right: Value;
  readonly width: number;
}

/** Slots are kept within 512 KB of their base: the key is then a small integer, which maps hash fastest. */
const REACH = 2 ** 19;
const MOST_BASES = 1000;
export const slotKey = (base: number, offset: number): number => base * 2 * REACH + offset + REACH;
const isKept = (base: number, offset: number): boolean => base < MOST_BASES && offset >= -REACH && offset < REACH - 8;

export class State {
  readonly registers: Value[];
  /** By `slotKey`. A slot that is not here is unknown. Shared with copies until one of them writes. */
  #slots: Map<number, Slot>;
  #isShared = false;
  /** By stack base: the lowest offset whose address somebody else has. Objects grow upwards from there. */
  readonly escaped: Map<number, number>;
  comparison: Comparison | null = null;

  constructor(registers: Value[], slots = new Map<number, Slot>(), escaped = new Map<number, number>()) {
    this.registers = registers;
    this.#slots = slots;
    this.escaped = escaped;
  }

  copy(): State {
    const escaped = this.escaped.size === 0 ? new Map<number, number>() : new Map(this.escaped);
    const copy = new State(this.registers.slice(), this.#slots, escaped);
    copy.#isShared = true;
    this.#isShared = true;
    copy.comparison = this.comparison;
    return copy;
  }

  get slots(): ReadonlyMap<number, Slot> {
    return this.#slots;
  }

  #own(): Map<number, Slot> {
    if (this.#isShared) {
      this.#slots = new Map(this.#slots);
      this.#isShared = false;
    }
    return this.#slots;
  }

  /** What the slot of this key is known to hold from now on; only for one that is there. */
  setSlot(key: number, value: Value): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#own().set(key, { ...slot, value });
  }

  /** Takes in what another path knows; true when that changed anything. */
  merge(other: State): boolean {
    let changed = false;
    for (let index = 0; index < this.registers.length; index++) {
      const mine = this.registers[index] as Value;
      const merged = join(mine, other.registers[index] as Value);
      if (merged !== mine && !sameValue(merged, mine)) {
        this.#escapeLost(mine, other.registers[index] as Value, merged);
        this.registers[index] = merged;
        changed = true;
      }
    }
    if (this.#slots !== other.#slots && this.#mergeSlots(other)) changed = true;
    for (const [base, offset] of other.escaped) {
      if ((this.escaped.get(base) ?? Number.POSITIVE_INFINITY) <= offset) continue;
      this.escaped.set(base, offset);
      changed = true;
    }
    if (this.comparison !== other.comparison) this.comparison = null;
    return changed;
  }

  #mergeSlots(other: State): boolean {
    let changed = false;
    for (const [key, slot] of this.#slots) {
      const theirs = other.slots.get(key);
      if (theirs === undefined || theirs.width !== slot.width) {
        this.#own().delete(key);
        changed = true;
        continue;
      }
      if (theirs === slot) continue;
      const merged = join(slot.value, theirs.value);
      if (merged === slot.value || sameValue(merged, slot.value)) continue;
      this.#escapeLost(slot.value, theirs.value, merged);
      this.#own().set(key, { ...slot, value: merged });
      changed = true;
    }
    return changed;
  }

  /** A pointer to the stack that nobody follows any more may be used to write. */
  #escapeLost(a: Value, b: Value, merged: Value): void {
    if (merged.atoms !== null) return;
    this.escapeAll(a);
    this.escapeAll(b);
  }

  /** Every stack address that the value may be. */
  escapeAll(value: Value): void {
    for (const atom of value.atoms ?? []) if (atom.kind === 'stack') this.escape(atom.base, atom.offset);
  }

  readSlot(base: number, offset: number, width: number): Value | null {
    if (!isKept(base, offset)) return null;
    const slot = this.#slots.get(slotKey(base, offset));
    return slot === undefined || slot.width < width ? null : slot.value;
  }

  writeSlot(base: number, offset: number, width: number, value: Value): void {
    this.forgetSlots(base, offset, offset + width);
    if (isKept(base, offset)) this.#own().set(slotKey(base, offset), { base, offset, width, value });
  }

  /** Drops every slot of `base` that has a byte in [from, to). */
  forgetSlots(base: number, from: number, to: number): void {
    if (this.#slots.size === 0) return;
    if (to - from <= 16) {
      // A slot is at most 8 bytes wide, so one that reaches into the range starts less than 8 bytes before it.
      if (!isKept(base, from - 7) || !isKept(base, to)) return;
      for (let offset = from - 7; offset < to; offset++) {
        const key = slotKey(base, offset);
        const slot = this.#slots.get(key);
        if (slot !== undefined && offset + slot.width > from) this.#own().delete(key);
      }
      return;
    }
    for (const [key, slot] of this.#slots) {
      if (slot.base === base && slot.offset < to && slot.offset + slot.width > from) this.#own().delete(key);
    }
  }

  /** Somebody else may write from here upwards. */
  escape(base: number, offset: number): void {
    const known = this.escaped.get(base);
    if (known === undefined || offset < known) this.escaped.set(base, offset);
  }

  /** Drops what somebody else may have written. */
  forgetEscaped(): void {
    for (const [base, offset] of this.escaped) this.forgetSlots(base, offset, Number.POSITIVE_INFINITY);
  }

  /** Every place that holds exactly `from` holds `to` instead. */
  replace(from: Origin, to: Value): void {
    for (const [index, value] of this.registers.entries()) {
      if (plainOrigin(single(value))?.key === from.key) this.registers[index] = to;
    }
    for (const [key, slot] of this.#slots) {
      if (plainOrigin(single(slot.value))?.key === from.key) this.setSlot(key, to);
    }
  }

  /** Drops what depends on what the call at `rva` returned before: it returns something else now. */
  forgetResult(rva: number): void {
    const { registers } = this;
    for (let index = 0; index < registers.length; index++)
      if (dependsOn(registers[index] as Value, rva)) registers[index] = UNKNOWN;
    for (const [key, slot] of this.#slots) if (dependsOn(slot.value, rva)) this.#own().delete(key);
  }

  forgetRegister(register: number): void {
    this.registers[register] = UNKNOWN;
  }
}

function dependsOn({ atoms }: Value, rva: number): boolean {
  if (atoms === null) return false;
  for (const atom of atoms) {
    if (atom.kind !== 'origins') continue;
    for (let origin of atom.origins) {
      while (origin.kind === 'member') origin = origin.of;
      if (origin.kind === 'result' && origin.rva === rva) return true;
    }
  }
  return false;
}
