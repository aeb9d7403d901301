/** Shared memory that images are read into, for workers to look into. */
import { ImageBuffer, roomFor } from '../files/read.js';

/** Bytes; nearly all drivers are smaller. A larger image keeps who examines it busy for a while. */
export const LARGE = 2 * 2 ** 20;

/**
 * Memory for large images, used again and again by all: each place would keep as much as its largest image took, and
 * what is let go of is late to be freed, as V8's collector does not count shared memory.
 */
export class LargeMemories {
  readonly #free: SharedArrayBuffer[] = [];

  /** At least `length` bytes. */
  take(length: number): SharedArrayBuffer {
    const index = this.#free.findIndex(({ byteLength }) => byteLength >= length);
    if (index >= 0) return this.#free.splice(index, 1)[0] as SharedArrayBuffer;
    this.#free.pop();
    return new SharedArrayBuffer(roomFor(length));
  }

  give(memory: SharedArrayBuffer): void {
    this.#free.push(memory);
  }
}

export class SharedImageBuffer extends ImageBuffer {
  #small = new SharedArrayBuffer(0);
  #large: SharedArrayBuffer | null = null;
  readonly #memories: LargeMemories;

  constructor(memories: LargeMemories) {
    super();
    this.#memories = memories;
  }

  override reserve(length: number): Uint8Array {
    this.done();
    if (length > LARGE) {
      this.#large = this.#memories.take(length);
      return new Uint8Array(this.#large);
    }
    if (this.#small.byteLength < length) this.#small = new SharedArrayBuffer(roomFor(length));
    return new Uint8Array(this.#small);
  }

  /** Nobody looks at the image any more. */
  done(): void {
    if (this.#large !== null) this.#memories.give(this.#large);
    this.#large = null;
  }
}
