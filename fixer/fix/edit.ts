/**
 * Edits: what a plan consists of. A bit edit clears or sets the bits of a mask and leaves the rest of its field alone;
 * a value edit writes a whole field. Bit edits of one field merge in any order; anything else that overlaps conflicts.
 */

/** A wish of one fix, before it is merged with the others. `offset` is a file offset; fields are little-endian. */
export interface EditRequest {
  readonly offset: number;
  /** Field width in bytes. */
  readonly length: 2 | 4;
  readonly clear?: number;
  readonly set?: number;
  readonly value?: number;
  /** Path of the field, `sections[3].characteristics`. */
  readonly field: string;
  readonly section: string | null;
  /** Code of the rule the edit is for. */
  readonly cause: string;
  /** For people: `clear IMAGE_SCN_MEM_WRITE`. */
  readonly description: string;
}

/** A merged edit: pure data, the bytes before and after as hex in file order. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly field: string;
  readonly section: string | null;
  readonly causes: readonly string[];
  readonly description: string;
  readonly before: string;
  readonly after: string;
}

export type Merged =
  | { readonly ok: true; readonly edits: readonly Edit[] }
  | { readonly ok: false; readonly message: string };

/** Merges requests into edits by offset; edits that change nothing drop out. */
export function mergeEdits(bytes: Uint8Array, requests: readonly EditRequest[]): Merged {
  const byOffset = new Map<number, EditRequest[]>();
  for (const request of requests) byOffset.set(request.offset, [...(byOffset.get(request.offset) ?? []), request]);
  const groups = [...byOffset.values()].sort((a, b) => first(a).offset - first(b).offset);
  const edits: Edit[] = [];
  let end = 0;
  for (const group of groups) {
    const { offset, length, field, section } = first(group);
    if (offset < end || group.some((request) => request.length !== length))
      return { ok: false, message: `edits overlap at offset ${offset} (${field})` };
    end = offset + length;
    const before = readField(bytes, offset, length);
    const after = combine(before, group);
    if (after === null) return { ok: false, message: `two fixes want different values at offset ${offset} (${field})` };
    if (after === before) continue;
    edits.push({
      offset,
      length,
      field,
      section,
      causes: [...new Set(group.map(({ cause }) => cause))],
      description: group.map(({ description }) => description).join(', '),
      before: toHex(bytes.subarray(offset, offset + length)),
      after: toHex(fieldBytes(after, length)),
    });
  }
  return { ok: true, edits };
}

/** Writes edits into `bytes`. Returns the first edit whose `before` is not what stands there, or null; then nothing is written. */
export function writeEdits(bytes: Uint8Array, edits: readonly Edit[]): Edit | null {
  const stale = edits.find(({ offset, length, before }) => toHex(bytes.subarray(offset, offset + length)) !== before);
  if (stale !== undefined) return stale;
  for (const { offset, after } of edits) bytes.set(fromHex(after), offset);
  return null;
}

function combine(before: number, group: readonly EditRequest[]): number | null {
  const values = new Set(group.filter(({ value }) => value !== undefined).map(({ value }) => value as number));
  if (values.size > 1 || (values.size === 1 && group.length > 1 && group.some(({ value }) => value === undefined)))
    return null;
  const [value] = values;
  if (value !== undefined) return value;
  const clear = group.reduce((mask, request) => mask | (request.clear ?? 0), 0);
  const set = group.reduce((mask, request) => mask | (request.set ?? 0), 0);
  return (clear & set) !== 0 ? null : ((before & ~clear) | set) >>> 0;
}

const first = (group: readonly EditRequest[]): EditRequest => group[0] as EditRequest;

function readField(bytes: Uint8Array, offset: number, length: number): number {
  let value = 0;
  for (let at = length - 1; at >= 0; at--) value = value * 0x100 + (bytes[offset + at] ?? 0);
  return value;
}

function fieldBytes(value: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => Math.floor(value / 0x100 ** at) % 0x100);
}

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
