/** Registers and stack at one point of a function, as far as they are known. */

import type { Origin } from './origin.js';
import { type Comparison, isKept, MOST_BASES, REACH, type Slot, slotKey, WIDEST } from './slot.js';
import {
  type Atom,
  dependsOn,
  joinCounting,
  lowestStack,
  mayCountUp,
  plainOrigin,
  sameValue,
  single,
  UNKNOWN,
  type Value,
} from './value.js';

export class State {
  readonly registers: Value[];
  /**
   * Stack slots in order of their keys (`slotKey`); one that is not here is unknown. Two plain arrays, shared with copies
   * until one of them writes: copies are made at every branch, and copying an array costs next to nothing.
   */
  #keys: number[];
  #slots: Slot[];
  #isShared = false;
  /** By stack base: the lowest offset whose address somebody else has. Objects grow upwards from there. */
  #escaped: ReadonlyMap<number, number>;
  /** A negative index is no longer known: what it is added to is the end of an array. */
  #goesDown = false;
  comparison: Comparison | null = null;

  constructor(registers: Value[]) {
    this.registers = registers;
    this.#keys = [];
    this.#slots = [];
    this.#escaped = NOTHING;
  }

  copy(): State {
    const copy = new State(this.registers.slice());
    copy.#keys = this.#keys;
    copy.#slots = this.#slots;
    copy.#escaped = this.#escaped;
    copy.#goesDown = this.#goesDown;
    copy.#isShared = true;
    this.#isShared = true;
    copy.comparison = this.comparison;
    return copy;
  }

  #own(): void {
    if (!this.#isShared) return;
    this.#keys = this.#keys.slice();
    this.#slots = this.#slots.slice();
    this.#isShared = false;
  }

