/** The section table. Source: PE specification, "Section Table (Section Headers)". */
import type { Bytes } from './bytes.js';
import { type Anomaly, failed, type Parsed, parsed } from './errors.js';
import type { Headers } from './headers.js';
import { latin1 } from './latin1.js';
import { sectionNameAt } from './section-names.js';
import { IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_READ, IMAGE_SCN_MEM_WRITE, PAGE_SIZE } from './winnt.js';

export const SIZE_OF_SECTION_HEADER = 40;
/** Offset of Characteristics inside IMAGE_SECTION_HEADER. */
export const CHARACTERISTICS_FIELD = 36;
/** The memory manager counts raw data in disk sectors: it rounds PointerToRawData down to them. */
const SECTOR_SIZE = 0x200;

/** IMAGE_SECTION_HEADER. */
export interface Section {
  readonly index: number;
  /** File offset of this header. */
  readonly headerOffset: number;
  /** Name with `/123` resolved through the COFF string table, bytes read as Latin-1. Hostile text. */
  readonly name: string;
  /** The eight bytes of the header as they are: what the loader compares. */
  readonly rawName: string;
  readonly virtualSize: number;
  /** The section's rva. */
  readonly virtualAddress: number;
  readonly sizeOfRawData: number;
  readonly pointerToRawData: number;
  readonly characteristics: number;
  /** Where the loader takes the bytes from: PointerToRawData rounded down to a sector, unless an alignment is low. */
  readonly rawOffset: number;
  /** Bytes at `rawOffset` that are in the file; 0 for a section without raw data. */
  readonly rawSize: number;
  /** Bytes that the section covers in memory, rounded up to whole alignment units. */
  readonly extent: number;
}

export const isExecutable = (section: Section): boolean => (section.characteristics & IMAGE_SCN_MEM_EXECUTE) !== 0;
export const isWritable = (section: Section): boolean => (section.characteristics & IMAGE_SCN_MEM_WRITE) !== 0;
export const isReadable = (section: Section): boolean => (section.characteristics & IMAGE_SCN_MEM_READ) !== 0;
/** W+X: what memory integrity never allows. */
export const isExecuteWrite = (section: Section): boolean => isExecutable(section) && isWritable(section);
/** Named INIT: the loader discards it after DriverEntry, and Windows 10 takes W from it. */
export const isInit = (section: Section): boolean => section.rawName === 'INIT';

/** Bytes that the section asks for in memory: VirtualSize, or SizeOfRawData where that is 0, as the loader reads it. */
export const sizeInMemory = (section: Pick<Section, 'virtualSize' | 'sizeOfRawData'>): number =>
  section.virtualSize || section.sizeOfRawData;

export const characteristicsOffset = (section: Section): number => section.headerOffset + CHARACTERISTICS_FIELD;

/** Reads all section headers; an error when the table or a section's raw data runs past the file's end. */
export function parseSections(bytes: Bytes, headers: Headers, anomalies: Anomaly[]): Parsed<Section[]> {
  const { fileHeader, optionalHeader, sectionTableOffset } = headers;
  const size = fileHeader.numberOfSections * SIZE_OF_SECTION_HEADER;
  if (!bytes.has(sectionTableOffset, size)) {
    return failed(
      'truncated',
      'sections',
      sectionTableOffset,
      size,
      Math.max(0, bytes.length - sectionTableOffset),
      `the file ends inside the section table of ${fileHeader.numberOfSections} sections`,
    );
  }
  if (sectionTableOffset + size > optionalHeader.sizeOfHeaders) {
    anomalies.push({
      code: 'section-table-past-headers',
      path: 'optionalHeader.sizeOfHeaders',
      offset: optionalHeader.offset + 60,
      message: `the section table ends at offset ${sectionTableOffset + size}, SizeOfHeaders is ${optionalHeader.sizeOfHeaders}`,
    });
  }
  // Not pe-library's view: it decodes each name, as text that rules cannot use, and a driver has ten sections.
  const { view } = bytes;
  // Windows refuses whole pages over a FileAlignment that is no sector, and linkers and readers take it by the byte.
  const inSectors = optionalHeader.sectionAlignment >= PAGE_SIZE && optionalHeader.fileAlignment >= SECTOR_SIZE;
  const unit = Math.max(optionalHeader.sectionAlignment, 1);
  const sections: Section[] = [];
  for (let index = 0; index < fileHeader.numberOfSections; index++) {
    const headerOffset = sectionTableOffset + index * SIZE_OF_SECTION_HEADER;
    const rawName = sectionNameAt(bytes, headerOffset);
    const virtualSize = view.getUint32(headerOffset + 8, true);
    const sizeOfRawData = view.getUint32(headerOffset + 16, true);
    const pointerToRawData = view.getUint32(headerOffset + 20, true);
    const hasRaw = pointerToRawData !== 0 && sizeOfRawData !== 0;
    const rawEnd = pointerToRawData + sizeOfRawData;
    if (hasRaw && rawEnd > bytes.length) {
      return failed(
        'truncated',
        `sections[${index}].sizeOfRawData`,
        headerOffset + 16,
        rawEnd,
        bytes.length,
        `the raw data of section ${index} ends at offset ${rawEnd}, the file at ${bytes.length}: the file is cut off, or the header is wrong`,
      );
    }
    const rawOffset = inSectors ? pointerToRawData - (pointerToRawData % SECTOR_SIZE) : pointerToRawData;
    sections.push({
      index,
      headerOffset,
      name: sectionName(bytes, headers, rawName),
      rawName,
      virtualSize,
      virtualAddress: view.getUint32(headerOffset + 12, true),
      sizeOfRawData,
      pointerToRawData,
      characteristics: view.getUint32(headerOffset + CHARACTERISTICS_FIELD, true),
      rawOffset: hasRaw ? rawOffset : 0,
      rawSize: hasRaw ? rawEnd - rawOffset : 0,
      extent: Math.ceil((virtualSize || sizeOfRawData) / unit) * unit,
    });
  }
  return parsed(sections);
}

/** The eight bytes of Name, or the COFF string it points to (`/123`), as GNU ld writes long names. */
function sectionName(bytes: Bytes, headers: Headers, short: string): string {
  if (headers.fileHeader.pointerToSymbolTable === 0 || !/^\/\d{1,7}$/.test(short)) return short;
  const { pointerToSymbolTable, numberOfSymbols } = headers.fileHeader;
  const long = latin1(bytes.array, pointerToSymbolTable + numberOfSymbols * 18 + Number(short.slice(1)), 255);
  return long === '' ? short : long;
}
