/** Operations on values: constants are computed, addresses move, ORs and masks of origins stay symbolic. */
import {
  ALL,
  type Atom,
  constantAtom,
  imageAtom,
  movedEntry,
  ored,
  plainOrigin,
  shiftedEntry,
  signedEntry,
  stackAtom,
} from './atom.js';
import { computeBits, isOneBit, isShortMask } from './bits.js';
import type { Operation } from './instruction.js';
import { computeHalves, computeNumbers } from './numbers.js';
import { movedOrigin, type Origin, shiftedOrigin } from './origin.js';
import { moveSomewhere } from './somewhere.js';
import { anyOf, constant, only, partly, stackAddress, UNKNOWN, type Value } from './value.js';

const TWO_32 = 2 ** 32;

/** What SETcc leaves in a byte. */
const FLAG = anyOf([constantAtom(0), constantAtom(1)]);
const NO_MORE_THAN_ONE = (~1 & ALL) >>> 0;

/** `width` bytes of a value, the rest zero. */
export function truncate(value: Value, width: number): Value {
  if (width >= 8) return value;
  const mask = width === 4 ? ALL : width === 2 ? 0xffff : 0xff;
  const { atoms } = value;
  if (atoms === null) {
    if (width === 4) return value;
    const ones = (value.ones & mask) >>> 0;
    const zeros = (value.zeros | ~mask) >>> 0;
    // A byte of a register whose other bytes are not known.
    if ((ones | zeros) >>> 0 === ALL) return constant(ones);
    return zeros === NO_MORE_THAN_ONE ? FLAG : partly(ones, zeros);
  }
  if (fits(atoms, width, mask)) return value;
  const low: Atom[] = [];
  for (const atom of atoms) {
    if (atom.kind === 'constant') low.push(constantAtom((atom.value & mask) >>> 0));
    else if (atom.kind === 'wide') low.push(constantAtom((atom.low & mask) >>> 0));
    else if (width === 4) low.push(atom);
    else if (atom.kind === 'origins') {
      const ones = (atom.ones & mask) >>> 0;
      const left = (atom.mask & mask) >>> 0;
      low.push(left === 0 ? constantAtom(ones) : ored(atom.origins, ones, left));
    } else if (isShortEntry(atom, width)) low.push(atom);
    else return partly(0, ~mask);
  }
  return anyOf(low);
}

/** A table of bytes or words: what is read from it is no longer than that. */
const isShortEntry = (atom: Atom, width: number): boolean =>
  atom.kind === 'table-entry' && atom.width <= width && !atom.signed && atom.shift === 0 && atom.plus === null;

/** Nothing is cut off: the same value, and no new one has to be made. */
function fits(atoms: readonly Atom[], width: number, mask: number): boolean {
  for (let index = 0; index < atoms.length; index++) {
    const atom = atoms[index] as Atom;
    if (atom.kind !== 'constant') {
      if (width !== 4 || atom.kind === 'wide') return false;
    } else if ((atom.value & mask) >>> 0 !== atom.value || atom.isHalf) return false;
  }
  return true;
}

/** Sign extension from `from` bytes to `to` bytes. */
export function signExtend(value: Value, from: number, to: number): Value {
  const low = truncate(value, from);
  if (low.atoms === null) return UNKNOWN;
  const atoms: Atom[] = [];
  for (const atom of low.atoms) {
    if (atom.kind === 'constant') {
      const bits = 32 - from * 8;
      const signed = from >= 8 ? atom.value : (atom.value << bits) >> bits;
      atoms.push(constantAtom(to === 4 ? signed >>> 0 : signed));
    } else if (atom.kind === 'table-entry') atoms.push(signedEntry(atom));
    else if (from >= 4) atoms.push(atom);
    else return UNKNOWN;
  }
  return anyOf(atoms);
}

export function compute(operation: Operation, a: Value, b: Value, width: number): Value {
  if (a.atoms === null || b.atoms === null) return computeUnknown(operation, a, b, width);
  if (a.atoms.length === 1 && b.atoms.length === 1) {
    const result = computeAtoms(operation, a.atoms[0] as Atom, b.atoms[0] as Atom, width);
    if (result === a.atoms[0]) return truncate(a, width);
    if (result !== null) return truncate(asValue(result), width);
    return computeUnknown(operation, a, b, width);
  }
  const atoms: Atom[] = [];
  for (const x of a.atoms) {
    for (const y of b.atoms) {
      const result = computeAtoms(operation, x, y, width);
      if (result === null) return computeUnknown(operation, a, b, width);
      atoms.push(result);
    }
  }
  return truncate(anyOf(atoms), width);
}

const asValue = (atom: Atom): Value => {
  if (atom.kind === 'constant') return constant(atom.value);
  return atom.kind === 'stack' ? stackAddress(atom.base, atom.offset) : only(atom);
};

/** What is left when one side is unknown: which bits are certain; where all but one are, the two numbers that it can be. */
function computeUnknown(operation: Operation, a: Value, b: Value, width: number): Value {
  // What is above 32 bits comes down.
  if (operation === 'shift-right' && width > 4) return UNKNOWN;
  const value = truncate(computeBits(operation, a, b), width);
  if (value === UNKNOWN) return width < 4 ? value : moveSomewhere(operation, a, b);
  if (value.atoms !== null) return value;
  const open = ~(value.ones | value.zeros);
  if (!isOneBit(open) || (width > 4 && !isShortMask(operation, b))) return value;
  return anyOf([constantAtom(value.ones), constantAtom((value.ones | open) >>> 0)]);
}

