/**
 * Base relocations: blocks of 16-bit entries, each a type and an offset from the block's rva.
 * Source: PE specification, "Base Relocation Types"; the traps are in facts/hvci-semantics.md.
 */
import { failed, type Parsed, parsed } from './errors.js';
import type { Image } from './image.js';
import type { Machine } from './machine.js';
import {
  IMAGE_DIRECTORY_ENTRY_BASERELOC,
  IMAGE_REL_BASED_ABSOLUTE,
  IMAGE_REL_BASED_ARM_MOV32,
  IMAGE_REL_BASED_DIR64,
  IMAGE_REL_BASED_HIGH,
  IMAGE_REL_BASED_HIGHADJ,
  IMAGE_REL_BASED_HIGHLOW,
  IMAGE_REL_BASED_IA64_IMM64,
  IMAGE_REL_BASED_LOW,
  IMAGE_REL_BASED_THUMB_MOV32,
  PAGE_SIZE,
} from './winnt.js';

const SIZE_OF_BLOCK_HEADER = 8;
/** A reader needs the count and the first ones. */
export const MOST_STRADDLES = 16;

export interface BaseRelocations {
  /** The directory's bytes; blocks and entries are read from them on demand: objects would take many times as much. */
  readonly table: Uint8Array;
  readonly blocks: Iterable<BaseRelocationBlock>;
}

/** IMAGE_BASE_RELOCATION: `count` 16-bit entries at `start` in the table, for targets from rva `virtualAddress` on. */
export interface BaseRelocationBlock {
  readonly virtualAddress: number;
  readonly start: number;
  readonly count: number;
}

export interface Straddle {
  /** rva of the relocated field. */
  readonly rva: number;
  readonly type: number;
  /** Bytes the loader changes there. */
  readonly width: number;
}

export interface RelocationScan {
  /** Relocations, padding (ABSOLUTE) left out. */
  readonly count: number;
  /** Fields that begin on one page and end on the next. */
  readonly straddleCount: number;
  /** The first of them by rva, `MOST_STRADDLES` at most: a forged table has as many as the file has words. */
  readonly straddles: readonly Straddle[];
  /** Type that has no meaning on this machine, with its first rva; null where there is none. */
  readonly unknownType: { readonly type: number; readonly rva: number } | null;
}

export function parseBaseRelocations(image: Image): Parsed<BaseRelocations | null> {
  const cutOff = image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_BASERELOC);
  if (cutOff !== null) return cutOff;
  const directory = image.directory(IMAGE_DIRECTORY_ENTRY_BASERELOC);
  if (directory === null) return parsed(null);
  const path = `dataDirectories[${IMAGE_DIRECTORY_ENTRY_BASERELOC}]`;
  const table = image.readRva(directory.virtualAddress, directory.size, path);
  if (!table.ok) return table;
  const problem = findBadBlock(table.value);
  if (problem !== null) {
    const offset = image.addressSpace.offsetOf(directory.virtualAddress + problem.at) ?? 0;
    return failed(
      'malformed',
      `${path}.block[${problem.index}].sizeOfBlock`,
      offset + 4,
      problem.sizeOfBlock,
      table.value.length - problem.at,
      `relocation block ${problem.index} claims ${problem.sizeOfBlock} bytes; ${table.value.length - problem.at} are left in the table`,
    );
  }
  return parsed({ table: table.value, blocks: new Blocks(table.value) });
}

class Blocks implements Iterable<BaseRelocationBlock> {
  readonly #table: Uint8Array;

  constructor(table: Uint8Array) {
    this.#table = table;
  }

