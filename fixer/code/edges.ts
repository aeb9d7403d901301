/** What a path tells the block that it leads to. */
import { compute, truncate } from './arithmetic.js';
import { type Atom, plainOrigin } from './atom.js';
import { boundedBy } from './bounds.js';
import type { Edge } from './flow.js';
import type { Condition, Step } from './instruction.js';
import type { Origin } from './origin.js';
import type { Comparison } from './slot.js';
import type { State } from './state.js';
import { constant, lowHalf, single, singleConstant, UNKNOWN, type Value } from './value.js';

/**
 * Where paths meet the stack is equally deep on all of them: a compiler sees to that. So a path on which the depth got
 * lost, behind a callee that takes an unknown number of arguments off, learns it from one on which it is known.
 */
export function alignStacks(known: State, incoming: State, pointer: number): { incoming: State; changed: boolean } {
  const mine = single(known.registers[pointer] ?? UNKNOWN);
  const theirs = single(incoming.registers[pointer] ?? UNKNOWN);
  if (mine?.kind !== 'stack' || theirs?.kind !== 'stack' || mine.base === theirs.base)
    return { incoming, changed: false };
  if (theirs.base < mine.base) {
    known.rebase(mine.base, theirs.base, theirs.offset - mine.offset);
    return { incoming, changed: true };
  }
  const copy = incoming.copy();
  copy.rebase(theirs.base, mine.base, mine.offset - theirs.offset);
  return { incoming: copy, changed: false };
}

/**
 * SUB and AND leave the flags that CMP and TEST would. On ARM64 what computes leaves the flags alone, and the few that
 * do not are lowered to two steps.
 */
export function flagsOf(
  { operation, to, width }: Step & { kind: 'compute' },
  left: Value,
  right: Value,
): Comparison | null {
  if (operation !== 'subtract' && operation !== 'and') return null;
  // Pushes and calls move the stack pointer; no address is zero.
  const isNumber = single(left)?.kind !== 'stack';
  const result = to.kind === 'register' && width >= 4 && isNumber ? to.register : null;
  return { how: operation, register: null, slot: null, result, left, right, width, isOrder: false, isOwn: false };
}

type Test = (left: number, right: number, width: number) => boolean;
const unsigned = (value: number, width: number): bigint => BigInt.asUintN(width * 8, BigInt(value));
const signed = (value: number, width: number): bigint => BigInt.asIntN(width * 8, BigInt(value));
const below: Test = (left, right, width) => unsigned(left, width) < unsigned(right, width);
const less: Test = (left, right, width) => signed(left, width) < signed(right, width);

const TESTS: Readonly<Partial<Record<Condition, Test>>> = {
  equal: (left, right) => left === right,
  'not-equal': (left, right) => left !== right,
  below,
  'not-below': (left, right, width) => !below(left, right, width),
  above: (left, right, width) => below(right, left, width),
  'not-above': (left, right, width) => !below(right, left, width),
  less,
  'not-less': (left, right, width) => !less(left, right, width),
  greater: (left, right, width) => less(right, left, width),
  'not-greater': (left, right, width) => !less(right, left, width),
};
const isEquality = (condition: Condition): boolean => condition === 'equal' || condition === 'not-equal';

/** What a comparison says of a condition. */
interface Told {
  /** Only some bits were compared. */
  readonly isMask: boolean;
  /** What was compared is this where they are equal. */
  readonly wanted: number;
  /** What was compared may be these, where that is known, and of them these where the condition holds. */
  readonly constants: readonly Atom[] | null;
  readonly possible: readonly Atom[] | null;
}

/** Null where the condition is about something else. */
function toldOf({ how, left, right: operand, width, isOrder }: Comparison, when: Condition): Told | null {
  const isMask = how === 'and' && singleConstant(operand) !== -1;
  const right = how === 'and' ? 0 : singleConstant(operand);
  const test = TESTS[when];
  // Of flags that an AND or a DEC left, only zero is the comparison that a branch looks at.
  if (right === null || test === undefined || (!isEquality(when) && !isOrder)) return null;
  const { atoms } = isMask ? compute('and', left, operand, width) : left;
  const wanted = singleConstant(truncate(constant(right), width)) ?? right;
  const isKnown = (atom: Atom): boolean => atom.kind === 'constant' && !(atom.isHalf && width > 4);
  const constants = atoms?.every(isKnown) === true ? atoms : null;
  const holdsFor = (atom: Atom): boolean => atom.kind === 'constant' && test(atom.value, wanted, width);
  return { isMask, wanted, constants, possible: constants?.filter(holdsFor) ?? null };
}

/** Whether the condition holds, as far as that is known. */
export function holds(comparison: Comparison, when: Condition): boolean | null {
  const told = comparison.isOwn ? null : toldOf(comparison, when);
  if (told?.constants == null || told.possible === null || told.constants.length === 0) return null;
  if (told.possible.length === 0) return false;
  return told.possible.length === told.constants.length ? true : null;
}

/**
 * The state on an edge that a comparison guards: `state` itself where it says nothing new, else a copy; null where the
 * edge cannot be taken.
 */
export function narrow(state: State, edge: Edge, registerWidth: number): State | null {
  const { comparison } = state;
  if (comparison === null) return state;
  const narrowed = narrowedTo(comparison, edge.when, registerWidth);
  if (narrowed === null) return null;
  const isZero = comparison.result !== null && edge.when === 'equal';
  if (narrowed === UNKNOWN && !comparison.isOwn && !isZero) return state;
  const copy = state.copy();
  // What a branch compared by itself (CBZ) says nothing about the flags that a later branch reads.
  if (comparison.isOwn) copy.comparison = null;
  if (isZero) copy.registers[comparison.result as number] = constant(0);
  if (narrowed === UNKNOWN) return copy;
  const origin = plainOrigin(single(comparison.left));
  // Only what cannot have changed since is the same value wherever it is.
  if (origin !== null && !isChangeable(origin)) copy.replace(origin, narrowed);
  if (comparison.register !== null) copy.registers[comparison.register] = narrowed;
  const slot = comparison.slot === null ? null : copy.slotAt(comparison.slot);
  if (slot?.width === comparison.width) copy.setSlot(comparison.slot as number, narrowed);
  return copy;
}

/** Loaded from memory, which may hold something else the next time. */
const isChangeable = ({ kind }: Origin): boolean =>
  kind === 'global' || kind === 'member' || kind === 'moved' || kind === 'shifted';

/** What was compared is, where that is known, if the condition holds; null where it cannot hold. */
function narrowedTo(comparison: Comparison, when: Condition, registerWidth: number): Value | null {
  const told = toldOf(comparison, when);
  if (told === null) return UNKNOWN;
  if (told.possible?.length === 0) return null;
  // The comparison looked at a part of the register only, or at some of its bits.
  if (comparison.width < 4 || told.isMask) return UNKNOWN;
  // The other half of the register was not looked at, and a later comparison may.
  const isHalf = comparison.width < registerWidth && told.constants === null;
  if (when === 'equal') return isHalf ? lowHalf(told.wanted) : constant(told.wanted);
  return told.possible === null
    ? boundedBy(comparison.left, when, told.wanted)
    : { atoms: told.possible, ones: 0, zeros: 0 };
}
