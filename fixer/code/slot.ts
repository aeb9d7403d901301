/** What a state keeps of the stack and of the last comparison. */
import type { Value } from './value.js';

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
  /** Register that still holds what was computed, which is zero where the two are equal; null where none does. */
  readonly result: number | null;
  readonly left: Value;
  readonly right: Value;
  readonly width: number;
  /** The flags order the two; else they only tell equal from not equal. */
  readonly isOrder: boolean;
  /** The next branch alone looks at it. */
  readonly isOwn: boolean;
}

/**
 * Instead of base 0: variables of the function itself whose address Windows was given. They end where the return address
 * is, and what lies above it are arguments.
 */
export const OWN = -1;
/** Slots are kept within 512 KB of their base: the key is then a small integer, and a base's keys lie together. */
export const REACH = 2 ** 19;
export const MOST_BASES = 1000;
/** First base of addresses on the stack of nobody: given to a function to see what it does with them, or where all are others'. */
export const PROBE = MOST_BASES - 20;
/** Base of the stack where it is unknown how deep it is already. */
export const DEEPER = PROBE - 1;
/** Stacks of one function that are told apart; bases from here on are others'. */
export const MOST_STACKS = DEEPER;
export const slotKey = (base: number, offset: number): number => base * 2 * REACH + offset + REACH;
export const isKept = (base: number, offset: number): boolean =>
  base < MOST_BASES && offset >= -REACH && offset < REACH - 8;
/** Slots that are kept at once: who writes more fills an array. */
export const MOST_SLOTS = 512;
/** Bytes of the widest slot: one that reaches into a range starts at most one less before it. */
export const WIDEST = 8;
