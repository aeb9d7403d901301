/**
 * Where the import address table lies. That is data directory 12, never directory 1: in WDK-built drivers the import
 * descriptors sit in INIT and the table in .rdata. Where directory 12 is empty, the table is the FirstThunk arrays.
 */
import { type Parsed, parsed } from './errors.js';
import type { Image } from './image.js';
import { firstThunkRanges } from './imports.js';
import { type Section, sizeInMemory } from './sections.js';
import { IMAGE_DIRECTORY_ENTRY_IAT } from './winnt.js';

export interface ImportAddressTable {
  /** What says where it is: `dataDirectories[12]`, or `importDescriptors` where that is empty. */
  readonly source: 'dataDirectories[12]' | 'importDescriptors';
  /** In bytes of memory; one range for the directory, one a library for FirstThunk arrays. */
  readonly ranges: readonly Range[];
  /** The sections that hold any byte of the table, each once, by rva, with where in it the table begins. */
  readonly parts: ReadonlyMap<Section, Range>;
}

interface Range {
  readonly rva: number;
  readonly length: number;
}

/**
 * The table, null where the image imports nothing, an error where the import directory cannot be parsed. `Image`
 * remembers what this returns, because several rules ask and some ask for each section.
 */
export function findImportAddressTable(image: Image): Parsed<ImportAddressTable | null> {
  const cutOff = image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_IAT);
  if (cutOff !== null) return cutOff;
  const directory = image.directory(IMAGE_DIRECTORY_ENTRY_IAT);
  if (directory !== null) {
    const ranges = [{ rva: directory.virtualAddress, length: directory.size }];
    return parsed({ source: 'dataDirectories[12]', ranges, parts: partsOf(image, ranges) });
  }
  const { imports } = image;
  if (!imports.ok) return imports;
  if (imports.value === null || imports.value.descriptors.length === 0) return parsed(null);
  const ranges = firstThunkRanges(image, imports.value);
  if (!ranges.ok) return ranges;
  return parsed({ source: 'importDescriptors', ranges: ranges.value, parts: partsOf(image, ranges.value) });
}

export interface TablePart extends Range {
  readonly section: Section;
}

/** `parts` as a list. */
export function sectionsOfTable(table: ImportAddressTable): TablePart[] {
  const parts: TablePart[] = [];
  for (const [section, { rva, length }] of table.parts) parts.push({ section, rva, length });
  return parts;
}

/** Each section with its share of the ranges; a binary search a section, so that forged tables cost no square. */
function partsOf(image: Image, ranges: readonly Range[]): Map<Section, Range> {
  const joined = joinRanges(ranges);
  const lowest = joined[0]?.rva ?? 0;
  const highest = (joined.at(-1)?.rva ?? 0) + (joined.at(-1)?.length ?? 0);
  const found: TablePart[] = [];
  for (const section of image.sections) {
    const end = section.virtualAddress + section.extent;
    if (end <= lowest || section.virtualAddress >= highest) continue;
    const first = indexOf(joined, (range) => range.rva + range.length > section.virtualAddress);
    const last = indexOf(joined, (range) => range.rva >= end) - 1;
    const from = joined[first];
    const to = joined[last];
    if (from === undefined || to === undefined || last < first) continue;
    const rva = Math.max(from.rva, section.virtualAddress);
    // Whole units of a section that begins off its unit reach over the next one, which is what memory holds there.
    if (rva >= section.virtualAddress + sizeInMemory(section) && image.addressSpace.sectionAt(rva) !== section)
      continue;
    // What the whole ranges cover, less what sticks out on both sides.
    const covered = to.before + to.length - from.before;
    found.push({ section, rva, length: covered - (rva - from.rva) - Math.max(0, to.rva + to.length - end) });
  }
  found.sort((a, b) => a.rva - b.rva);
  const parts = new Map<Section, Range>();
  for (const { section, rva, length } of found) parts.set(section, { rva, length });
  return parts;
}

/** The ranges sorted and without overlaps, each with the number of bytes in those before it. */
function joinRanges(ranges: readonly Range[]): { rva: number; length: number; before: number }[] {
  const joined: { rva: number; length: number; before: number }[] = [];
  for (const { rva, length } of [...ranges].sort((a, b) => a.rva - b.rva)) {
    const last = joined.at(-1);
    if (last === undefined || rva > last.rva + last.length)
      joined.push({ rva, length, before: last === undefined ? 0 : last.before + last.length });
    else last.length = Math.max(last.length, rva + length - last.rva);
  }
  return joined;
}

/** Index of the first item for which `holds` is true, given that it stays true from there on; the length if none. */
function indexOf<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
