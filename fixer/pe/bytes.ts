/** A file's bytes, read with bounds checks. No method throws: outside the file there is `undefined`. */
export class Bytes {
  readonly array: Uint8Array;
  readonly view: DataView;

  constructor(array: Uint8Array) {
    this.array = array;
    this.view = new DataView(array.buffer, array.byteOffset, array.byteLength);
  }

  get length(): number {
    return this.array.byteLength;
  }

  /** The underlying buffer and where this file starts in it, for pe-library's views. */
  get buffer(): ArrayBuffer {
    return this.array.buffer as ArrayBuffer;
  }

  get byteOffset(): number {
    return this.array.byteOffset;
  }

  /** True when `length` bytes from `offset` on are inside the file. */
  has(offset: number, length: number): boolean {
    return offset >= 0 && length >= 0 && offset + length <= this.array.byteLength;
  }

  u16(offset: number): number | undefined {
    return this.has(offset, 2) ? this.view.getUint16(offset, true) : undefined;
  }

  u32(offset: number): number | undefined {
    return this.has(offset, 4) ? this.view.getUint32(offset, true) : undefined;
  }
}

/** An unsigned 64-bit integer as near as a double comes, without a BigInt: tens of thousands are read of one image. */
export const u64 = (view: DataView, offset: number): number =>
  view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
