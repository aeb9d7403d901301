/**
 * Signs in the headers that a packer made the image: the code that runs is then not the code in the file, and what is not
 * found in the file says nothing. Cheap enough to ask of every image.
 */
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { isExecutable, sizeInMemory } from '../pe/sections.js';

/** How packers' sections begin; no compiler or linker of drivers makes such names. */
const PACKERS = 'UPX .UPX .vmp .themida .winlice .MPRESS .aspack .enigma .petite .packed .nsp PEC2'.split(' ');

/** What says so, or null. */
export function packingSign(image: Image): string | null {
  const entry = image.optionalHeader.addressOfEntryPoint;
  // An image without sections is all headers, which its note says.
  let isEntryCode = entry === 0 || image.sections.length === 0;
  for (const section of image.sections) {
    if (!isExecutable(section)) continue;
    const { name, virtualAddress, rawSize } = section;
    if (entry >= virtualAddress && entry - virtualAddress < rawSize) isEntryCode = true;
    if (isOfPacker(name)) return `section ${name} is executable and named like a packer’s`;
    // Incremental linking leaves room for functions in .textbss.
    if (rawSize === 0 && sizeInMemory(section) > 0 && name !== '.textbss')
      return `section ${name} is executable and has no bytes in the file`;
  }
  return isEntryCode ? null : `the file holds no code at the entry point, rva ${hex(entry)}`;
}

function isOfPacker(name: string): boolean {
  for (const prefix of PACKERS) if (name.startsWith(prefix)) return true;
  return false;
}
