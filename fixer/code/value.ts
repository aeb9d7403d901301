/**
 * What a register or a stack slot can hold: a small set of atoms, or unknown apart from some bits. Numbers are signed
 * 64-bit integers that a double holds exactly; a result that it does not hold becomes unknown.
 */
import { ALL, type Atom, bitsOf, constantAtom, covers, imageAtom, ored, sameAtom, stackAtom } from './atom.js';
import type { Origin } from './origin.js';

export interface Value {
  /** Null: unknown, but for `ones` and `zeros`. */
  readonly atoms: readonly Atom[] | null;
  /** Bits of the low 32 that are known to be 1, and to be 0; both 0 where `atoms` says it all. */
  readonly ones: number;
  readonly zeros: number;
}

/** More alternatives than this are not a choice but a counter. */
const MOST_ATOMS = 8;

export const UNKNOWN: Value = { atoms: null, ones: 0, zeros: 0 };

export const partly = (ones: number, zeros: number): Value =>
  ones === 0 && zeros === 0 ? UNKNOWN : { atoms: null, ones: ones >>> 0, zeros: zeros >>> 0 };

export const only = (atom: Atom): Value => ({ atoms: [atom], ones: 0, zeros: 0 });

/** Constants that nearly every function has, made once. */
const MOST_SMALL = 1024;
const SMALL = new Array<Value | undefined>(MOST_SMALL).fill(undefined);

export function constant(value: number): Value {
  if (value >= 0 && value < MOST_SMALL && Number.isInteger(value)) {
    let known = SMALL[value];
    if (known === undefined) {
      known = only(constantAtom(value));
      SMALL[value] = known;
    }
    return known;
  }
  return Number.isSafeInteger(value) ? only(constantAtom(value)) : UNKNOWN;
}

/** What is known of a register of 64 bits of which 32 are compared. */
export const lowHalf = (value: number): Value => only(constantAtom(value, true));

export const fromOrigin = (origin: Origin): Value => only(ored([origin], 0, ALL));

export const imageAddress = (rva: number, isPage = false): Value => only(imageAtom(rva, isPage));

/** Addresses near the stack pointer on entry, made once: values that are one object need no comparison. */
const NEAR = 2048;
const NEAR_ENTRY = new Array<Value | undefined>(2 * NEAR).fill(undefined);

export function stackAddress(base: number, offset: number): Value {
  if (base !== 0 || offset < -NEAR || offset >= NEAR) return only(stackAtom(base, offset));
  const index = offset + NEAR;
  let known = NEAR_ENTRY[index];
  if (known === undefined) {
    known = only(stackAtom(base, offset));
    NEAR_ENTRY[index] = known;
  }
  return known;
}

export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.atoms === null || b.atoms === null) return a.atoms === b.atoms && a.ones === b.ones && a.zeros === b.zeros;
  return a.atoms.length === b.atoms.length && holdsAll(b.atoms, a.atoms);
}

/** Plain loops: this runs for every register and slot wherever paths meet, mostly on one atom each. */
function holdsAll(atoms: readonly Atom[], wanted: readonly Atom[]): boolean {
  for (let index = 0; index < wanted.length; index++) {
    const atom = wanted[index] as Atom;
    // Made by the same code, they are mostly in the same order.
    const other = atoms[index];
    if (other !== undefined && sameAtom(other, atom)) continue;
    if (!holds(atoms, atom)) return false;
  }
  return true;
}

function holds(atoms: readonly Atom[], wanted: Atom): boolean {
  for (let index = 0; index < atoms.length; index++) {
    const atom = atoms[index] as Atom;
    if (sameAtom(atom, wanted) || covers(atom, wanted)) return true;
  }
  return false;
}

/** The atoms, each once; unknown but for common bits when there are too many. */
export function anyOf(atoms: readonly Atom[]): Value {
  const distinct: Atom[] = [];
  for (let index = 0; index < atoms.length; index++) {
    const atom = atoms[index] as Atom;
    if (holds(distinct, atom)) continue;
    const known = distinct.findIndex((each) => covers(atom, each));
    if (known < 0) distinct.push(atom);
    else distinct[known] = atom;
  }
  if (distinct.length <= MOST_ATOMS) return { atoms: distinct, ones: 0, zeros: 0 };
  return forget({ atoms: distinct, ones: 0, zeros: 0 });
}

/** Either of two values: where paths meet. */
export function join(a: Value, b: Value): Value {
  if (a === b) return a;
  if (a.atoms !== null && b.atoms !== null) {
    if (holdsAll(a.atoms, b.atoms)) return a;
    return anyOf([...a.atoms, ...b.atoms]);
  }
  if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
  const x = knownBits(a);
  const y = knownBits(b);
  return partly(x.ones & y.ones, x.zeros & y.zeros);
}

/** What stays known of the low 32 bits when the atoms are given up. */
export function forget(value: Value): Value {
  const { ones, zeros } = knownBits(value);
  return partly(ones, zeros);
}

/** The low 32 bits as far as they are known, whichever atom it is. */
export function knownBits(value: Value): { readonly ones: number; readonly zeros: number } {
  if (value.atoms === null) return value;
  let ones = ALL;
  let zeros = ALL;
  for (let index = 0; index < value.atoms.length; index++) {
    const bits = bitsOf(value.atoms[index] as Atom);
    ones &= bits.ones;
    zeros &= bits.zeros;
  }
  return { ones: ones >>> 0, zeros: zeros >>> 0 };
}

/** The one atom, or null. */
export const single = (value: Value): Atom | null =>
  value.atoms !== null && value.atoms.length === 1 ? (value.atoms[0] as Atom) : null;

/** The one address inside the image, or null. */
export function imageRva(value: Value): number | null {
  const atom = single(value);
  return atom?.kind === 'image' ? atom.rva : null;
}

/** The one constant, or null. */
export function singleConstant(value: Value): number | null {
  const atom = single(value);
  return atom?.kind === 'constant' ? atom.value : null;
}

/** Alternatives that a counter is left with until it is given up. */
const MOST_COUNTED = 3;

/** As `join`, but what still grows when `isCounting` is given up. */
export function joinCounting(mine: Value, theirs: Value, isCounting: boolean): Value {
  const merged = join(mine, theirs);
  return isCounting && merged !== mine && merged.atoms !== null && merged.atoms.length > MOST_COUNTED
    ? forget(merged)
    : merged;
}
