/**
 * DOS header, NT headers, data directories: pe-library's typed views over bytes that were bounds-checked here first.
 * Source: PE specification, "MS-DOS Stub", "COFF File Header", "Optional Header".
 */

import { Format } from 'pe-library';
import type { Bytes } from './bytes.js';
import { type DataDirectory, parseDataDirectories, sizeOfFixedPart } from './data-directories.js';
import { type Anomaly, failed, type Parsed, type ParseFailure, parsed } from './errors.js';
import { hex } from './hex.js';
import {
  IMAGE_DOS_SIGNATURE,
  IMAGE_NT_OPTIONAL_HDR32_MAGIC,
  IMAGE_NT_OPTIONAL_HDR64_MAGIC,
  IMAGE_NT_SIGNATURE,
  IMAGE_NUMBEROF_DIRECTORY_ENTRIES,
} from './winnt.js';

const SIZE_OF_DOS_HEADER = 64;
const SIZE_OF_FILE_HEADER = 20;

/** IMAGE_FILE_HEADER, with its file offset. */
export interface FileHeader {
  readonly offset: number;
  readonly machine: number;
  readonly numberOfSections: number;
  readonly timeDateStamp: number;
  readonly pointerToSymbolTable: number;
  readonly numberOfSymbols: number;
  readonly sizeOfOptionalHeader: number;
  readonly characteristics: number;
}

/** The fields of IMAGE_OPTIONAL_HEADER32/64 that mean something for a driver, with its file offset. */
export interface OptionalHeader {
  readonly offset: number;
  /** 0x10B: PE32. 0x20B: PE32+. */
  readonly magic: number;
  readonly addressOfEntryPoint: number;
  /** Exact up to 2^53; beyond that rounded, as a JavaScript number is. */
  readonly imageBase: number;
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly sizeOfImage: number;
  readonly sizeOfHeaders: number;
  readonly checkSum: number;
  readonly subsystem: number;
  readonly dllCharacteristics: number;
  readonly numberOfRvaAndSizes: number;
}

export interface Headers {
  /** e_lfanew: file offset of the PE signature. */
  readonly ntHeadersOffset: number;
  readonly fileHeader: FileHeader;
  readonly optionalHeader: OptionalHeader;
  readonly dataDirectories: readonly DataDirectory[];
  /** Directories that NumberOfRvaAndSizes declares; more than `dataDirectories` has where the header is too short. */
  readonly declaredDirectories: number;
  readonly sectionTableOffset: number;
}

/** Offsets inside IMAGE_OPTIONAL_HEADER that the fixes write to; the same in PE32 and PE32+. */
export const OPTIONAL_HEADER_FIELDS = {
  sectionAlignment: 32,
  fileAlignment: 36,
  sizeOfImage: 56,
  sizeOfHeaders: 60,
  checkSum: 64,
  dllCharacteristics: 70,
} as const;

/** Reads the headers; `not-pe` where there is no PE signature, `truncated` or `malformed` where there is one. */
export function parseHeaders(bytes: Bytes, anomalies: Anomaly[]): Parsed<Headers> {
  const { length } = bytes;
  if (bytes.u16(0) !== IMAGE_DOS_SIGNATURE)
    return notPe(length, length === 0 ? 'the file is empty' : 'it does not start with MZ');
  if (!bytes.has(0, SIZE_OF_DOS_HEADER)) {
    return failed('truncated', 'dosHeader', 0, SIZE_OF_DOS_HEADER, length, 'the file ends inside the DOS header');
  }
  const ntHeadersOffset = Format.ImageDosHeader.from(bytes.buffer, bytes.byteOffset).newHeaderAddress;
  if (!bytes.has(ntHeadersOffset, 4)) {
    return failed(
      'truncated',
      'dosHeader.e_lfanew',
      0x3c,
      ntHeadersOffset + 4,
      length,
      'e_lfanew points outside the file: the file is cut off, or a plain DOS program',
    );
  }
  if (bytes.u32(ntHeadersOffset) !== IMAGE_NT_SIGNATURE)
    return notPe(length, otherSignature(bytes.u16(ntHeadersOffset)), ntHeadersOffset);
  if (ntHeadersOffset % 4 !== 0) {
    const message = `e_lfanew ${hex(ntHeadersOffset)} is not a multiple of 4: Windows refuses such an image as damaged`;
    return failed('malformed', 'dosHeader.e_lfanew', 0x3c, 4, ntHeadersOffset % 4, message);
  }

  const fileHeader = parseFileHeader(bytes, ntHeadersOffset + 4);
  if (!fileHeader.ok) return fileHeader;
  const optionalHeader = parseOptionalHeader(bytes, fileHeader.value);
  if (!optionalHeader.ok) return optionalHeader;
  return parsed({
    ntHeadersOffset,
    fileHeader: fileHeader.value,
    optionalHeader: optionalHeader.value,
    declaredDirectories: Math.min(optionalHeader.value.numberOfRvaAndSizes, IMAGE_NUMBEROF_DIRECTORY_ENTRIES),
    dataDirectories: parseDataDirectories(bytes, fileHeader.value, optionalHeader.value, anomalies),
    sectionTableOffset: optionalHeader.value.offset + fileHeader.value.sizeOfOptionalHeader,
  });
}

