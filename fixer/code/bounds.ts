/** How many entries of a table can be read: as many as the comparison of the index leaves. */
import { numberAtom, ored, plainOrigin } from './atom.js';
import type { Condition } from './instruction.js';
import { only, single, UNKNOWN, type Value } from './value.js';

/** Longer tables are no choice that a reader could check. */
export const MOST_ENTRIES = 32;

/** An index that is compared before it is used: what is known of it then; nothing new is UNKNOWN. */
export function boundedBy(index: Value, when: Condition, wanted: number): Value {
  const below = when === 'below' ? wanted : when === 'not-above' ? wanted + 1 : 0;
  if (below <= 0 || below > MOST_ENTRIES) return UNKNOWN;
  // Its bits may say more.
  const isNews = index.ones === 0 && ~index.zeros >>> 0 >= below;
  if (index.atoms === null) return isNews ? only(numberAtom(below)) : UNKNOWN;
  const atom = single(index);
  if (atom?.kind !== 'origins' || plainOrigin(atom) === null) return UNKNOWN;
  return only(ored(atom.origins, atom.ones, atom.mask, below));
}
