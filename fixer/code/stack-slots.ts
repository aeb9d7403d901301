/** What is known of the stack at one point of a function. */
import { dependsOn } from './alternatives.js';
import { plainOrigin } from './atom.js';
import type { Origin } from './origin.js';
import type { Range } from './ranges.js';
import { isKept, MOST_BASES, MOST_SLOTS, OWN, REACH, type Slot, slotKey, WIDEST } from './slot.js';
import { single, type Value } from './value.js';

export const STEADY: readonly Range[] = [];

export abstract class StackSlots {
  /**
   * In order of their keys (`slotKey`); one that is not here is unknown. Two plain arrays, shared with copies until one of
   * them writes: copies are made at every branch, and copying an array costs next to nothing.
   */
  #keys: number[];
  #slots: Slot[];
  #isShared: boolean;
  /** Where filters and `__finally` blocks write, in bytes from the stack pointer on entry: nothing is kept of it. */
  protected unsteady: readonly Range[];

  /** @param from what to share the slots with; none are known for null */
  constructor(from: StackSlots | null) {
    if (from === null) {
      this.#keys = [];
      this.#slots = [];
      this.#isShared = false;
      this.unsteady = STEADY;
    } else {
      this.#keys = from.#keys;
      this.#slots = from.#slots;
      this.#isShared = true;
      from.#isShared = true;
      this.unsteady = from.unsteady;
    }
  }

  /** Either of two values, where paths meet; `mine` itself where that says nothing less. */
  protected abstract mergeValue(mine: Value, theirs: Value, isCounting: boolean): Value;

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

  protected get slotCount(): number {
    return this.#keys.length;
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

  /** Keeps the slots that another path has too; true when that changed anything. */
  protected mergeSlots(other: StackSlots, isCounting: boolean): boolean {
    const keys = this.#keys;
    const slots = this.#slots;
    if (slots === other.#slots) return false;
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
      else if (theirs !== mine) {
        const value = this.mergeValue(mine.value, theirs.value, isCounting);
        if (value !== mine.value) left = { base: mine.base, offset: mine.offset, width: mine.width, value };
      }
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

  readSlot(base: number, offset: number, width: number): Value | null {
    if (!isKept(base, offset)) return null;
    const slot = this.slotAt(slotKey(base, offset));
    return slot === null || slot.width < width ? null : slot.value;
  }

  writeSlot(base: number, offset: number, width: number, value: Value): void {
    if (width > WIDEST || !isKept(base, offset) || (this.unsteady !== STEADY && this.#isUnsteady(base, offset, width)))
      return this.forgetSlots(base, offset, offset + width);
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

  /** On a stack that was aligned nobody knows the distance. */
  #isUnsteady(base: number, offset: number, width: number): boolean {
    return this.unsteady.some(({ begin, end }) => base !== 0 || (offset < end && offset + width > begin));
  }

  #insert(index: number, key: number, slot: Slot): void {
    if (this.#keys.length >= MOST_SLOTS) {
      this.forgetBefore();
      return this.#insert(0, key, slot);
    }
    this.#own();
    this.#keys.splice(index, 0, key);
    this.#slots.splice(index, 0, slot);
  }

  /** Keeps nothing of these bytes from now on. */
  disturb(unsteady: readonly Range[]): void {
    this.unsteady = unsteady;
    for (const { begin, end } of unsteady) this.forgetSlots(0, begin, end);
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

  /**
   * Slots of one base are known as another one's, `by` bytes further up. What was known there of the stack below is gone:
   * it was popped, and written anew since.
   */
  protected moveSlots(from: number, to: number, by: number): void {
    const moved = this.#slots.filter(({ base }) => base === from);
    // Where a third base begins nobody knows, nor what was written above that.
    const isLost = this.#slots.some(({ base, offset, width }) => base !== from && base > to && offset + width > 0);
    this.forgetSlots(to, Number.NEGATIVE_INFINITY, isLost ? Number.POSITIVE_INFINITY : by);
    for (const { offset, width, value } of moved) this.writeSlot(to, offset + by, width, value);
  }

  /** Drops, by base, what lies `below` the offset or above that. */
  protected forgetAbove(lowest: ReadonlyMap<number, number>, below: number): void {
    if (this.#keys.length === 0) return;
    lowest.forEach((offset, base) => {
      if (base === OWN) this.forgetSlots(0, offset + below, 0);
      else this.forgetSlots(base, offset + below, Number.POSITIVE_INFINITY);
    });
  }

  /** What lies, by base, at the offset or above it. */
  protected valuesAbove(lowest: ReadonlyMap<number, number>): Value[] {
    const own = lowest.get(OWN) ?? Number.POSITIVE_INFINITY;
    return this.#slots
      .filter(
        ({ base, offset }) =>
          offset >= (lowest.get(base) ?? Number.POSITIVE_INFINITY) || (base === 0 && offset >= own && offset < 0),
      )
      .map(({ value }) => value);
  }

  /** Every slot that holds exactly `from` holds `to` instead. */
  replace(from: Origin, to: Value): void {
    for (let index = 0; index < this.#slots.length; index++) {
      if (plainOrigin(single((this.#slots[index] as Slot).value))?.key === from.key) this.#setValue(index, to);
    }
  }

  /** Drops what depends on what the call at `rva` returned. */
  forgetResult(rva: number): void {
    for (let index = this.#slots.length - 1; index >= 0; index--) {
      if (!dependsOn((this.#slots[index] as Slot).value, rva)) continue;
      this.#own();
      this.#keys.splice(index, 1);
      this.#slots.splice(index, 1);
    }
  }

  /** Drops everything. */
  forgetBefore(): void {
    this.#keys = [];
    this.#slots = [];
    this.#isShared = false;
  }
}
