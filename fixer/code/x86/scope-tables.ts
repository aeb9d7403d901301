/**
 * Scope tables of _except_handler3 and _except_handler4: filters, `__except` and `__finally` blocks, which lie inside of their
 * function and share its frame. Source: "SEH_prolog" and "_EH4_SCOPETABLE" of the Visual C++ run time.
 */
import type { Image } from '../../pe/image.js';
import { codeRanges } from '../code-ranges.js';
import type { Pointers } from '../pointers.js';
import { inRanges } from '../ranges.js';

/** Enclosing level, filter or 0, handler: 4 bytes each. */
const RECORD = 12;
/** Offsets of two cookies and what they are XORed with, before the records of _except_handler4. */
const COOKIES = 16;
const MOST_RECORDS = 64;

/** rvas of what the tables lead to. */
export function scopeTargets(image: Image, pointers: Pointers): ReadonlySet<number> {
  const found = new Set<number>();
  const seen = new Set<number>();
  const code = codeRanges(image);
  const imageBase = Number(image.optionalHeader.imageBase);
  const read = (rva: number): number | null => {
    const bytes = image.readRva(rva, 4);
    return bytes.ok ? new DataView(bytes.value.buffer, bytes.value.byteOffset, 4).getInt32(0, true) : null;
  };
  const codeAt = (field: number): number | null => {
    const rva = pointers.fields.has(field) ? ((read(field) ?? 0) >>> 0) - imageBase : -1;
    return inRanges(code, rva) ? rva : null;
  };
  const addRecords = (begin: number, outermost: number): void => {
    for (let index = 0; index < MOST_RECORDS; index++) {
      const at = begin + index * RECORD;
      // The rest was read as that of another table.
      if (seen.has(at)) return;
      seen.add(at);
      const level = read(at);
      const handler = codeAt(at + 8);
      const filter = codeAt(at + 4);
      if (handler === null || level === null || pointers.fields.has(at)) return;
      if (level !== outermost && (level < 0 || level >= index)) return;
      if (filter === null && read(at + 4) !== 0) return;
      found.add(handler);
      if (filter !== null) found.add(filter);
    }
  };
  for (const table of pointers.codeTargets) {
    if (pointers.fields.has(table)) continue;
    if (pointers.fields.has(table + 8) && read(table) === -1) addRecords(table, -1);
    else if (pointers.fields.has(table + COOKIES + 8) && read(table + COOKIES) === -2) addRecords(table + COOKIES, -2);
  }
  return found;
}
