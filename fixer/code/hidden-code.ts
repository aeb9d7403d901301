/** Code that was packed or encrypted: what is in the file in its place calls nothing, and must not pass for code that calls nothing bad. */
import type { Image } from '../pe/image.js';
import { isExecutable, sizeInMemory } from '../pe/sections.js';
import { packingSign } from './packing.js';
import type { Program } from './program.js';
import { rawParts } from './raw-parts.js';

/** Fewer bytes tell nothing: what is random has only so many different ones. */
const FEWEST = 1024;
/** Bytes looked at in one section: going over all of them costs more than decoding what is needed. */
const SAMPLE = 4096;
/** Sections looked at: forged images have tens of thousands. */
const MOST_SECTIONS = 256;
/** Bits a byte. Compilers' code has up to 6.7, in 75 real drivers; what is packed or encrypted has 7.8 and more. */
const MOST_OF_CODE = 7.2;

/**
 * Why the code that runs is not what the file holds, or null.
 * @param unnamed slots of imports to judge that no code refers to
 */
export function hiddenCode(program: Program, unnamed: ReadonlySet<number>): string | null {
  const { image, imported, references } = program;
  const sign = packingSign(image) ?? randomBytes(image);
  if (sign !== null) return sign;
  // Packers leave little else to import than what finds the rest.
  const areUnused = [...references.to(imported.finders.keys()).values()].some(({ length }) => length === 0);
  return unnamed.size > 0 || areUnused ? unusedImports(program) : null;
}

function randomBytes(image: Image): string | null {
  let sampled = 0;
  for (const { section, begin, end } of rawParts(image)) {
    const bytes = image.bytes.subarray(begin, Math.min(end, section.rawOffset + sizeInMemory(section)));
    if (!isExecutable(section) || bytes.length < FEWEST) continue;
    if (entropy(bytes) >= MOST_OF_CODE)
      return `the bytes of section ${section.name} are as random as compressed or encrypted ones`;
    if (++sampled >= MOST_SECTIONS) break;
  }
  return null;
}

/** In bits a byte, of bytes spread evenly. */
function entropy(bytes: Uint8Array): number {
  // Odd: every fourth byte of ARM64's instructions would be the opcodes alone.
  const step = Math.max(1, Math.floor(bytes.length / SAMPLE)) | 1;
  const counts = new Uint32Array(256);
  let total = 0;
  for (let at = 0; at < bytes.length; at += step) {
    const value = bytes[at] as number;
    counts[value] = (counts[value] as number) + 1;
    total++;
  }
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / total) * Math.log2(count / total);
  return bits;
}

/** Linkers import what code refers to. */
function unusedImports({ imported, references, pointers }: Program): string | null {
  const slots = [...imported.names.keys()];
  const named = references.to(slots);
  const unused = slots.filter((slot) => named.get(slot)?.length === 0 && !pointers.targets.has(slot));
  return unused.length * 2 < slots.length
    ? null
    : `the code refers to ${slots.length - unused.length} of ${slots.length} imported functions`;
}
