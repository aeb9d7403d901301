/**
 * Integers and names in debug information. A read past the end gives 0 or an empty name, never an exception: callers
 * check a structure's size once, before its fields.
 */

/** Longest name that is passed on, in bytes. A CodeView record is at most 65,535 bytes; real decorated names reach 4,096. */
export const longestName = 4096;

/** Made by the first name that needs it: setting up a decoder takes as long as a rule. */
let utf8: TextDecoder | undefined;

export function u16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
}

export function u32(bytes: Uint8Array, offset: number): number {
  return (u16(bytes, offset) | (u16(bytes, offset + 2) << 16)) >>> 0;
}

/** The offset of the NUL at or after `start`, or `end` where there is none before it. */
export function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, bytes.length);
  const length = bytes.subarray(start, limit).indexOf(0);
  return start >= limit || length === -1 ? limit : start + length;
}

/** The NUL-terminated UTF-8 name at `start`, cut at `end` and at `longestName` bytes. Hostile text: not escaped here. */
export function nameAt(bytes: Uint8Array, start: number, end: number): string {
  const limit = Math.min(end, start + longestName, bytes.length);
  if (start >= limit) {
    return '';
  }
  const text = bytes.subarray(start, limit);
  const nul = text.indexOf(0);
  const name = nul === -1 ? text : text.subarray(0, nul);
  if (isAscii(name)) return String.fromCharCode.apply(null, name as unknown as number[]);
  utf8 ??= new TextDecoder();
  return utf8.decode(name);
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) > 0x7f) return false;
  return true;
}

/** `offset` rounded up to a multiple of 4, the alignment of every record in a PDB. */
export function align4(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

/** 16 bytes in GUID's mixed byte order as `015D13F5-8DC0-18A6-4C4C-44205044422E`. */
export function guidAt(bytes: Uint8Array, offset: number): string {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const tail = Array.from({ length: 8 }, (_, i) => hex(bytes[offset + 8 + i] ?? 0, 2)).join('');
  return [
    hex(u32(bytes, offset), 8),
    hex(u16(bytes, offset + 4), 4),
    hex(u16(bytes, offset + 6), 4),
    tail.slice(0, 4),
    tail.slice(4),
  ].join('-');
}
