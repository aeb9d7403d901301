/** The data directories behind the fixed part of the optional header. Source: PE specification, "Optional Header Data Directories". */
import { Format } from 'pe-library';
import type { Bytes } from './bytes.js';
import type { Anomaly } from './errors.js';
import type { FileHeader, OptionalHeader } from './headers.js';
import { IMAGE_NT_OPTIONAL_HDR64_MAGIC, IMAGE_NUMBEROF_DIRECTORY_ENTRIES } from './winnt.js';

const SIZE_OF_OPTIONAL_HEADER_32 = 96;
const SIZE_OF_OPTIONAL_HEADER_64 = 112;
const SIZE_OF_DATA_DIRECTORY = 8;

/** IMAGE_DATA_DIRECTORY. `virtualAddress` is an rva, but for the certificate table (4), where it is a file offset. */
export interface DataDirectory {
  readonly virtualAddress: number;
  readonly size: number;
}

/** File offset of data directory `index`'s entry. */
export function dataDirectoryOffset(optionalHeader: Pick<OptionalHeader, 'offset' | 'magic'>, index: number): number {
  return optionalHeader.offset + sizeOfFixedPart(optionalHeader.magic) + index * SIZE_OF_DATA_DIRECTORY;
}

/** Bytes of the optional header before its data directories. */
export const sizeOfFixedPart = (magic: number): number =>
  magic === IMAGE_NT_OPTIONAL_HDR64_MAGIC ? SIZE_OF_OPTIONAL_HEADER_64 : SIZE_OF_OPTIONAL_HEADER_32;

/** As many directories as the image has: never more than NumberOfRvaAndSizes, SizeOfOptionalHeader or the file allow. */
export function parseDataDirectories(
  bytes: Bytes,
  fileHeader: FileHeader,
  optionalHeader: OptionalHeader,
  anomalies: Anomaly[],
): DataDirectory[] {
  const start = dataDirectoryOffset(optionalHeader, 0);
  const inHeader = Math.floor(
    (fileHeader.sizeOfOptionalHeader - (start - optionalHeader.offset)) / SIZE_OF_DATA_DIRECTORY,
  );
  const inFile = Math.floor((bytes.length - start) / SIZE_OF_DATA_DIRECTORY);
  const declared = Math.min(optionalHeader.numberOfRvaAndSizes, IMAGE_NUMBEROF_DIRECTORY_ENTRIES);
  const count = Math.min(declared, inHeader, inFile);
  if (count < declared) {
    anomalies.push({
      code: 'data-directories-cut-off',
      path: 'optionalHeader.numberOfRvaAndSizes',
      offset: start - 4,
      message: `NumberOfRvaAndSizes says ${optionalHeader.numberOfRvaAndSizes}, but only ${count} data directories fit into the optional header`,
    });
  }
  const view = directoriesAt(bytes, start, count);
  const directories: DataDirectory[] = [];
  for (let index = 0; index < count; index++) directories.push(view.get(index));
  return directories;
}

/** pe-library's view always spans 16 entries; it gets a padded copy where these 128 bytes run past the file's end. */
function directoriesAt(bytes: Bytes, start: number, count: number) {
  const size = IMAGE_NUMBEROF_DIRECTORY_ENTRIES * SIZE_OF_DATA_DIRECTORY;
  if (bytes.has(start, size)) return Format.ImageDataDirectoryArray.from(bytes.buffer, bytes.byteOffset + start);
  const padded = new Uint8Array(size);
  padded.set(bytes.array.subarray(start, start + count * SIZE_OF_DATA_DIRECTORY));
  return Format.ImageDataDirectoryArray.from(padded.buffer);
}
