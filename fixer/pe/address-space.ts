/** The image as the loader lays it out: which section an rva falls into, and the file's bytes behind an rva. */

import type { Bytes } from './bytes.js';
import { failed, type Parsed, parsed } from './errors.js';
import { hex } from './hex.js';
import type { Section } from './sections.js';

/** Bytes inside a larger view. */
export interface Located {
  readonly view: DataView;
  readonly at: number;
}

export class AddressSpace {
  readonly #bytes: Bytes;
  readonly #sizeOfHeaders: number;
  /** By rva, then by table order: a table need not be sorted. */
  readonly #byRva: readonly Section[];
  #hasReadHeaders = false;
  #longestRead = 0;

  constructor(bytes: Bytes, sizeOfHeaders: number, sections: readonly Section[]) {
    this.#bytes = bytes;
    this.#sizeOfHeaders = Math.min(sizeOfHeaders, bytes.length);
    this.#byRva = [...sections].sort((a, b) => a.virtualAddress - b.virtualAddress || a.index - b.index);
  }

  /** True once somebody looked for bytes that lie outside all sections: what they held may have been the headers. */
  get hasReadHeaders(): boolean {
    return this.#hasReadHeaders;
  }

  /** Bytes of the longest stretch that was asked for; what is longer than the file is refused. */
  get longestRead(): number {
    return this.#longestRead;
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

  /** File offset of the byte at `rva`, or null where memory holds no byte of the file. */
  offsetOf(rva: number): number | null {
    const section = this.sectionAt(rva);
    if (section !== null) {
      const delta = rva - section.virtualAddress;
      return delta < section.rawSize ? section.rawOffset + delta : null;
    }
    this.#hasReadHeaders = true;
    return rva >= 0 && rva < this.#sizeOfHeaders ? rva : null;
  }

  /**
   * `length` bytes of memory at `rva`: a view into the file where they lie in one piece, else a copy in which memory
   * without a byte in the file reads as 0. An error where any of it lies outside the image, or where more is asked for
   * than the whole file holds. `path` names the field that asks.
   */
  read(rva: number, length: number, path: string): Parsed<Uint8Array> {
    const start = this.#offsetOfPiece(rva, length);
    if (start >= 0) return parsed(this.#bytes.array.subarray(start, start + length));
    return this.#gather(rva, length, path);
  }

  /** As `read`, for fields: a view and where in it they begin. Of bytes in one piece it makes no view of its own. */
  locate(rva: number, length: number, path: string): Parsed<Located> {
    const start = this.#offsetOfPiece(rva, length);
    if (start >= 0) return parsed({ view: this.#bytes.view, at: start });
    const copy = this.#gather(rva, length, path);
    return copy.ok ? parsed({ view: new DataView(copy.value.buffer), at: 0 }) : copy;
  }

  /** File offset of `length` bytes at `rva` that lie in the file in one piece; -1 where they do not. */
  #offsetOfPiece(rva: number, length: number): number {
    if (length > this.#longestRead) this.#longestRead = length;
    const section = this.sectionAt(rva);
    if (section === null) {
      this.#hasReadHeaders = true;
      return rva >= 0 && rva < this.#sizeOfHeaders && length <= this.#sizeOfHeaders - rva ? rva : -1;
    }
    const delta = rva - section.virtualAddress;
    // Raw data beyond the section's memory is not mapped: what lies there in memory is another section, or a hole.
    const inOnePiece = Math.min(section.rawSize, section.extent) - delta;
    return delta < section.rawSize && length <= inOnePiece ? section.rawOffset + delta : -1;
  }

  #gather(rva: number, length: number, path: string): Parsed<Uint8Array> {
    if (length > this.#bytes.length) {
      return failed(
        'out-of-range',
        path,
        this.offsetOf(rva) ?? 0,
        length,
        this.#bytes.length,
        `${path} asks for ${length} bytes at rva ${hex(rva)}, more than the file has`,
      );
    }
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
