/** Addresses that the image's data, and on x86 its code, hold: what the loader relocates. */
import { u64 } from '../pe/bytes.js';
import type { Image } from '../pe/image.js';
import { isExecutable, type Section } from '../pe/sections.js';
import { IMAGE_REL_BASED_DIR64, IMAGE_REL_BASED_HIGHLOW } from '../pe/winnt.js';

export interface Pointers {
  /** rvas of the fields that hold an address. */
  readonly fields: ReadonlySet<number>;
  /** rvas that those in data point to. */
  readonly targets: ReadonlySet<number>;
  /** rvas that those in code point to (x86): operands of instructions, and tables between them. */
  readonly codeTargets: ReadonlySet<number>;
}

const NONE: Pointers = { fields: new Set(), targets: new Set(), codeTargets: new Set() };

export function readPointers(image: Image): Pointers {
  const relocations = image.baseRelocations;
  if (!relocations.ok || relocations.value === null) return NONE;
  const fields = new Set<number>();
  const targets = new Set<number>();
  const codeTargets = new Set<number>();
  const imageBase = Number(image.optionalHeader.imageBase);
  const view = new DataView(image.bytes.buffer, image.bytes.byteOffset, image.bytes.byteLength);
  const { table, blocks } = relocations.value;
  let section: Section | null = null;
  for (const { virtualAddress, start, count } of blocks) {
    for (let at = start; at < start + count * 2; at += 2) {
      const entry = (table[at] as number) | ((table[at + 1] as number) << 8);
      const type = entry >>> 12;
      if (type !== IMAGE_REL_BASED_HIGHLOW && type !== IMAGE_REL_BASED_DIR64) continue;
      const rva = virtualAddress + (entry & 0xfff);
      fields.add(rva);
      // A block is a page, and all its fields but few lie in one section.
      if (section === null || rva < section.virtualAddress || rva >= section.virtualAddress + section.extent)
        section = image.addressSpace.sectionAt(rva);
      const offset = section === null ? image.addressSpace.offsetOf(rva) : offsetIn(section, rva);
      const width = type === IMAGE_REL_BASED_DIR64 ? 8 : 4;
      if (offset === null || offset + width > view.byteLength) continue;
      const value = width === 8 ? u64(view, offset) : view.getUint32(offset, true);
      (section !== null && isExecutable(section) ? codeTargets : targets).add(value - imageBase);
    }
  }
  return { fields, targets, codeTargets };
}

const offsetIn = ({ virtualAddress, rawOffset, rawSize }: Section, rva: number): number | null =>
  rva - virtualAddress < rawSize ? rawOffset + rva - virtualAddress : null;
