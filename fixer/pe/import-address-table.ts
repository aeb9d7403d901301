/**
 * Where the import address table lies. That is data directory 12, never directory 1: in WDK-built drivers the import
 * descriptors sit in INIT and the table in .rdata. Where directory 12 is empty, the table is the FirstThunk arrays.
 */
import { type Parsed, parsed } from './errors.js';
import type { Image } from './image.js';
import { firstThunkRanges } from './imports.js';
import type { Section } from './sections.js';
import { IMAGE_DIRECTORY_ENTRY_IAT } from './winnt.js';

export interface ImportAddressTable {
  /** What says where it is: `dataDirectories[12]`, or `importDescriptors` where that is empty. */
  readonly source: 'dataDirectories[12]' | 'importDescriptors';
  /** In bytes of memory; one range for the directory, one a library for FirstThunk arrays. */
  readonly ranges: readonly { readonly rva: number; readonly length: number }[];
}

/** The table, null where the image imports nothing, an error where the import directory cannot be parsed. */
export function importAddressTable(image: Image): Parsed<ImportAddressTable | null> {
  const directory = image.directory(IMAGE_DIRECTORY_ENTRY_IAT);
  if (directory !== null) {
    return parsed({
      source: 'dataDirectories[12]',
      ranges: [{ rva: directory.virtualAddress, length: directory.size }],
    });
  }
  const { imports } = image;
  if (!imports.ok) return imports;
  if (imports.value === null || imports.value.descriptors.length === 0) return parsed(null);
  const ranges = firstThunkRanges(image, imports.value);
  return ranges.ok ? parsed({ source: 'importDescriptors', ranges: ranges.value }) : ranges;
}

/** The sections that hold any byte of the table, each once, by rva, with where in it the table begins. */
export function sectionsOfTable(
  image: Image,
  table: ImportAddressTable,
): { readonly section: Section; readonly rva: number; readonly length: number }[] {
  const found = new Map<Section, { section: Section; rva: number; length: number }>();
  for (const range of table.ranges) {
    for (const section of image.addressSpace.sectionsIn(range.rva, range.length)) {
      const rva = Math.max(range.rva, section.virtualAddress);
      const length = Math.min(range.rva + range.length, section.virtualAddress + section.extent) - rva;
      const known = found.get(section);
      if (known === undefined) found.set(section, { section, rva, length });
      else known.length += length;
    }
  }
  return [...found.values()].sort((a, b) => a.rva - b.rva);
}
