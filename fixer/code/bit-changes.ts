/** Variables of which single bits are set or cleared: `flags |= MdlMappingNoExecute`. */
import type { Atom } from './atom.js';

/** Bits that are set, and those that stay, among those that are stored. */
export interface BitChange {
  readonly ones: number;
  readonly mask: number;
  readonly stored: number;
}

/** More are no choice. */
export const MOST_VALUES = 64;

/**
 * What storing a value changes in a variable that it was made of; null where it was made otherwise.
 * @param target rva of the store, `offset` bytes into the variable: compilers set a bit in the one byte that holds it
 */
export function changeOf(atom: Atom | null, target: number, offset: number, width: number): BitChange | null {
  if (atom?.kind !== 'origins' || atom.origins.length !== 1 || offset > 3) return null;
  const [origin] = atom.origins;
  if (origin?.kind !== 'global' || origin.rva !== target || origin.width < Math.min(width, 4)) return null;
  const stored = (width >= 4 ? 0xffffffff : 2 ** (8 * width) - 1) << (8 * offset);
  return { ones: atom.ones << (8 * offset), mask: atom.mask << (8 * offset), stored };
}

/**
 * Adds what the variable holds after changes, in any order. Beside the part that is stored there may be anything by then
 * that it ever holds.
 */
export function addChanged(values: number[], changes: readonly BitChange[]): void {
  for (let index = 0; index < values.length && values.length <= MOST_VALUES; index++) {
    const value = values[index] as number;
    for (const { ones, mask, stored } of changes) {
      for (const other of values.slice()) {
        add(values, ((((value & mask) | ones) & stored) | (other & ~stored)) >>> 0);
        add(values, ((((other & mask) | ones) & stored) | (value & ~stored)) >>> 0);
      }
    }
  }
}

function add(values: number[], value: number): void {
  if (!values.includes(value)) values.push(value);
}
