/** The image as the loader lays it out: which section an rva falls into, and the file's bytes behind an rva. */
import type { Bytes } from './bytes.js';
import { failed, type Parsed, parsed } from './errors.js';
import type { Section } from './sections.js';

export class AddressSpace {
  readonly #bytes: Bytes;
  readonly #sizeOfHeaders: number;
  /** By rva, then by table order: a table need not be sorted. */
  readonly #byRva: readonly Section[];

  constructor(bytes: Bytes, sizeOfHeaders: number, sections: readonly Section[]) {
    this.#bytes = bytes;
    this.#sizeOfHeaders = Math.min(sizeOfHeaders, bytes.length);
    this.#byRva = [...sections].sort((a, b) => a.virtualAddress - b.virtualAddress || a.index - b.index);
  }

  /** The section whose memory holds `rva`, or null: the headers, or a hole. */
  sectionAt(rva: number): Section | null {
    let low = 0;
    let high = this.#byRva.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#byRva[middle] as Section).virtualAddress <= rva) low = middle + 1;
      else high = middle;
    }
    const section = this.#byRva[low - 1];
    return section !== undefined && rva < section.virtualAddress + section.extent ? section : null;
  }

  /** Every section that shares a byte with [rva, rva + length), in order of rva. */
  sectionsIn(rva: number, length: number): Section[] {
    return this.#byRva.filter(
      (section) => section.virtualAddress < rva + length && rva < section.virtualAddress + section.extent,
    );
  }

  /** File offset of the byte at `rva`, or null where memory holds no byte of the file. */
  offsetOf(rva: number): number | null {
    const section = this.sectionAt(rva);
    if (section !== null) {
      const delta = rva - section.virtualAddress;
      return delta < section.rawSize ? section.rawOffset + delta : null;
    }
    return rva >= 0 && rva < this.#sizeOfHeaders ? rva : null;
  }

  /**
   * `length` bytes of memory at `rva`: a view into the file where they lie in one piece, else a copy in which memory
   * without a byte in the file reads as 0. An error where any of it lies outside the image, or where more is asked for
   * than the whole file holds. `path` names the field that asks.
   */
  read(rva: number, length: number, path: string): Parsed<Uint8Array> {
    const start = this.offsetOf(rva);
    const section = this.sectionAt(rva);
    // Raw data beyond the section's memory is not mapped: what lies there in memory is another section, or a hole.
    const inOnePiece =
      section === null
        ? this.#sizeOfHeaders - rva
        : Math.min(section.rawSize, section.extent) - (rva - section.virtualAddress);
    if (start !== null && length <= inOnePiece) return parsed(this.#bytes.array.subarray(start, start + length));
    if (length > this.#bytes.length) {
      return failed(
        'out-of-range',
        path,
        start ?? 0,
        length,
        this.#bytes.length,
        `${path} asks for ${length} bytes at rva ${hex(rva)}, more than the file has`,
      );
    }
    return this.#gather(rva, length, path);
  }

  #gather(rva: number, length: number, path: string): Parsed<Uint8Array> {
    const copy = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const at = rva + done;
      const section = this.sectionAt(at);
      const end = section === null ? this.#sizeOfHeaders : section.virtualAddress + section.extent;
      if (end <= at) {
        return failed(
          'out-of-range',
          path,
          this.offsetOf(rva) ?? 0,
          length,
          done,
          `${path}: ${length} bytes at rva ${hex(rva)} leave the image after ${done}`,
        );
      }
      const count = Math.min(end - at, length - done);
      const offset = this.offsetOf(at);
      if (offset !== null) {
        const inFile = section === null ? count : Math.min(count, section.rawSize - (at - section.virtualAddress));
        copy.set(this.#bytes.array.subarray(offset, offset + inFile), done);
      }
      done += count;
    }
    return parsed(copy);
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;
