/** What a variable of the image can hold: its initial value and everything that the code is seen to store there. */
import { hex } from '../pe/hex.js';
import { compute, signExtend, truncate } from './arithmetic.js';
import type { TableEntry } from './atom.js';
import { addChanged, type BitChange, changeOf, MOST_VALUES } from './bit-changes.js';
import { MOST_ENTRIES } from './bounds.js';
import { TOO_MUCH } from './budget.js';
import { storesNear } from './interest.js';
import type { Program } from './program.js';
import type { Results } from './results.js';
import { constant, single, singleConstant, UNKNOWN, type Value } from './value.js';
import type { Visitor } from './visitor.js';

export interface GlobalFacts {
  readonly rva: number;
  /** Constants it can hold, the initial one first. */
  readonly values: readonly number[];
  /** Those that the code is seen to store, as they are. */
  readonly stored: readonly number[];
  /** Instructions that store to it. */
  readonly stores: readonly number[];
  /** Why it may hold something else, or null. */
  readonly open: string | null;
}

export class Globals {
  readonly #program: Program;
  readonly #results: Results;
  readonly #known = new Map<string, GlobalFacts>();

  constructor(program: Program, results: Results) {
    this.#program = program;
    this.#results = results;
  }

  at(rva: number, width: number): GlobalFacts {
    const key = `${rva}:${width}`;
    let facts = this.#known.get(key);
    if (facts === undefined) {
      if (this.#program.budget.isOver) return { rva, values: [], stored: [], stores: [], open: TOO_MUCH };
      facts = this.#find(rva, width);
      this.#known.set(key, facts);
    }
    return facts;
  }

  /** Start of the structure or table that the variable may be part of, where code may write through its address. */
  partOf(rva: number): number | null {
    return this.#program.references.madeBefore(rva);
  }

  /** What a table holds that nobody writes; null where it is not known how long it is. */
  entriesOf({ table, width, signed, shift, plus, stride, most }: TableEntry): number[] | null {
    if (plus !== null || stride < width || most > MOST_ENTRIES) return null;
    const entries = new Set<number>();
    for (let index = 0; index < most; index++) {
      let value = this.#program.memory.load(table + index * stride, width);
      if (signed) value = signExtend(value, width, 4);
      const entry = singleConstant(value);
      if (entry === null) return null;
      entries.add((entry << shift) >>> 0);
    }
    return [...entries];
  }

  #find(rva: number, width: number): GlobalFacts {
    const program = this.#program;
    const values: number[] = [];
    const constants = new Set<number>();
    const stores: number[] = [];
    const changes: BitChange[] = [];
    let open: string | null = null;
    const add = (value: Value | null, where: string): void => {
      if (value?.atoms == null) open ??= where;
      for (const atom of value?.atoms ?? []) {
        const change = changeOf(atom, rva, 0, width);
        if (change !== null) changes.push(change);
        else if (atom.kind !== 'constant') open ??= where;
        else {
          constants.add(atom.value >>> 0);
          if (!values.includes(atom.value >>> 0)) values.push(atom.value >>> 0);
        }
      }
    };
    add(program.memory.initial(rva, width), 'its initial value is an address');
    constants.clear();
    const { references } = program;
    const places = placesOf(rva, width);
    const writes = new Set(places.flatMap((place) => references.writesTo(place)));
    for (const { code, positions } of program.functionsAt([...references.to(places).values()].flat())) {
      // Where the address of the variable is made, or of a structure that it may be a member of, any store may be to it.
      const isMade = references.makesAddress({ begin: rva - 0xfff, end: rva + 1 }, code.ranges);
      const here = positions.filter((position) => writes.has(position));
      if (!isMade && here.length === 0) continue;
      const analysis = program.analysis(code);
      const near = isMade ? null : storesNear(analysis, here);
      if (near?.length === 0) continue;
      const stored: { readonly at: number; readonly value: Value }[] = [];
      const visitor: Visitor = {
        asksOf: (target, storeWidth) => target <= rva && target + storeWidth >= rva + width,
        leak: (target) => {
          if (target === rva) open ??= 'its address is taken';
        },
        store: (at, target, storeWidth, value) => {
          if (target >= rva + width || target + storeWidth <= rva) return;
          stores.push(at);
          const change = changeOf(single(value), target, target - rva, storeWidth);
          const isWhole = target <= rva && target + storeWidth >= rva + width;
          const part = isWhole ? storedAt(value, storeWidth, rva - target, width) : UNKNOWN;
          if (isWhole && (target === rva || part.atoms !== null)) stored.push({ at, value: part });
          else if (change !== null && target >= rva && target + storeWidth <= rva + width) changes.push(change);
          else open ??= `part of it is stored at rva ${hex(at)}`;
        },
      };
      analysis.visit(visitor, near);
      // Not while it is gone over: what is returned to it is sought by going over it once more.
      for (const { at, value } of stored)
        add(this.#results.expand(value), `an unknown value is stored to it at rva ${hex(at)}`);
      if (analysis.gaveUp) open ??= 'a function that uses it could not be followed';
    }
    if (program.pointers.targets.has(rva)) open ??= 'its address is in the image’s data';
    addChanged(values, changes);
    if (values.length > MOST_VALUES) open ??= 'it holds too many values';
    return { rva, values, stored: [...constants], stores: [...new Set(stores)], open };
  }
}

/** Bytes that an instruction starts before a variable which it writes with others: a vector register's, but for its last. */
const WIDEST_BEFORE = 15;

/** Where a store may start that writes a part of the variable. */
export const placesOf = (rva: number, width: number): number[] =>
  Array.from({ length: Math.min(WIDEST_BEFORE, rva) + width }, (_, index) => rva + width - 1 - index);

/** What a store of `storeWidth` bytes writes to a variable that begins `behind` bytes after it. */
function storedAt(value: Value, storeWidth: number, behind: number, width: number): Value {
  if (behind > 0)
    return storeWidth > 8 ? UNKNOWN : truncate(compute('shift-right', value, constant(8 * behind), 8), width);
  return value.atoms?.some(({ kind }) => kind === 'wide') === true ? truncate(value, 4) : value;
}
