/** From section:offset, the addresses of a PDB, to rvas: the section header stream repeats the image's headers. */
import { failed, type Parsed, parsed } from '../errors.js';
import { u32 } from './little-endian.js';
import type { MsfStream } from './msf.js';

/** sizeof(IMAGE_SECTION_HEADER) */
const sectionHeaderSize = 40;

export interface PdbSections {
  readonly length: number;
  /**
   * @param section counts from 1, as CodeView does
   * @returns null for section 0 (absolute symbols), an unknown section, and an offset past the section's end
   */
  toRva(section: number, offset: number): number | null;
  /** True for a section of this place and these sizes. */
  is(section: number, virtualAddress: number, virtualSize: number, sizeOfRawData: number): boolean;
  /** The start of the section that holds `rva`, or null outside every section. */
  startAround(rva: number): number | null;
}

export function parsePdbSections(stream: MsfStream): Parsed<PdbSections> {
  const { bytes } = stream;
  const length = bytes.length / sectionHeaderSize;
  if (!Number.isInteger(length) || length > 0xffff) {
    const message = `the PDB's section header stream has ${bytes.length} bytes, no multiple of ${sectionHeaderSize}`;
    return failed('malformed', 'dbi.sectionHeaders', stream.fileOffset(0), sectionHeaderSize, bytes.length, message);
  }
  const starts = Uint32Array.from({ length }, (_, i) => u32(bytes, sectionHeaderSize * i + 12));
  // VirtualSize may be 0 in old images; the loader then takes SizeOfRawData.
  const sizes = Uint32Array.from({ length }, (_, i) => {
    return u32(bytes, sectionHeaderSize * i + 8) || u32(bytes, sectionHeaderSize * i + 16);
  });
  return parsed({
    length,
    toRva(section, offset) {
      const start = starts[section - 1];
      return start === undefined || offset > (sizes[section - 1] ?? 0) ? null : start + offset;
    },
    is(section, virtualAddress, virtualSize, sizeOfRawData) {
      const at = sectionHeaderSize * (section - 1);
      const is = (offset: number, value: number): boolean => u32(bytes, at + offset) === value;
      return is(8, virtualSize) && is(12, virtualAddress) && is(16, sizeOfRawData);
    },
    startAround(rva) {
      return starts.find((start, i) => rva >= start && rva < start + (sizes[i] ?? 0)) ?? null;
    },
  });
}