  /** Index of the first slot whose key is `key` or more. */
  #indexOf(key: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  slotAt(key: number): Slot | null {
    const index = this.#indexOf(key);
    return this.#keys[index] === key ? (this.#slots[index] as Slot) : null;
  }

  /** What the slot of this key is known to hold from now on; only for one that is there. */
  setSlot(key: number, value: Value): void {
    const index = this.#indexOf(key);
    if (this.#keys[index] === key) this.#setValue(index, value);
  }

  #setValue(index: number, value: Value): void {
    this.#own();
    const { base, offset, width } = this.#slots[index] as Slot;
    this.#slots[index] = { base, offset, width, value };
  }

  /**
   * Takes in what another path knows; true when that changed anything.
   * @param isCounting the block was come back to often: what still grows is a counter, not a choice
   */
  merge(other: State, isCounting = false): boolean {
    let changed = false;
    const { registers } = this;
    for (let index = 0; index < registers.length; index++) {
      const mine = registers[index] as Value;
      const theirs = other.registers[index] as Value;
      if (mine === theirs) continue;
      const merged = joinCounting(mine, theirs, isCounting);
      if (merged === mine || sameValue(merged, mine)) continue;
      this.#escapeLost(mine, theirs, merged);
      registers[index] = merged;
      changed = true;
    }
    if (this.#slots !== other.#slots && this.#mergeSlots(other, isCounting)) changed = true;
    if (this.#escaped !== other.#escaped) {
      for (const [base, offset] of other.#escaped) {
        if ((this.#escaped.get(base) ?? Number.POSITIVE_INFINITY) <= offset) continue;
        this.escape(base, offset);
        changed = true;
      }
    }
    if (other.#goesDown && !this.#goesDown) {
      this.#goesDown = true;
      changed = true;
    }
    if (this.comparison !== other.comparison) this.comparison = null;
    return changed;
  }

  #mergeSlots(other: State, isCounting: boolean): boolean {
    const keys = this.#keys;
    const slots = this.#slots;
    let kept = 0;
    let at = 0;
    let result: Slot[] | null = null;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as number;
      while (at < other.#keys.length && (other.#keys[at] as number) < key) at++;
      const mine = slots[index] as Slot;
      const theirs = other.#keys[at] === key ? (other.#slots[at] as Slot) : null;
      let left: Slot | null = mine;
      if (theirs === null || theirs.width !== mine.width) left = null;
      else if (theirs !== mine) left = this.#mergeSlot(mine, theirs, isCounting);
      if (left === mine && result === null) {
        kept++;
        continue;
      }
      if (result === null) result = slots.slice(0, kept);
      if (left !== null) result.push(left);
    }
    if (result === null) return false;
    this.#slots = result;
    if (result.length !== keys.length) this.#keys = result.map(({ base, offset }) => slotKey(base, offset));
    else if (this.#isShared) this.#keys = keys.slice();
    this.#isShared = false;
    return true;
  }

  #mergeSlot(mine: Slot, theirs: Slot, isCounting: boolean): Slot {
    const merged = joinCounting(mine.value, theirs.value, isCounting);
    if (merged === mine.value || sameValue(merged, mine.value)) return mine;
    this.#escapeLost(mine.value, theirs.value, merged);
    return { base: mine.base, offset: mine.offset, width: mine.width, value: merged };
  }

  /** A pointer to the stack that nobody follows any more may be used to write, and an index that counts up to zero too. */
  #escapeLost(a: Value, b: Value, merged: Value): void {
    if (merged.atoms !== null) return;
    const low = lowestStack(a);
    const lower = lowestStack(b);
    if (low !== Number.POSITIVE_INFINITY) this.escapeAll(a, lower < low);
    if (lower !== Number.POSITIVE_INFINITY) this.escapeAll(b, lower < low);
    if (!this.#goesDown && (mayCountUp(a) || mayCountUp(b))) this.#goesDown = true;
  }

  /**
   * Every stack address that the value may be.
   * @param isDown who has it goes down from there
   */
  escapeAll({ atoms }: Value, isDown = false): void {
    if (atoms === null) return;
    for (let index = 0; index < atoms.length; index++) {
      const atom = atoms[index] as Atom;
      if (atom.kind === 'stack') this.escape(atom.base, isDown ? Number.NEGATIVE_INFINITY : atom.offset);
    }
  }

  /** An unknown index was added to the address, which is somebody else's from now on. */
  escapeFrom({ base, offset }: { readonly base: number; readonly offset: number }): void {
    this.escape(base, this.#goesDown ? Number.NEGATIVE_INFINITY : offset);
  }

  /** Drops what a store may have changed that an unknown distance from the address. */
  forgetFrom({ base, offset }: { readonly base: number; readonly offset: number }): void {
    this.forgetSlots(base, this.#goesDown ? Number.NEGATIVE_INFINITY : offset, Number.POSITIVE_INFINITY);
  }

  readSlot(base: number, offset: number, width: number): Value | null {
    if (!isKept(base, offset)) return null;
    const slot = this.slotAt(slotKey(base, offset));
    return slot === null || slot.width < width ? null : slot.value;
  }

  writeSlot(base: number, offset: number, width: number, value: Value): void {
    if (width > WIDEST || !isKept(base, offset)) return this.forgetSlots(base, offset, offset + width);
    const key = slotKey(base, offset);
    const index = this.#indexOf(key);
    const known = this.#keys[index] === key ? (this.#slots[index] as Slot) : null;
    const before = this.#slots[index - 1];
    const after = this.#keys[known === null ? index : index + 1];
    const reaches = before !== undefined && before.base === base && before.offset + before.width > offset;
    if (reaches || (after !== undefined && after < key + width)) {
      this.forgetSlots(base, offset, offset + width);
      return this.#insert(this.#indexOf(key), key, { base, offset, width, value });
    }
    if (known === null) return this.#insert(index, key, { base, offset, width, value });
    if (known.width === width && known.value === value) return;
    this.#own();
    this.#slots[index] = { base, offset, width, value };
  }

  #insert(index: number, key: number, slot: Slot): void {
    this.#own();
    this.#keys.splice(index, 0, key);
    this.#slots.splice(index, 0, slot);
  }

  /** Drops every slot of `base` that has a byte in [from, to). */
  forgetSlots(base: number, from: number, to: number): void {
    if (this.#keys.length === 0 || base >= MOST_BASES) return;
    let start = this.#indexOf(slotKey(base, Math.max(from - WIDEST + 1, -REACH)));
    const end = this.#indexOf(slotKey(base, Math.min(to, REACH)));
    while (start < end) {
      const slot = this.#slots[start] as Slot;
      if (slot.offset + slot.width > from) break;
      start++;
    }
    if (start >= end) return;
    // Slots do not overlap, so all behind the first that reaches into the range do too.
    this.#own();
    this.#keys.splice(start, end - start);
    this.#slots.splice(start, end - start);
  }

  /** Somebody else may write from here upwards. */
  escape(base: number, offset: number): void {
    const known = this.#escaped.get(base);
    if (known === undefined || offset < known) this.#escaped = new Map(this.#escaped).set(base, offset);
  }

  /** Who has an address may write below it too. */
  escapeWhole(): void {
    this.#escaped = new Map([...this.#escaped.keys()].map((base) => [base, Number.NEGATIVE_INFINITY]));
  }

  /** Drops what somebody else may have written. */
  forgetEscaped(): void {
    if (this.#keys.length === 0) return;
    this.#escaped.forEach((offset, base) => {
      this.forgetSlots(base, offset, Number.POSITIVE_INFINITY);
    });
  }

  /** Every place that holds exactly `from` holds `to` instead. */
  replace(from: Origin, to: Value): void {
    const { registers } = this;
    for (let index = 0; index < registers.length; index++) {
      if (plainOrigin(single(registers[index] as Value))?.key === from.key) registers[index] = to;
    }
    for (let index = 0; index < this.#slots.length; index++) {
      if (plainOrigin(single((this.#slots[index] as Slot).value))?.key === from.key) this.#setValue(index, to);
    }
  }

  /** Drops what depends on what the call at `rva` returned before: it returns something else now. */
  forgetResult(rva: number): void {
    const { registers } = this;
    for (let index = 0; index < registers.length; index++)
      if (dependsOn(registers[index] as Value, rva)) registers[index] = UNKNOWN;
    for (let index = this.#slots.length - 1; index >= 0; index--) {
      if (!dependsOn((this.#slots[index] as Slot).value, rva)) continue;
      this.#own();
      this.#keys.splice(index, 1);
      this.#slots.splice(index, 1);
    }
  }

  /** Leaves the addresses in registers, and what callers decide. */
  forgetBefore(): void {
    for (let register = 0; register < this.registers.length; register++)
      if (this.registers[register]?.atoms?.[0]?.kind === 'constant') this.registers[register] = UNKNOWN;
    this.#keys = [];
    this.#slots = [];
    this.#isShared = false;
  }

  forgetRegister(register: number): void {
    this.registers[register] = UNKNOWN;
  }
}

const NOTHING: ReadonlyMap<number, number> = new Map();
