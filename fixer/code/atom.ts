/**
 * What a value can be, one alternative of it. Each kind is made in one place: V8 knows objects by the literal that made
 * them, and forgets the shape of a copy when none is left, so that optimized code met a new one after each garbage collection.
 */
import { type Origin, sameOrigins } from './origin.js';

export type Atom =
  /** `isHalf`: of the low 32 bits alone, as a comparison of them told; above there may be anything. */
  | { readonly kind: 'constant'; readonly value: number; readonly isHalf: boolean }
  /** A number of 64 bits that no double holds, in two halves: what others than stores and logic make of it is not followed. */
  | { readonly kind: 'wide'; readonly low: number; readonly high: number }
  /** Address on the stack; base 0 is the stack pointer on entry, others are where it was aligned or grew by a variable. */
  | { readonly kind: 'stack'; readonly base: number; readonly offset: number }
  /** Address inside the image. */
  | { readonly kind: 'image'; readonly rva: number; readonly isPage: boolean }
  /** `((o1 | o2 | ...) & mask) | ones`, of the low 32 bits. */
  | {
      readonly kind: 'origins';
      readonly origins: readonly Origin[];
      readonly ones: number;
      readonly mask: number;
      /** What a comparison told: the whole is less than this, unsigned; 0 where nothing is known. */
      readonly below: number;
    }
  /** Nothing is known but that it is less than this, unsigned. */
  | { readonly kind: 'number'; readonly below: number }
  /** An element of a table of `width` bytes at `table`, shifted left, `plus` an rva when it has been added to an address. */
  | {
      readonly kind: 'table-entry';
      readonly table: number;
      readonly width: number;
      readonly signed: boolean;
      readonly shift: number;
      readonly plus: number | null;
      /** Bytes from one entry to the next. */
      readonly stride: number;
      /** Entries, as far as the index is known: by its bits that are 0, or a comparison. */
      readonly most: number;
    };

export type TableEntry = Atom & { readonly kind: 'table-entry' };

type Ored = Atom & { readonly kind: 'origins' };

/** All 32 bits. */
export const ALL = 0xffffffff;

export const constantAtom = (value: number, isHalf = false): Atom => ({ kind: 'constant', value, isHalf });

export const wideAtom = (low: number, high: number): Atom => ({ kind: 'wide', low, high });

export const stackAtom = (base: number, offset: number): Atom => ({ kind: 'stack', base, offset });

export const imageAtom = (rva: number, isPage = false): Atom => ({ kind: 'image', rva, isPage });

export const ored = (origins: readonly Origin[], ones: number, mask: number, below = 0): Atom => ({
  kind: 'origins',
  origins,
  ones,
  mask,
  below,
});

/** @param most entries that the index can reach */
export const tableEntry = (
  table: number,
  width: number,
  stride: number,
  most: number,
  signed = false,
  shift = 0,
  plus: number | null = null,
): Atom => ({ kind: 'table-entry', table, width, signed, shift, plus, stride, most });

export const signedEntry = (of: TableEntry): Atom =>
  tableEntry(of.table, of.width, of.stride, of.most, true, of.shift, of.plus);

export const shiftedEntry = (of: TableEntry, by: number): Atom =>
  tableEntry(of.table, of.width, of.stride, of.most, of.signed, of.shift + by, of.plus);

/** Added to the address of the table, or of the image. */
export const movedEntry = (of: TableEntry, rva: number): Atom =>
  tableEntry(of.table, of.width, of.stride, of.most, of.signed, of.shift, rva);

export const numberAtom = (below: number): Atom => ({ kind: 'number', below });

export function sameAtom(a: Atom, b: Atom): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'constant':
      return b.kind === 'constant' && a.value === b.value && a.isHalf === b.isHalf;
    case 'wide':
      return b.kind === 'wide' && a.low === b.low && a.high === b.high;
    case 'stack':
      return b.kind === 'stack' && a.base === b.base && a.offset === b.offset;
    case 'image':
      return b.kind === 'image' && a.rva === b.rva && a.isPage === b.isPage;
    case 'table-entry':
      return (
        b.kind === 'table-entry' &&
        a.table === b.table &&
        a.width === b.width &&
        a.signed === b.signed &&
        a.shift === b.shift &&
        a.plus === b.plus &&
        a.stride === b.stride &&
        a.most === b.most
      );
    case 'number':
      return b.kind === 'number' && a.below === b.below;
    case 'origins':
      return b.kind === 'origins' && a.below === b.below && isSameOred(a, b);
  }
}

const isSameOred = (a: Ored, b: Ored): boolean =>
  a.ones === b.ones && a.mask === b.mask && sameOrigins(a.origins, b.origins);

/** The same as `bounded`, of which less is known. */
export const covers = (atom: Atom, bounded: Atom): boolean =>
  bounded.kind === 'origins' &&
  bounded.below > 0 &&
  atom.kind === 'origins' &&
  atom.below === 0 &&
  isSameOred(atom, bounded);

/** Bits of the low 32 that are known to be 1, and to be 0. */
export function bitsOf(atom: Atom): { readonly ones: number; readonly zeros: number } {
  if (atom.kind === 'constant') return { ones: atom.value >>> 0, zeros: ~atom.value >>> 0 };
  if (atom.kind === 'origins') return { ones: atom.ones, zeros: (~atom.mask & ~atom.ones) >>> 0 };
  if (atom.kind === 'number') return { ones: 0, zeros: (-1 << (32 - Math.clz32(atom.below - 1))) >>> 0 };
  if (atom.kind === 'wide') return { ones: atom.low, zeros: ~atom.low >>> 0 };
  return { ones: 0, zeros: 0 };
}

/** The one origin that nothing was ORed into or masked off, or null. */
export function plainOrigin(atom: Atom | null): Origin | null {
  if (atom?.kind !== 'origins' || atom.origins.length !== 1 || atom.ones !== 0 || atom.mask !== ALL) return null;
  return atom.origins[0] as Origin;
}
