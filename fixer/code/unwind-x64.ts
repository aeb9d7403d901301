/**
 * UNWIND_INFO: which entries of .pdata are one function, where the stack pointer is after the prologue, and where
 * exception handlers go on. Source: "x64 exception handling".
 */
import type { Image } from '../pe/image.js';

const UNW_FLAG_EHANDLER = 1;
const UNW_FLAG_UHANDLER = 2;
const UNW_FLAG_CHAININFO = 4;

/** Where the frame is once the prologue has run, in bytes from the stack pointer on entry. */
export interface Frame {
  readonly stackOffset: number;
  readonly frameRegister: number | null;
  readonly frameOffset: number;
  /** What filters and `__finally` blocks are given to find variables by; null where compilers differ. */
  readonly establisher: number | null;
}

/** A scope table: rvas. */
export interface Scopes {
  /** Where execution goes on after an exception. */
  readonly handlers: readonly number[];
  /** Filters and `__finally` blocks, which run on the same frame. */
  readonly funclets: readonly number[];
}

export interface UnwindInfo extends Scopes {
  /** rva of the entry that this one continues, or null. */
  readonly chainedTo: { readonly begin: number; readonly unwindInfo: number } | null;
  readonly frame: Frame;
}

/** The entry continues another one: the first byte says so. */
export function isChained(image: Image, rva: number): boolean {
  const offset = image.addressSpace.offsetOf(rva);
  return offset !== null && (((image.bytes[offset] ?? 0) >>> 3) & UNW_FLAG_CHAININFO) !== 0;
}

/** Null where the structure lies outside the image. */
export function readUnwindInfo(image: Image, rva: number): UnwindInfo | null {
  const head = image.readRva(rva, 4);
  if (!head.ok) return null;
  const [versionAndFlags = 0, , count = 0, frameByte = 0] = head.value;
  const flags = versionAndFlags >>> 3;
  const padded = (count + 1) & ~1;
  const codes = image.readRva(rva + 4, padded * 2);
  if (!codes.ok) return null;
  const after = rva + 4 + padded * 2;
  const frame = readFrame(codes.value, count, frameByte);
  if ((flags & UNW_FLAG_CHAININFO) !== 0) {
    const parent = image.readRva(after, 12);
    if (!parent.ok) return { chainedTo: null, frame, ...NO_SCOPES };
    const view = new DataView(parent.value.buffer, parent.value.byteOffset, 12);
    return { chainedTo: { begin: view.getUint32(0, true), unwindInfo: view.getUint32(8, true) }, frame, ...NO_SCOPES };
  }
  const hasHandler = (flags & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)) !== 0;
  return { chainedTo: null, frame, ...(hasHandler ? readScopeTable(image, after + 4) : NO_SCOPES) };
}

function readFrame(codes: Uint8Array, count: number, frameByte: number): Frame {
  // The array is in reverse order of the prologue; a frame register is set when everything behind it has happened.
  let stackOffset = 0;
  let behindFrame = 0;
  let sawFrame = false;
  let index = 0;
  while (index < count) {
    const operation = codes[index * 2 + 1] ?? 0;
    const info = operation >>> 4;
    const u16 = (codes[index * 2 + 2] ?? 0) | ((codes[index * 2 + 3] ?? 0) << 8);
    const high = (codes[index * 2 + 4] ?? 0) | ((codes[index * 2 + 5] ?? 0) << 8);
    let grows = 0;
    let slots = 1;
    switch (operation & 15) {
      case 0:
        grows = 8;
        break;
      case 1:
        slots = info === 0 ? 2 : 3;
        grows = info === 0 ? u16 * 8 : u16 + high * 65536;
        break;
      case 2:
        grows = info * 8 + 8;
        break;
      case 3:
        sawFrame = true;
        break;
      case 4:
      case 6:
      case 8:
        slots = 2;
        break;
      case 5:
      case 7:
      case 9:
        slots = 3;
        break;
      case 10:
        grows = info === 0 ? 40 : 48;
        break;
    }
    stackOffset -= grows;
    if (sawFrame && (operation & 15) !== 3) behindFrame -= grows;
    index += slots;
  }
  const register = frameByte & 15;
  if (!sawFrame || register === 0)
    return { stackOffset, frameRegister: null, frameOffset: 0, establisher: stackOffset };
  const frameOffset = behindFrame + (frameByte >>> 4) * 16;
  return { stackOffset, frameRegister: register, frameOffset, establisher: behindFrame };
}

export const NO_SCOPES: Scopes = { handlers: [], funclets: [] };
const EXCEPTION_EXECUTE_HANDLER = 1;

/**
 * That of __C_specific_handler: count and {begin, end, handler, jump target}; anything that does not look like one is another
 * handler's data. `handler` is a filter, or the one constant that needs none; without a target it is a `__finally` block.
 */
export function readScopeTable(image: Image, rva: number): Scopes {
  const head = image.readRva(rva, 4);
  if (!head.ok) return NO_SCOPES;
  const count = new DataView(head.value.buffer, head.value.byteOffset, 4).getUint32(0, true);
  if (count === 0 || count > 64) return NO_SCOPES;
  const table = image.readRva(rva + 4, count * 16);
  if (!table.ok) return NO_SCOPES;
  const view = new DataView(table.value.buffer, table.value.byteOffset, table.value.byteLength);
  const handlers: number[] = [];
  const funclets: number[] = [];
  for (let index = 0; index < count; index++) {
    const begin = view.getUint32(index * 16, true);
    const end = view.getUint32(index * 16 + 4, true);
    const handler = view.getUint32(index * 16 + 8, true);
    const target = view.getUint32(index * 16 + 12, true);
    if (begin >= end) return NO_SCOPES;
    if (handler > EXCEPTION_EXECUTE_HANDLER) funclets.push(handler);
    if (target !== 0) handlers.push(target);
  }
  return { handlers, funclets };
}
