/**
 * CodeView symbol records that give an address a name. Source: LLVM's documentation, "CodeView Symbol Records", and
 * the record layouts of Microsoft's published cvinfo.h. Each starts with its length (2 bytes, not counting these 2) and its kind.
 */
import { align4, nameAt, u16, u32 } from './little-endian.js';

interface RecordLayout {
  readonly kind: 'function' | 'data' | 'public';
  /** Offsets of the fields from the start of the record. `size` is null where the record has none; its width is 2 or 4 bytes. */
  readonly size: { readonly at: number; readonly width: 2 | 4 } | null;
  readonly offset: number;
  readonly section: number;
  readonly name: number;
}

const procedure: RecordLayout = { kind: 'function', size: { at: 16, width: 4 }, offset: 32, section: 36, name: 39 };
const thunk: RecordLayout = { kind: 'function', size: { at: 22, width: 2 }, offset: 16, section: 20, name: 25 };
const data: RecordLayout = { kind: 'data', size: null, offset: 8, section: 12, name: 14 };

/** By record kind. */
const layouts: ReadonlyMap<number, RecordLayout> = new Map([
  [0x1102, thunk], // S_THUNK32
  [0x110c, data], // S_LDATA32
  [0x110d, data], // S_GDATA32
  [0x110e, { ...data, kind: 'public' }], // S_PUB32
  [0x110f, procedure], // S_LPROC32
  [0x1110, procedure], // S_GPROC32
  [0x111c, data], // S_LMANDATA
  [0x111d, data], // S_GMANDATA
  [0x1146, procedure], // S_LPROC32_ID
  [0x1147, procedure], // S_GPROC32_ID
  [0x1155, procedure], // S_LPROC32_DPC
  [0x1156, procedure], // S_LPROC32_DPC_ID
]);

/** A named address. `record` is where the record starts in its stream: the name is read when it is asked for. */
export interface SymbolAddress {
  readonly kind: 'function' | 'data' | 'public';
  readonly section: number;
  readonly offset: number;
  readonly record: number;
}

/**
 * Visits the records in `bytes` from `start` to `end` that name an address.
 *
 * @returns null when every record fitted, else the offset of the first one that does not
 */
export function visitSymbols(
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (symbol: SymbolAddress) => void,
): number | null {
  let at = start;
  while (at < end) {
    const next = at + 2 + u16(bytes, at);
    if (next < at + 4 || next > end) {
      return at;
    }
    const layout = layouts.get(u16(bytes, at + 2));
    if (layout !== undefined && at + layout.name <= next) {
      const section = u16(bytes, at + layout.section);
      visit({ kind: layout.kind, section, offset: u32(bytes, at + layout.offset), record: at });
    }
    // Lengths are multiples of 4 once the 2 bytes of the length are counted; a producer that forgets it is read the same.
    at = align4(next - start) + start;
  }
  return null;
}

/** The name in the record at `record`, which `visitSymbols` has visited. */
export function recordName(bytes: Uint8Array, record: number): string {
  const layout = layouts.get(u16(bytes, record + 2));
  return layout === undefined ? '' : nameAt(bytes, record + layout.name, record + 2 + u16(bytes, record));
}

/** The size in bytes of what the record at `record` names, or null where the record does not say. */
export function recordSize(bytes: Uint8Array, record: number): number | null {
  const size = layouts.get(u16(bytes, record + 2))?.size ?? null;
  if (size === null) {
    return null;
  }
  return size.width === 2 ? u16(bytes, record + size.at) : u32(bytes, record + size.at);
}
