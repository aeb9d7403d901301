/** What a path tells the block that it leads to. */
import { compute, truncate } from './arithmetic.js';
import type { Edge } from './flow.js';
import type { State } from './state.js';
import { constant, plainOrigin, single, singleConstant, stackAddress, UNKNOWN, type Value } from './value.js';

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
    known.registers[pointer] = stackAddress(theirs.base, theirs.offset);
    return { incoming, changed: true };
  }
  const copy = incoming.copy();
  copy.registers[pointer] = stackAddress(mine.base, mine.offset);
  return { incoming: copy, changed: false };
}

/** The state on an edge that a comparison guards; null where the edge cannot be taken. */
export function narrow(state: State, edge: Edge): State | null {
  const { comparison } = state;
  if (comparison === null) return state;
  const copy = state.copy();
  // What a branch compared by itself (CBZ) says nothing about the flags that a later branch reads.
  copy.comparison = null;
  const isMask = comparison.how === 'and' && singleConstant(comparison.right) !== -1;
  const right = comparison.how === 'and' ? 0 : singleConstant(comparison.right);
  if (right === null) return copy;
  const { width } = comparison;
  const left = isMask ? compute('and', comparison.left, comparison.right, width) : comparison.left;
  const wanted = singleConstant(truncate(constant(right), width)) ?? right;
  const constants = left.atoms?.every(({ kind }) => kind === 'constant') === true ? left.atoms : null;
  const possible = constants?.filter(
    (atom) => atom.kind === 'constant' && (atom.value === wanted) === (edge.when === 'equal'),
  );
  if (possible?.length === 0) return null;
  // The comparison looked at a part of the register only, or at some of its bits.
  if (width < 4 || isMask) return copy;
  const narrowed: Value | null =
    edge.when === 'equal' ? constant(wanted) : possible !== undefined ? { atoms: possible, ones: 0, zeros: 0 } : null;
  if (narrowed === null) return copy;
  const origin = plainOrigin(single(comparison.left));
  // Only what cannot have changed since is the same value wherever it is.
  if (origin !== null && origin.kind !== 'global' && origin.kind !== 'member') copy.replace(origin, narrowed);
  if (comparison.register !== null) copy.registers[comparison.register] = narrowed;
  const slot = comparison.slot === null ? null : copy.slotAt(comparison.slot);
  if (slot?.width === width) copy.setSlot(comparison.slot as number, narrowed);
  return copy;
}