  [Symbol.iterator](): Iterator<BaseRelocationBlock> {
    return blocksOf(this.#table);
  }
}

/** Walks the blocks of a table in which `findBadBlock` found nothing. */
function* blocksOf(table: Uint8Array): Generator<BaseRelocationBlock> {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  for (let at = 0; at + SIZE_OF_BLOCK_HEADER <= table.length; ) {
    const sizeOfBlock = view.getUint32(at + 4, true);
    if (sizeOfBlock === 0) return;
    const count = (sizeOfBlock - SIZE_OF_BLOCK_HEADER) >>> 1;
    yield { virtualAddress: view.getUint32(at, true), start: at + SIZE_OF_BLOCK_HEADER, count };
    at += sizeOfBlock;
  }
}

/** The first block whose size cannot be; zeros up to the end are padding that the directory's size includes. */
function findBadBlock(table: Uint8Array): { at: number; index: number; sizeOfBlock: number } | null {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  let index = 0;
  for (let at = 0; at + SIZE_OF_BLOCK_HEADER <= table.length; index++) {
    const sizeOfBlock = view.getUint32(at + 4, true);
    if (sizeOfBlock === 0 && table.subarray(at).every((byte) => byte === 0)) return null;
    if (sizeOfBlock < SIZE_OF_BLOCK_HEADER || sizeOfBlock > table.length - at || sizeOfBlock % 2 !== 0)
      return { at, index, sizeOfBlock };
    at += sizeOfBlock;
  }
  return null;
}

/**
 * Bytes that the loader changes for a relocation of `type`: 0 where it cannot straddle a page (padding, IA-64's
 * 16-byte aligned bundles), null where the type has no meaning on this machine.
 */
export function relocationWidth(type: number, machine: Machine): number | null {
  switch (type) {
    case IMAGE_REL_BASED_ABSOLUTE:
      return 0;
    case IMAGE_REL_BASED_HIGH:
    case IMAGE_REL_BASED_LOW:
    case IMAGE_REL_BASED_HIGHADJ:
      return 2;
    case IMAGE_REL_BASED_HIGHLOW:
      return 4;
    case IMAGE_REL_BASED_DIR64:
      return 8;
    case IMAGE_REL_BASED_ARM_MOV32:
    case IMAGE_REL_BASED_THUMB_MOV32:
      return machine === 'arm' ? 8 : null;
    case IMAGE_REL_BASED_IA64_IMM64:
      return machine === 'ia64' ? 0 : null;
    default:
      return null;
  }
}

/** Walks every entry once: counts them and finds the fields that straddle a page boundary. */
export function scanRelocations(relocations: BaseRelocations, machine: Machine): RelocationScan {
  const { table } = relocations;
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const widths = widthsOf(machine);
  const straddles: Straddle[] = [];
  let unknownType: RelocationScan['unknownType'] = null;
  let straddleCount = 0;
  let count = 0;
  // Not `blocks`: a generator costs more than the few entries that most blocks have.
  for (let next = 0; next + SIZE_OF_BLOCK_HEADER <= table.length; ) {
    const sizeOfBlock = view.getUint32(next + 4, true);
    if (sizeOfBlock === 0) break;
    const virtualAddress = view.getUint32(next, true);
    const start = next + SIZE_OF_BLOCK_HEADER;
    const end = start + ((sizeOfBlock - SIZE_OF_BLOCK_HEADER) & ~1);
    next += sizeOfBlock;
    for (let at = start; at < end; at += 2) {
      const entry = (table[at] as number) | ((table[at + 1] as number) << 8);
      const type = entry >>> 12;
      if (type === IMAGE_REL_BASED_ABSOLUTE) continue;
      count++;
      const width = widths[type] as number;
      const rva = virtualAddress + (entry & 0xfff);
      if (width < 0) unknownType ??= { type, rva };
      else if ((rva & (PAGE_SIZE - 1)) + width > PAGE_SIZE) {
        straddleCount++;
        keepFirst(straddles, { rva, type, width });
      }
      if (type === IMAGE_REL_BASED_HIGHADJ) at += 2; // its second slot is the low half, no entry of its own
    }
  }
  return { count, straddleCount, straddles, unknownType };
}

const widthsByMachine = new Map<Machine, Int8Array>();

/** Bytes by relocation type, -1 for one without meaning; made once a machine, for all images of a run. */
function widthsOf(machine: Machine): Int8Array {
  let widths = widthsByMachine.get(machine);
  if (widths === undefined) {
    widths = new Int8Array(16);
    for (let type = 0; type < 16; type++) widths[type] = relocationWidth(type, machine) ?? -1;
    widthsByMachine.set(machine, widths);
  }
  return widths;
}

/** Keeps `kept` sorted by rva, and short. */
function keepFirst(kept: Straddle[], straddle: Straddle): void {
  const last = kept.at(-1);
  if (kept.length === MOST_STRADDLES && last !== undefined && straddle.rva >= last.rva) return;
  const at = kept.findIndex(({ rva }) => rva > straddle.rva);
  kept.splice(at < 0 ? kept.length : at, 0, straddle);
  if (kept.length > MOST_STRADDLES) kept.pop();
}
