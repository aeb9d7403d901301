/** Where an image's code lies. */
import type { Image } from '../pe/image.js';
import { isExecutable, sizeInMemory } from '../pe/sections.js';
import type { Range } from './ranges.js';

/** One section's code, with two views of its bytes. */
export interface Code {
  readonly rva: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Code that is in the file, section by section. */
export function codeRanges(image: Image): Range[] {
  return image.sections
    .filter((section) => isExecutable(section) && section.rawSize > 0)
    .map((section) => ({
      begin: section.virtualAddress,
      end: section.virtualAddress + Math.min(section.rawSize, section.extent, Math.max(sizeInMemory(section), 1)),
    }));
}
