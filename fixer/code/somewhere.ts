/**
 * Unknown values of which one thing is known: an address in the image that something unknown was added to made them, as that
 * of an element of an array. They have no atoms, so all but a store through them takes them for unknown.
 */
import type { Atom } from './atom.js';
import type { Operation } from './instruction.js';
import { single, UNKNOWN, type Value } from './value.js';

const TABLES = new WeakMap<Value, number>();
/** The same value for the same address: then states that meet need not compare it. */
const KNOWN = new Map<number, Value>();
const MOST_KNOWN = 1024;

export function somewhereFrom(rva: number): Value {
  let known = KNOWN.get(rva);
  if (known === undefined) {
    known = { atoms: null, ones: 0, zeros: 0 };
    TABLES.set(known, rva);
    if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
    KNOWN.set(rva, known);
  }
  return known;
}

/** The address that the value was made of, or null. */
export function tableRva(value: Value): number | null {
  if (value === UNKNOWN || value.atoms !== null || value.ones !== 0 || value.zeros !== 0) return null;
  return TABLES.get(value) ?? null;
}

/** The unknown result of an operation: an address that a distance moved is one of the same array, whichever operand it was. */
export function moveSomewhere(operation: Operation, a: Value, b: Value): Value {
  if (operation === 'subtract') return b.atoms?.[0]?.kind === 'constant' && tableRva(a) !== null ? a : UNKNOWN;
  if (operation !== 'add' || (a === UNKNOWN && b === UNKNOWN)) return UNKNOWN;
  const table = startOf(a);
  if (table !== null) return isDistance(b) ? somewhereFrom(table) : UNKNOWN;
  const other = startOf(b);
  return other !== null && isDistance(a) ? somewhereFrom(other) : UNKNOWN;
}

/** Neither of a page, which is no variable's, nor of the image, from which everything in it is reached. */
function startOf(value: Value): number | null {
  const atom = single(value);
  if (atom === null) return tableRva(value);
  return atom.kind === 'image' && !atom.isPage && atom.rva > 0 ? atom.rva : null;
}

function isDistance(value: Value): boolean {
  const { atoms } = value;
  if (atoms === null) return tableRva(value) === null;
  for (let index = 0; index < atoms.length; index++) {
    const { kind } = atoms[index] as Atom;
    if (kind === 'image' || kind === 'stack') return false;
  }
  return true;
}
