/** Sorted rvas with a number attached to each, for binary search: what every table of debug information comes down to. */

export interface RvaIndex {
  readonly length: number;
  rva(index: number): number;
  payload(index: number): number;
  /** The index of the greatest rva that is not above `rva`, or -1. */
  floor(rva: number): number;
}

/** Collects entries in any order. Of entries with the same rva, the first or the last one added stays, as `keep` says. */
export class RvaIndexBuilder {
  readonly #rvas: number[] = [];
  readonly #payloads: number[] = [];
  #sorted = true;

  add(rva: number, payload: number): void {
    this.#sorted &&= rva >= (this.#rvas.at(-1) ?? 0);
    this.#rvas.push(rva);
    this.#payloads.push(payload);
  }

  build(keep: 'first' | 'last'): RvaIndex {
    const added = this.#rvas;
    const order = Uint32Array.from(added.keys());
    if (!this.#sorted) {
      // The second key keeps the order of addition, which decides between equals.
      order.sort((a, b) => (added[a] ?? 0) - (added[b] ?? 0) || a - b);
    }
    const rvas = new Float64Array(order.length);
    const payloads = new Float64Array(order.length);
    let length = 0;
    for (const entry of order) {
      const rva = added[entry] ?? 0;
      const repeats = length > 0 && rvas[length - 1] === rva;
      if (repeats && keep === 'first') {
        continue;
      }
      length -= repeats ? 1 : 0;
      rvas[length] = rva;
      payloads[length] = this.#payloads[entry] ?? 0;
      length++;
    }
    return new SortedRvas(rvas, payloads, length);
  }
}

class SortedRvas implements RvaIndex {
  readonly #rvas: Float64Array;
  readonly #payloads: Float64Array;
  readonly length: number;

  constructor(rvas: Float64Array, payloads: Float64Array, length: number) {
    this.#rvas = rvas;
    this.#payloads = payloads;
    this.length = length;
  }

  rva(index: number): number {
    return this.#rvas[index] ?? 0;
  }

  payload(index: number): number {
    return this.#payloads[index] ?? 0;
  }

  floor(rva: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.rva(middle) <= rva) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