function parseFileHeader(bytes: Bytes, offset: number): Parsed<FileHeader> {
  if (!bytes.has(offset, SIZE_OF_FILE_HEADER)) {
    return failed(
      'truncated',
      'fileHeader',
      offset,
      SIZE_OF_FILE_HEADER,
      bytes.length - offset,
      'the file ends inside the file header',
    );
  }
  const view = Format.ImageFileHeader.from(bytes.buffer, bytes.byteOffset + offset);
  return parsed({
    offset,
    machine: view.machine,
    numberOfSections: view.numberOfSections,
    timeDateStamp: view.timeDateStamp,
    pointerToSymbolTable: view.pointerToSymbolTable,
    numberOfSymbols: view.numberOfSymbols,
    sizeOfOptionalHeader: view.sizeOfOptionalHeader,
    characteristics: view.characteristics,
  });
}

function parseOptionalHeader(bytes: Bytes, fileHeader: FileHeader): Parsed<OptionalHeader> {
  const offset = fileHeader.offset + SIZE_OF_FILE_HEADER;
  const magic = bytes.u16(offset);
  if (magic === undefined)
    return failed(
      'truncated',
      'optionalHeader.magic',
      offset,
      2,
      bytes.length - offset,
      'the file ends before the optional header',
    );
  if (magic !== IMAGE_NT_OPTIONAL_HDR32_MAGIC && magic !== IMAGE_NT_OPTIONAL_HDR64_MAGIC) {
    return failed(
      'unsupported',
      'optionalHeader.magic',
      offset,
      2,
      2,
      `optional header magic ${hex(magic)} is neither PE32 (0x10b) nor PE32+ (0x20b)`,
    );
  }
  const size = sizeOfFixedPart(magic);
  if (fileHeader.sizeOfOptionalHeader < size) {
    return failed(
      'malformed',
      'fileHeader.sizeOfOptionalHeader',
      fileHeader.offset + 16,
      size,
      fileHeader.sizeOfOptionalHeader,
      `SizeOfOptionalHeader ${fileHeader.sizeOfOptionalHeader} is smaller than the optional header's ${size} bytes`,
    );
  }
  if (!bytes.has(offset, size))
    return failed(
      'truncated',
      'optionalHeader',
      offset,
      size,
      bytes.length - offset,
      'the file ends inside the optional header',
    );
  const at = bytes.byteOffset + offset;
  const view =
    magic === IMAGE_NT_OPTIONAL_HDR64_MAGIC
      ? Format.ImageOptionalHeader64.from(bytes.buffer, at)
      : Format.ImageOptionalHeader.from(bytes.buffer, at);
  return parsed({
    offset,
    magic,
    addressOfEntryPoint: view.addressOfEntryPoint,
    imageBase: view.imageBase,
    sectionAlignment: view.sectionAlignment,
    fileAlignment: view.fileAlignment,
    sizeOfImage: view.sizeOfImage,
    sizeOfHeaders: view.sizeOfHeaders,
    checkSum: view.checkSum,
    subsystem: view.subsystem,
    dllCharacteristics: view.dllCharacteristics,
    numberOfRvaAndSizes: view.numberOfRvaAndSizes,
  });
}

function notPe(length: number, why: string, offset = 0): ParseFailure {
  return failed('not-pe', 'file', offset, 2, Math.min(length, 2), `not a PE image: ${why}`);
}

function otherSignature(signature: number | undefined): string {
  if (signature === 0x454e) return 'it is a 16-bit NE image';
  if (signature === 0x454c) return 'it is an LE image (a VxD or OS/2 driver)';
  if (signature === 0x584c) return 'it is an LX image';
  return 'there is no PE signature where e_lfanew points';
}
