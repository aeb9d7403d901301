/**
 * When may SectionAlignment be raised to 0x1000 by writing headers alone? Only where the image already is laid out the
 * way a 0x1000 image would be; the conditions are those of facts/hvci-semantics.md, each with its reason.
 */

import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { isExecutable, type Section, sizeInMemory } from '../pe/sections.js';
import { PAGE_SIZE } from '../pe/winnt.js';

const LEAST_FILE_ALIGNMENT = 0x200;
const MOST_FILE_ALIGNMENT = 0x10000;

/** Header fields of the raised image. */
export interface RaisedAlignment {
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly sizeOfHeaders: number;
  readonly sizeOfImage: number;
}

export type RaiseVerdict =
  | { readonly possible: true; readonly raised: RaisedAlignment }
  | { readonly possible: false; readonly reason: string };

export const isPageAligned = (value: number): boolean => value % PAGE_SIZE === 0;

/** SectionAlignment and every section's rva are multiples of the page size: what HVCI2004 asks for. */
export function isAlignmentSound(image: Image): boolean {
  const { sectionAlignment } = image.optionalHeader;
  return (
    sectionAlignment !== 0 &&
    isPageAligned(sectionAlignment) &&
    image.sections.every((section) => isPageAligned(section.virtualAddress))
  );
}

export function raiseSectionAlignment(image: Image): RaiseVerdict {
  const { optionalHeader: header, sections } = image;
  if (header.sectionAlignment >= PAGE_SIZE)
    return no(`SectionAlignment ${hex(header.sectionAlignment)} is not below a page, so there is nothing to raise`);
  if (sections.length === 0) return no('the image has no sections');
  const unaligned = sections.find((section) => !isPageAligned(section.virtualAddress));
  if (unaligned !== undefined)
    return no(`section ${unaligned.name} begins at rva ${hex(unaligned.virtualAddress)}, in the middle of a page`);

  const fileAlignment = Math.max(header.fileAlignment, LEAST_FILE_ALIGNMENT);
  if (!isPowerOfTwo(fileAlignment) || fileAlignment > MOST_FILE_ALIGNMENT)
    return no(`FileAlignment ${hex(header.fileAlignment)} is no power of two from 0x200 to 0x10000`);
  if (fileAlignment > PAGE_SIZE) return no(`FileAlignment ${hex(fileAlignment)} would exceed SectionAlignment`);
  const sizeOfHeaders = roundUp(header.sizeOfHeaders, fileAlignment);

  let expectedRva = roundUp(sizeOfHeaders, PAGE_SIZE);
  for (const section of sections) {
    if (section.virtualAddress !== expectedRva)
      return no(
        `section ${section.name} begins at rva ${hex(section.virtualAddress)}; the loader expects ${hex(expectedRva)} there`,
      );
    if (sizeInMemory(section) === 0) return no(`section ${section.name} is empty`);
    expectedRva += roundUp(sizeInMemory(section), PAGE_SIZE);
    if (section.sizeOfRawData === 0 || section.pointerToRawData === 0) continue;
    if (section.pointerToRawData % fileAlignment !== 0)
      return no(
        `the raw data of section ${section.name} begins at offset ${hex(section.pointerToRawData)}, no multiple of FileAlignment ${hex(fileAlignment)}`,
      );
    if (section.pointerToRawData < sizeOfHeaders)
      return no(`the headers would reach into the raw data of section ${section.name}`);
  }
  const { addressOfEntryPoint: entry } = header;
  const entered = entry === 0 ? null : image.addressSpace.sectionAt(entry);
  if (entry !== 0 && (entered === null || !isExecutable(entered)))
    return no(
      `the entry point, rva ${hex(entry)}, lies in ${entered === null ? 'the headers, which have' : `section ${entered.name}, which has`} no execute access`,
    );
  const isMappedAsFile = isOnePiece(image);
  const hidden = image.sections.find((section) => holdsMore(image, section, isMappedAsFile));
  if (hidden !== undefined)
    return no(
      `section ${hidden.name} is mapped from the file beyond its SizeOfRawData ${hex(hidden.sizeOfRawData)}, which is all that is mapped then`,
    );
  if (roundUp(header.sizeOfImage, PAGE_SIZE) !== expectedRva)
    return no(`SizeOfImage ${hex(header.sizeOfImage)} does not end with the last section, at ${hex(expectedRva)}`);
  return {
    possible: true,
    raised: { sectionAlignment: PAGE_SIZE, fileAlignment, sizeOfHeaders, sizeOfImage: expectedRva },
  };
}

const hasRawData = ({ sizeOfRawData, pointerToRawData }: Section): boolean =>
  sizeOfRawData !== 0 && pointerToRawData !== 0;

/** Memory is the file, and what the headers say of raw data is true of it. */
const isOnePiece = ({ sections }: Image): boolean =>
  sections.every((section) => !hasRawData(section) || section.pointerToRawData === section.virtualAddress);

/** Up to VirtualSize there are bytes of the file that are not 0 and not raw data. */
function holdsMore({ bytes }: Image, section: Section, isMappedAsFile: boolean): boolean {
  const { virtualAddress, virtualSize, sizeOfRawData, pointerToRawData } = section;
  if (hasRawData(section) ? pointerToRawData !== virtualAddress : !isMappedAsFile) return false;
  const end = Math.min(virtualAddress + virtualSize, bytes.length);
  for (let at = virtualAddress + (hasRawData(section) ? sizeOfRawData : 0); at < end; at++)
    if (bytes[at] !== 0) return true;
  return false;
}

const no = (reason: string): RaiseVerdict => ({ possible: false, reason });
const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;
const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));
