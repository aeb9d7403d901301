/** What code stores over the file's own data: then a variable's initial value is not all that it can hold. */
import { plainOrigin } from './atom.js';
import type { CodeFunction } from './code-function.js';
import { placesOf } from './globals.js';
import type { Program } from './program.js';
import { single, UNKNOWN, type Value } from './value.js';
import type { Visitor } from './visitor.js';
import { writtenBy } from './written-by-imports.js';

/** `value` is unknown, too, where the store is at an unknown distance from `begin`. */
export interface Overwriting {
  readonly begin: number;
  readonly end: number;
  readonly value: Value;
}

export class Overwritten {
  /** Places in the code that were looked at: on ARM64 each variable has all those of its page. */
  looked = 0;
  readonly #program: Program;
  readonly #stores = new Map<number, readonly Overwriting[]>();
  /** By the place that was asked about. */
  readonly #known = new Map<number, readonly Overwriting[]>();

  constructor(program: Program) {
    this.#program = program;
  }

  /** Stores to some of the `length` bytes at `rva`, as far as the code of a function that names them shows the address. */
  of(rva: number, length: number): readonly Overwriting[] {
    if (!this.isWritable(rva)) return [];
    let known = this.#known.get(rva);
    if (known === undefined) {
      known = this.#find(rva, length);
      this.#known.set(rva, known);
    }
    return known;
  }

  /** Asked of the memory, which keeps a list of the sections of which that mattered. */
  isWritable(rva: number): boolean {
    return plainOrigin(single(this.#program.memory.load(rva, 1)))?.kind === 'global';
  }

  #find(rva: number, length: number): readonly Overwriting[] {
    const { references } = this.#program;
    const places = placesOf(rva, length);
    const range = { begin: places.at(-1) ?? rva, end: rva + length };
    const found: Overwriting[] = [];
    const { namesExactly } = this.#program;
    // On ARM64 whatever names the page may: to ask for each byte goes over the same again.
    const all = namesExactly ? [...references.to(places).values()].flat() : references.writesNear([range]);
    this.looked += all.length;
    const writes = new Set(namesExactly ? places.flatMap((place) => references.writesTo(place)) : all);
    for (const { code, positions } of this.#program.functionsAt(all)) {
      // By its own address, or through a register.
      const isMade = references.makesAddress(range, code.ranges);
      if (!isMade && !positions.some((each) => writes.has(each))) continue;
      for (const store of this.#storesOf(code)) if (store.begin < rva + length && store.end > rva) found.push(store);
    }
    return found;
  }

  /** All of the function's to memory of the image. */
  #storesOf(code: CodeFunction): readonly Overwriting[] {
    const known = this.#stores.get(code.entry);
    if (known !== undefined) return known;
    const stores: Overwriting[] = [];
    const add = (begin: number, width: number, value: Value): void => {
      if (this.isWritable(begin)) stores.push({ begin, end: begin + width, value });
    };
    const visitor: Visitor = {
      // Letters are decoded in loops.
      hearsLoops: true,
      store: (_, target, width, value) => add(target, width, value),
      storeFrom: (_, table, width) => add(table, width, UNKNOWN),
      call: (call) => {
        const written = writtenBy(this.#program, call);
        if (written !== null) add(written.target, written.width, UNKNOWN);
      },
    };
    this.#program.analysis(code).visit(visitor);
    this.#stores.set(code.entry, stores);
    return stores;
  }
}
