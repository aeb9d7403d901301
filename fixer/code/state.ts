/** Registers and stack at one point of a function, as far as they are known. */
import { join, sameValue, UNKNOWN, type Value } from './value.js';

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

const BIAS = 2 ** 31;
export const slotKey = (base: number, offset: number): number => base * 2 ** 32 + offset + BIAS;

export class State {
  readonly registers: Value[];
  /** By `slotKey`. A slot that is not here is unknown. */
  readonly slots: Map<number, Slot>;
  /** By stack base: the lowest offset whose address somebody else has. Objects grow upwards from there. */
  readonly escaped: Map<number, number>;
  comparison: Comparison | null = null;

  constructor(registers: Value[], slots = new Map<number, Slot>(), escaped = new Map<number, number>()) {
    this.registers = registers;
    this.slots = slots;
    this.escaped = escaped;
  }

  copy(): State {
    const copy = new State([...this.registers], new Map(this.slots), new Map(this.escaped));
    copy.comparison = this.comparison;
    return copy;
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
    for (const [key, slot] of this.slots) {
      const theirs = other.slots.get(key);
      if (theirs === undefined || theirs.width !== slot.width) {
        this.slots.delete(key);
        changed = true;
        continue;
      }
      const merged = join(slot.value, theirs.value);
      if (merged === slot.value || sameValue(merged, slot.value)) continue;
      this.#escapeLost(slot.value, theirs.value, merged);
      this.slots.set(key, { ...slot, value: merged });
      changed = true;
    }
    for (const [base, offset] of other.escaped) {
      if ((this.escaped.get(base) ?? Number.POSITIVE_INFINITY) <= offset) continue;
      this.escaped.set(base, offset);
      changed = true;
    }
    if (this.comparison !== other.comparison) this.comparison = null;
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
    const slot = this.slots.get(slotKey(base, offset));
    return slot === undefined || slot.width < width ? null : slot.value;
  }

  writeSlot(base: number, offset: number, width: number, value: Value): void {
    this.forgetSlots(base, offset, offset + width);
    this.slots.set(slotKey(base, offset), { base, offset, width, value });
  }

  /** Drops every slot of `base` that has a byte in [from, to). */
  forgetSlots(base: number, from: number, to: number): void {
    if (to - from <= 16) {
      // A slot is at most 8 bytes wide, so one that reaches into the range starts less than 8 bytes before it.
      for (let offset = from - 7; offset < to; offset++) {
        const key = slotKey(base, offset);
        const slot = this.slots.get(key);
        if (slot !== undefined && offset + slot.width > from) this.slots.delete(key);
      }
      return;
    }
    for (const [key, slot] of this.slots) {
      if (slot.base === base && slot.offset < to && slot.offset + slot.width > from) this.slots.delete(key);
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

  forgetRegister(register: number): void {
    this.registers[register] = UNKNOWN;
  }
}
