/**
 * Whether a map fits an image that it shares no time of linking with: a reproducible build has none, nor have maps of
 * GNU ld and /lldmap. What a map tells of the image as a whole is compared; that two builds agree in all of it is rare.
 */
import { hex } from '../hex.js';
import { IMAGE_SCN_MEM_EXECUTE } from '../winnt.js';
import type { LinkerMap, MapSection } from './map-format.js';

/** lld-link lists no import thunks as pieces of a section: the last one (12 bytes on ARM64) follows the last symbol. */
const longestTail = 64;

/** What is needed of an image besides its sections. */
export interface MapImage {
  readonly imageBase: bigint;
  readonly addressOfEntryPoint: number | null;
}

/** @returns what is different, or null */
export function misfitOf(
  { told, symbols }: LinkerMap,
  image: MapImage,
  sections: readonly MapSection[],
): string | null {
  const { imageBase, entryPoint } = told;
  if (imageBase !== null && imageBase !== image.imageBase)
    return `its load address is 0x${imageBase.toString(16)}, the image's 0x${image.imageBase.toString(16)}`;
  const entry = image.addressOfEntryPoint || null;
  if (entryPoint !== null && entry !== null && entryPoint !== entry)
    return `its entry point is rva ${hex(entryPoint)}, the image's ${hex(entry)}`;
  if (entryPoint === null && entry !== null && !symbols.some(({ rva }) => rva === entry))
    return `it has no symbol at the image's entry point, rva ${hex(entry)}`;
  const last = sections.at(-1)?.virtualAddress ?? 0;
  const byRva = new Map(sections.map((section) => [section.virtualAddress, section]));
  for (const { rva, size } of told.sections) {
    const section = byRva.get(rva);
    if (section === undefined) {
      // Sections of debug information are last, and strip takes them away.
      if (size === 0 || rva > last) continue;
      return `it has a section at rva ${hex(rva)}, the image has none there`;
    }
    const length = section.virtualSize || section.sizeOfRawData;
    const isCode = (section.characteristics & IMAGE_SCN_MEM_EXECUTE) !== 0;
    // GNU ld tells sizes as they are in the file; and of base relocations, made last, it tells none.
    if (told.areWhole && (size === 0 || size === section.sizeOfRawData)) continue;
    const isShorter = told.areWhole
      ? size < length
      : isCode && endOf(rva, size, symbols, length) + longestTail < length;
    if (size > length || isShorter)
      return `its section at rva ${hex(rva)} has ${hex(size)} bytes, the image's ${hex(length)}`;
  }
  return null;
}

/** How far into the section at `rva` the map says anything. */
function endOf(rva: number, size: number, symbols: LinkerMap['symbols'], length: number): number {
  let end = size;
  for (const symbol of symbols) {
    const offset = symbol.rva - rva;
    if (offset > end && offset < length) end = offset;
  }
  return end;
}
