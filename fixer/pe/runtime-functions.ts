/**
 * The exception directory (.pdata): where functions begin and end. Source: PE specification, "The .pdata Section";
 * "ARM64 exception handling" and "ARM exception handling" for the packed forms.
 */
import { failed, type Parsed, parsed } from './errors.js';
import type { Image } from './image.js';
import { IMAGE_DIRECTORY_ENTRY_EXCEPTION } from './winnt.js';

/** A stretch of code that has unwind data. A function may be several (chained unwind data, split cold parts). */
export interface RuntimeFunction {
  /** rva of the first byte. */
  readonly begin: number;
  /** rva after the last byte. */
  readonly end: number;
  /** rva of UNWIND_INFO or .xdata; null where the entry packs it (ARM, ARM64). */
  readonly unwindInfo: number | null;
}

/** All entries in table order; null where the image has no exception directory, or its machine has no such table. */
export function parseRuntimeFunctions(image: Image): Parsed<readonly RuntimeFunction[] | null> {
  const cutOff = image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_EXCEPTION);
  if (cutOff !== null) return cutOff;
  const directory = image.directory(IMAGE_DIRECTORY_ENTRY_EXCEPTION);
  const { machine } = image;
  if (directory === null || machine === 'x86' || machine === 'unknown') return parsed(null);
  const path = `dataDirectories[${IMAGE_DIRECTORY_ENTRY_EXCEPTION}]`;
  const table = image.readRva(directory.virtualAddress, directory.size, path);
  if (!table.ok) return table;
  const view = new DataView(table.value.buffer, table.value.byteOffset, table.value.byteLength);
  const size = machine === 'x64' || machine === 'ia64' ? 12 : 8;
  const functions: RuntimeFunction[] = [];
  for (let at = 0; at + size <= table.value.length; at += size) {
    const first = view.getUint32(at, true);
    const second = view.getUint32(at + 4, true);
    if (first === 0 && second === 0) continue; // padding
    if (size === 12) {
      functions.push({ begin: first, end: second, unwindInfo: view.getUint32(at + 8, true) });
      continue;
    }
    const entry = machine === 'arm64' ? arm64Entry(image, first, second) : armEntry(image, first, second);
    if (entry === null) {
      const offset = image.addressSpace.offsetOf(directory.virtualAddress + at) ?? 0;
      return failed(
        'out-of-range',
        `${path}[${at / size}]`,
        offset,
        8,
        8,
        `entry ${at / size} of the exception directory points outside the image`,
      );
    }
    functions.push(entry);
  }
  return parsed(functions);
}

/** Bits 0-1 of the second word: 0 means an rva of .xdata, whose first word holds the length; else packed. */
function arm64Entry(image: Image, begin: number, data: number): RuntimeFunction | null {
  if ((data & 3) !== 0) return { begin, end: begin + ((data >>> 2) & 0x7ff) * 4, unwindInfo: null };
  const length = xdataLength(image, data);
  return length === null ? null : { begin, end: begin + length * 4, unwindInfo: data };
}

/** As ARM64, in halfwords; bit 0 of the address marks Thumb code. */
function armEntry(image: Image, begin: number, data: number): RuntimeFunction | null {
  const start = begin - (begin & 1);
  if ((data & 3) !== 0) return { begin: start, end: start + ((data >>> 2) & 0x7ff) * 2, unwindInfo: null };
  const length = xdataLength(image, data);
  return length === null ? null : { begin: start, end: start + length * 2, unwindInfo: data };
}

/** Function Length: bits 0-17 of .xdata's first word, in instruction units. */
function xdataLength(image: Image, rva: number): number | null {
  const word = image.readRva(rva, 4, '.xdata');
  return word.ok ? new DataView(word.value.buffer, word.value.byteOffset, 4).getUint32(0, true) & 0x3ffff : null;
}
