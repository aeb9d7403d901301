/** What a load from the image gives: a constant from memory that nobody writes, or where it comes from. */
import type { Image } from '../pe/image.js';
import { isExecutable, isWritable } from '../pe/sections.js';
import { cookieSlot } from './guard.js';
import { globalOrigin, importOrigin } from './origin.js';
import { constant, fromOrigin, imageAddress, singleConstant, UNKNOWN, type Value } from './value.js';

/** What linkers give the cookie (DEFAULT_SECURITY_COOKIE), by the bytes of a pointer. */
const DEFAULT_COOKIES: Readonly<Record<4 | 8, number>> = { 4: 0xbb40e64e, 8: 0x2b992ddfa232 };

export class ImageMemory {
  readonly #image: Image;
  readonly #slots: ReadonlySet<number>;
  readonly #imageBase: number;
  /** The same value for the same load: then states that meet need not compare it. */
  readonly #known = new Map<number, Value>();
  readonly #asked = new Set<number>();
  #cookie: number | null | undefined;
  /** The section that was asked about last. */
  #last = { begin: 0, end: 0, isCode: false };

  /** @param slots rvas of all import address table slots, which the loader writes */
  constructor(image: Image, slots: ReadonlySet<number>) {
    this.#image = image;
    this.#slots = slots;
    this.#imageBase = Number(image.optionalHeader.imageBase);
  }

  /** Indexes of the sections of which it mattered whether they can be written. */
  get askedFor(): ReadonlySet<number> {
    return this.#asked;
  }

  /** The variable that /GS makes the cookie of a frame of: named by the load configuration, or known by its value. */
  isCookie(rva: number): boolean {
    if (this.#cookie === undefined) this.#cookie = cookieSlot(this.#image);
    if (this.#cookie !== null) return rva === this.#cookie;
    const width = this.#image.isPE32Plus ? 8 : 4;
    return singleConstant(this.initial(rva, width) ?? UNKNOWN) === DEFAULT_COOKIES[width];
  }

  isCode(rva: number): boolean {
    const { begin, end, isCode } = this.#last;
    if (rva >= begin && rva < end) return isCode;
    const section = this.#image.addressSpace.sectionAt(rva);
    if (section === null) return false;
    const { virtualAddress, extent } = section;
    this.#last = { begin: virtualAddress, end: virtualAddress + extent, isCode: isExecutable(section) };
    return this.#last.isCode;
  }

  load(rva: number, width: number): Value {
    const key = rva * 64 + (width & 63);
    let value = this.#known.get(key);
    if (value === undefined) {
      value = this.#read(rva, width);
      this.#known.set(key, value);
    }
    return value;
  }

  #read(rva: number, width: number): Value {
    if (this.#slots.has(rva)) return fromOrigin(importOrigin(rva));
    const section = this.#image.addressSpace.sectionAt(rva);
    if (section === null) return UNKNOWN;
    this.#asked.add(section.index);
    if (isWritable(section)) return fromOrigin(globalOrigin(rva, width));
    return this.initial(rva, width) ?? UNKNOWN;
  }

  /** What the file holds there; null where that is no memory of the image. */
  initial(rva: number, width: number): Value | null {
    const bytes = this.#image.readRva(rva, width);
    if (!bytes.ok || width > 8) return null;
    const view = new DataView(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
    if (width === 8) return this.#pointerOr(Number(view.getBigInt64(0, true)));
    if (width === 4) {
      const value = view.getUint32(0, true);
      return this.#image.isPE32Plus ? constant(value) : this.#pointerOr(value);
    }
    return constant(width === 2 ? view.getUint16(0, true) : view.getUint8(0));
  }

  /** A pointer into the image is an address that moves with it. */
  #pointerOr(value: number): Value {
    const rva = value - this.#imageBase;
    const isPointer = value >= 0x10000 && rva >= 0 && rva < this.#image.optionalHeader.sizeOfImage;
    return isPointer ? imageAddress(rva) : constant(value);
  }
}