function computeAtoms(operation: Operation, a: Atom, b: Atom, width: number): Atom | null {
  if (a.kind === 'constant' && b.kind === 'constant') {
    // What is above comes down.
    const isDown = operation === 'shift-right' || operation === 'shift-right-signed';
    if (isDown && width === 8 && a.isHalf) return null;
    const value = computeNumbers(operation, a.value, b.value, width);
    return value === null ? computeHalves(operation, a, b, width) : constantAtom(value);
  }
  if (a.kind === 'wide' || b.kind === 'wide') return computeHalves(operation, a, b, width);
  if (operation === 'add') return b.kind === 'constant' ? move(a, b.value) : addAddresses(a, b);
  if (operation === 'subtract') return subtract(a, b, width);
  if (operation === 'or') return or(a, b);
  if (operation === 'and')
    return b.kind === 'constant' ? mask(a, b.value) : a.kind === 'constant' ? mask(b, a.value) : null;
  if (operation !== 'shift-left' || b.kind !== 'constant') return null;
  if (a.kind === 'table-entry') return a.plus === null ? shiftedEntry(a, b.value) : null;
  return a.kind === 'origins' ? shiftVariable(a, b.value) : null;
}

/** A flag that is made a bit of the argument. */
function shiftVariable({ origins, ones, mask }: Atom & { kind: 'origins' }, by: number): Atom | null {
  const of = origins[0] as Origin;
  if (origins.length > 1 || of.kind !== 'global' || by < 1 || by > 31) return null;
  return ored([shiftedOrigin(of, by)], (ones << by) >>> 0, (mask << by) >>> 0);
}

const isNone = (atom: Atom): boolean => atom.kind === 'constant' && atom.value === 0;

/** An address and a distance, which may be signed or the 32-bit form of a negative number. */
function move(atom: Atom, by: number): Atom | null {
  const distance = by >= 0x80000000 && by < TWO_32 ? by - TWO_32 : by;
  if (atom.kind === 'stack') {
    const offset = atom.offset + distance;
    return Math.abs(offset) < 2 ** 31 ? stackAtom(atom.base, offset) : null;
  }
  if (atom.kind === 'image') {
    const rva = atom.rva + distance;
    return rva >= 0 && rva < TWO_32 ? imageAtom(rva) : null;
  }
  // Nothing is carried where only one of the two can have a bit.
  if (atom.kind === 'origins' && by > 0 && by < TWO_32 && ((atom.mask | atom.ones) & by) === 0)
    return or(atom, constantAtom(by));
  return by === 0 ? atom : movePointer(atom, by);
}

/** Bytes of the longest table that is reached so: the framework's. */
const LONGEST_TABLE = 4096;

/** A pointer that a variable holds and a distance, as compilers that do not optimize add them before the load. */
function movePointer(atom: Atom, by: number): Atom | null {
  const of = plainOrigin(atom);
  if (of?.kind !== 'global' || by <= 0 || by >= LONGEST_TABLE || by % 4 !== 0) return null;
  return ored([movedOrigin(of, by)], 0, ALL);
}

function addAddresses(a: Atom, b: Atom): Atom | null {
  if (a.kind === 'constant') return move(b, a.value);
  if (a.kind === 'image' && b.kind === 'table-entry' && b.plus === null) return movedEntry(b, a.rva);
  if (b.kind === 'image' && a.kind === 'table-entry' && a.plus === null) return movedEntry(a, b.rva);
  return null;
}

function subtract(a: Atom, b: Atom, width: number): Atom | null {
  if (b.kind === 'constant') return move(a, -signed(b.value, width));
  if (a.kind === 'stack' && b.kind === 'stack' && a.base === b.base) return constantAtom(a.offset - b.offset);
  if (a.kind === 'image' && b.kind === 'image') return constantAtom(a.rva - b.rva);
  return null;
}

const signed = (value: number, width: number): number => (width === 4 ? value | 0 : value);

function or(a: Atom, b: Atom): Atom | null {
  if (isNone(a)) return b;
  if (isNone(b)) return a;
  if (a.kind === 'constant') return or(b, a);
  if (a.kind !== 'origins') return null;
  if (b.kind === 'constant') return b.value < 0 ? null : ored(a.origins, (a.ones | b.value) >>> 0, a.mask);
  if (b.kind !== 'origins' || a.mask !== b.mask) return null;
  const origins: Origin[] = [...a.origins];
  for (const origin of b.origins) if (!origins.some(({ key }) => key === origin.key)) origins.push(origin);
  origins.sort((x, y) => (x.key < y.key ? -1 : 1));
  return origins.length > 4 ? null : ored(origins, (a.ones | b.ones) >>> 0, a.mask);
}

function mask(atom: Atom, bits: number): Atom | null {
  if (bits === 0) return constantAtom(0);
  if (bits === -1) return atom;
  if (atom.kind !== 'origins') return null;
  const ones = (atom.ones & bits) >>> 0;
  const left = (atom.mask & bits) >>> 0;
  if (left === 0) return constantAtom(ones);
  // A flag that nobody else decides is a choice of two numbers, which go on being computed with.
  if (isOneBit(left) && atom.origins.every(({ kind }) => kind === 'member')) return null;
  return ored(atom.origins, ones, left);
}

/** The value shifted or replaced in one byte or word of a register: what a write of a part leaves. */
export function insert(old: Value, part: Value, width: number, at: number): Value {
  const hole = ((width === 2 ? 0xffff : 0xff) << at) >>> 0;
  const low = truncate(part, width);
  const moved = at === 0 ? low : compute('shift-left', low, constant(at), 4);
  const kept = compute('and', old, constant((~hole & ALL) >>> 0), 4);
  return compute('or', kept, moved, 4);
}
