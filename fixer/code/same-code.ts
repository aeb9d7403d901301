/**
 * Whether what the code says of one image holds for another, because everything that an analysis looks at is equal:
 * a fix changes bits of the headers, and none of them is looked at but write access.
 */
import { firstDifference } from '../pe/first-difference.js';
import type { Image } from '../pe/image.js';
import { isExecutable, isWritable, type Section } from '../pe/sections.js';
import { IMAGE_DIRECTORY_ENTRY_SECURITY } from '../pe/winnt.js';

/** @param askedFor indexes of the sections of which the analysis of `a` asked whether they can be written */
export function isSameCode(a: Image, b: Image, askedFor: ReadonlySet<number>): boolean {
  if (a.machine !== b.machine || a.isPE32Plus !== b.isPE32Plus) return false;
  if (a.sections.length !== b.sections.length) return false;
  for (const field of ['imageBase', 'addressOfEntryPoint', 'sizeOfImage', 'sizeOfHeaders'] as const)
    if (a.optionalHeader[field] !== b.optionalHeader[field]) return false;
  // The headers, which the fix changes, are memory too: code that was looked up there is looked at again.
  if (a.addressSpace.hasReadHeaders || a.addressSpace.longestRead > b.bytes.length || !haveSameDirectories(a, b))
    return false;
  return a.sections.every((section, index) => {
    const other = b.sections[index] as Section;
    const isAccessEqual =
      isExecutable(section) === isExecutable(other) &&
      (isWritable(section) === isWritable(other) || !askedFor.has(section.index));
    return isAccessEqual && isSamePlace(section, other) && hasSameBytes(a, b, section);
  });
}

function haveSameDirectories(a: Image, b: Image): boolean {
  if (a.headers.declaredDirectories !== b.headers.declaredDirectories) return false;
  if (a.dataDirectories.length !== b.dataDirectories.length) return false;
  return a.dataDirectories.every(({ virtualAddress, size }, index) => {
    const other = b.dataDirectories[index];
    // A signature is no memory.
    if (index === IMAGE_DIRECTORY_ENTRY_SECURITY) return true;
    return virtualAddress === other?.virtualAddress && size === other.size;
  });
}

const isSamePlace = (a: Section, b: Section): boolean =>
  a.rawName === b.rawName &&
  a.virtualAddress === b.virtualAddress &&
  a.virtualSize === b.virtualSize &&
  a.sizeOfRawData === b.sizeOfRawData &&
  a.rawOffset === b.rawOffset &&
  a.rawSize === b.rawSize &&
  a.extent === b.extent;

function hasSameBytes(a: Image, b: Image, { rawOffset, rawSize }: Section): boolean {
  const end = rawOffset + rawSize;
  return end <= a.bytes.length && end <= b.bytes.length && firstDifference(a.bytes, b.bytes, rawOffset, end) < 0;
}
