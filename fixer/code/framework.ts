/**
 * KMDF: the function table that the loader binds. WDF_BIND_INFO (wdfldr.h): Size, Component (L"KmdfLibrary"), Version
 * (3 ULONG), FuncCount, FuncTable, Module. Up to KMDF 1.13 FuncTable is an array in the image; from 1.15 on it is the
 * address of a pointer to the framework's own.
 */
import { u64 } from '../pe/bytes.js';
import type { Image } from '../pe/image.js';
import { wdfDdis } from './ddi/wdf.js';
import { rawParts } from './raw-parts.js';

export interface FunctionTableBinding {
  /** rva of the array, or of the pointer. */
  readonly table: number;
  readonly isPointer: boolean;
  readonly count: number;
}

/** WDF_BIND_INFO.Component of every KMDF driver. */
export const COMPONENT = 'KmdfLibrary';
/** KMDF 1.13 has 438 functions, 1.15 has 444. */
const FIRST_POINTER_COUNT = 444;

export function findBinding(image: Image): FunctionTableBinding | null {
  const name = findWideString(image, COMPONENT);
  if (name === null) return null;
  const width = image.isPE32Plus ? 8 : 4;
  const imageBase = Number(image.optionalHeader.imageBase);
  // Zero is the commonest of all bytes.
  const key = name % 256 === 0 && imageBase % 256 === 0 ? 1 : 0;
  const wanted = Math.floor((imageBase + name) / 256 ** key) % 256;
  for (const { begin, end } of rawParts(image)) {
    const bytes = image.bytes.subarray(begin, end);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const pointer = (at: number): number => (width === 8 ? u64(view, at) : view.getUint32(at, true)) - imageBase;
    // indexOf is a hundred times faster than a loop in a process that has just started.
    for (let found = bytes.indexOf(wanted, width + key); found >= 0; found = bytes.indexOf(wanted, found + 1)) {
      const at = found - key;
      if (at % width !== 0 || at + width * 2 + 16 > bytes.length || pointer(at) !== name) continue;
      const countAt = at + width + 12;
      const tableAt = countAt + 4;
      if (tableAt + width > bytes.length) continue;
      const count = view.getUint32(countAt, true);
      const table = pointer(tableAt);
      if (count === 0 || count > 4096 || image.addressSpace.sectionAt(table) === null) continue;
      return { table, count, isPointer: count >= FIRST_POINTER_COUNT };
    }
  }
  return null;
}

const INDEXES = wdfDdis.map(({ wdfIndex = 0 }) => wdfIndex);
/** Those that IMUL takes as a byte. */
const SHORT_INDEXES = INDEXES.filter((index) => index < 0x80);
/** Indexes, and distances by the width of a pointer. */
const NUMBERS = new Map([4, 8].map((width) => [width, new Set(INDEXES.flatMap((index) => [index * width, index]))]));

/**
 * False where x86 code names no distance in the table that belongs to a function of the catalogue. Without optimization
 * compilers write the index, and multiply it.
 */
export function mayNameFunction(code: Uint8Array, width: number): boolean {
  const numbers = NUMBERS.get(width);
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let at = 0; at + 4 <= view.byteLength; at++) if (numbers?.has(view.getUint32(at, true))) return true;
  // IMUL reg, reg, imm8: 6B /r ib.
  for (let at = code.indexOf(0x6b); at >= 0; at = code.indexOf(0x6b, at + 1))
    if ((code[at + 1] as number) >= 0xc0 && SHORT_INDEXES.includes(code[at + 2] as number)) return true;
  return false;
}

/** rva of the first zero-terminated UTF-16 string that is exactly `text`; null where there is none in the file. */
export function findWideString(image: Image, text: string): number | null {
  const wanted = new Uint8Array(text.length * 2 + 2);
  for (let index = 0; index < text.length; index++) wanted[index * 2] = text.charCodeAt(index);
  return findBytes(image, wanted);
}

/** rva of the first of these bytes in any section, at least two; null where they are not in the file. */
export function findBytes(image: Image, wanted: readonly number[] | Uint8Array): number | null {
  const [first = 0, second = 0] = wanted;
  for (const { section, begin, end } of rawParts(image)) {
    const bytes = image.bytes.subarray(begin, end);
    for (
      let at = bytes.indexOf(first);
      at >= 0 && at + wanted.length <= bytes.length;
      at = bytes.indexOf(first, at + 1)
    ) {
      if (bytes[at + 1] === second && wanted.every((byte, index) => bytes[at + index] === byte))
        return section.virtualAddress + begin - section.rawOffset + at;
    }
  }
  return null;
}
