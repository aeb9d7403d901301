/** The targets of a switch, read from the table that its jump loads from. */
import type { Image } from '../pe/image.js';
import type { TableEntry } from './atom.js';
import type { Budget } from './budget.js';

/** What a target of a table may be. */
export interface TargetRules {
  readonly budget: Budget;
  /** It lies in the function. */
  inside(rva: number): boolean;
  /** Another function starts there: GCC moves cases that are seldom taken away (`.cold`). */
  isEntry(rva: number): boolean;
}

/** Entries that are read whatever the budget is, and at most. */
const FEW_ENTRIES = 1024;
const MOST_ENTRIES = 4096;

/**
 * As long as they stay in the function: the length of the table is not known.
 * @param end rva where something else begins, at the latest
 */
export function readJumpTable(image: Image, entry: TableEntry, end: number, rules: TargetRules): number[] {
  const targets = new Set<number>();
  for (let index = 0; index < MOST_ENTRIES; index++) {
    if (index >= FEW_ENTRIES && rules.budget.steps-- <= 0) break;
    const at = entry.table + index * entry.width;
    const bytes = image.readRva(at, entry.width);
    if (!bytes.ok || at >= end) break;
    const target = targetOf(image, entry, bytes.value);
    if (target === null) break;
    if (rules.inside(target)) targets.add(target);
    // Behind a table of pointers others may lie, but no distances.
    else if (entry.plus === null || !rules.isEntry(target)) break;
  }
  return [...targets];
}

/** A pointer, or a distance that was added to an address. */
function targetOf(image: Image, entry: TableEntry, bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (entry.plus === null) {
    if (entry.width !== (image.isPE32Plus ? 8 : 4)) return null;
    const pointer = entry.width === 8 ? Number(view.getBigUint64(0, true)) : view.getUint32(0, true);
    return pointer - Number(image.optionalHeader.imageBase);
  }
  const distance = readDistance(view, entry);
  return distance === null ? null : entry.plus + distance * 2 ** entry.shift;
}

function readDistance(view: DataView, { width, signed }: TableEntry): number | null {
  if (width === 4) return view.getInt32(0, true);
  if (width === 2) return signed ? view.getInt16(0, true) : view.getUint16(0, true);
  if (width === 1) return signed ? view.getInt8(0) : view.getUint8(0);
  return null;
}
