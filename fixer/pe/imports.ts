/**
 * The import directory: which libraries, and where each one's import address table (FirstThunk array) lies.
 * Source: PE specification, ".idata Section". The loader walks descriptors to the empty one and pays no heed to the
 * directory's size, and so does this.
 */
import { failed, type Parsed, parsed } from './errors.js';
import { hex } from './hex.js';
import type { Image } from './image.js';
import { latin1 } from './latin1.js';
import { IMAGE_DIRECTORY_ENTRY_IMPORT } from './winnt.js';

const SIZE_OF_DESCRIPTOR = 20;
const LONGEST_NAME = 512;

/** IMAGE_IMPORT_DESCRIPTOR. */
export interface ImportDescriptor {
  /** Library as written in the file. Hostile text. */
  readonly library: string;
  /** rva of the import lookup table; 0 in images of old linkers. */
  readonly originalFirstThunk: number;
  /** rva of this library's import address table. */
  readonly firstThunk: number;
}

export interface Imports {
  readonly descriptors: readonly ImportDescriptor[];
}

/** One imported function: its slot in the import address table and its name, or its ordinal. */
export interface ImportedFunction {
  /** rva of the import address table slot. */
  readonly slot: number;
  readonly name: string | null;
  readonly ordinal: number | null;
}

export function parseImports(image: Image): Parsed<Imports | null> {
  const cutOff = image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_IMPORT);
  if (cutOff !== null) return cutOff;
  const directory = image.dataDirectories[IMAGE_DIRECTORY_ENTRY_IMPORT];
  if (directory === undefined || directory.virtualAddress === 0) return parsed(null);
  const path = `dataDirectories[${IMAGE_DIRECTORY_ENTRY_IMPORT}]`;
  const descriptors: ImportDescriptor[] = [];
  const most = Math.ceil(image.bytes.length / SIZE_OF_DESCRIPTOR);
  // Names that do not overlap are together no longer than the file; more is a forged table that costs time and memory.
  let budget = image.bytes.length;
  for (let index = 0; index <= most; index++) {
    const rva = directory.virtualAddress + index * SIZE_OF_DESCRIPTOR;
    const descriptor = image.addressSpace.locate(rva, SIZE_OF_DESCRIPTOR, path);
    if (!descriptor.ok) return descriptor;
    const { view, at } = descriptor.value;
    const nameRva = view.getUint32(at + 12, true);
    const firstThunk = view.getUint32(at + 16, true);
    if (nameRva === 0 || firstThunk === 0) return parsed({ descriptors });
    const library = readName(image, nameRva, `${path}[${index}].name`);
    if (!library.ok) return library;
    budget -= library.value.length;
    if (budget < 0) break;
    descriptors.push({ library: library.value, originalFirstThunk: view.getUint32(at, true), firstThunk });
  }
  return failed(
    'malformed',
    path,
    image.addressSpace.offsetOf(directory.virtualAddress) ?? 0,
    0,
    0,
    'the import directory has no end, or its names overlap',
  );
}

/** Bytes in all import address tables that the descriptors name, terminators included, or why one has no end. */
export function firstThunkRanges(
  image: Image,
  imports: Imports,
): Parsed<readonly { rva: number; length: number; library: string }[]> {
  const width = image.isPE32Plus ? 8 : 4;
  const ranges: { rva: number; length: number; library: string }[] = [];
  // Arrays that do not overlap hold at most one thunk for each `width` bytes of the file; more is a forged table.
  let budget = Math.ceil(image.bytes.length / width);
  for (const descriptor of imports.descriptors) {
    const count = countThunks(image, descriptor, width, budget);
    if (!count.ok) return count;
    budget -= count.value;
    ranges.push({ rva: descriptor.firstThunk, length: (count.value + 1) * width, library: descriptor.library });
  }
  return parsed(ranges);
}

/** The functions imported from one library, in the order of its import address table. */
export function importedFunctions(image: Image, descriptor: ImportDescriptor): Parsed<readonly ImportedFunction[]> {
  const width = image.isPE32Plus ? 8 : 4;
  const count = countThunks(image, descriptor, width, Math.ceil(image.bytes.length / width));
  if (!count.ok) return count;
  const functions: ImportedFunction[] = [];
  for (let index = 0; index < count.value; index++) {
    const thunk = readThunk(image, lookupTable(descriptor) + index * width, width);
    if (!thunk.ok) return thunk;
    const slot = descriptor.firstThunk + index * width;
    if (thunk.value.isOrdinal) {
      functions.push({ slot, name: null, ordinal: thunk.value.low & 0xffff });
      continue;
    }
    const name = readName(image, thunk.value.low + 2, `import of slot ${hex(slot)}`);
    if (!name.ok) return name;
    functions.push({ slot, name: name.value, ordinal: null });
  }
  return parsed(functions);
}

const lookupTable = (descriptor: ImportDescriptor): number => descriptor.originalFirstThunk || descriptor.firstThunk;

function countThunks(image: Image, descriptor: ImportDescriptor, width: number, budget: number): Parsed<number> {
  const start = lookupTable(descriptor);
  for (let count = 0; count <= budget; count++) {
    const thunk = readThunk(image, start + count * width, width);
    if (!thunk.ok) return thunk;
    if (thunk.value.isEnd) return parsed(count);
  }
  return failed(
    'malformed',
    'imports',
    image.addressSpace.offsetOf(start) ?? 0,
    0,
    0,
    `the import lookup table at rva ${hex(start)} has no end, or import tables overlap`,
  );
}

function readThunk(
  image: Image,
  rva: number,
  width: number,
): Parsed<{ low: number; isOrdinal: boolean; isEnd: boolean }> {
  const thunk = image.addressSpace.locate(rva, width, 'import lookup table');
  if (!thunk.ok) return thunk;
  const { view, at } = thunk.value;
  const low = view.getUint32(at, true);
  const high = width === 8 ? view.getUint32(at + 4, true) : low;
  return parsed({ low, isOrdinal: high >>> 31 === 1, isEnd: low === 0 && high === 0 });
}

/** A NUL-terminated name, one character a byte, cut at 512. */
function readName(image: Image, rva: number, path: string): Parsed<string> {
  const section = image.addressSpace.sectionAt(rva);
  if (section !== null) {
    const delta = rva - section.virtualAddress;
    const mapped = Math.min(section.rawSize, section.extent) - delta;
    const name = mapped > 0 ? latin1(image.bytes, section.rawOffset + delta, Math.min(mapped, LONGEST_NAME)) : '';
    // Shorter than what was looked at: a NUL ended it. One that runs out of raw data is read byte by byte.
    if (name.length < mapped) return parsed(name);
  }
  return gatherName(image, rva, path);
}

function gatherName(image: Image, rva: number, path: string): Parsed<string> {
  const name: number[] = [];
  for (let at = rva; name.length < LONGEST_NAME; at++) {
    const offset = image.addressSpace.offsetOf(at);
    if (offset === null) {
      if (image.addressSpace.sectionAt(at) !== null) break;
      return failed('out-of-range', path, 0, 1, 0, `${path}: rva ${hex(at)} is outside the image`);
    }
    const byte = image.bytes[offset] as number;
    if (byte === 0) break;
    name.push(byte);
  }
  return parsed(String.fromCharCode(...name));
}
