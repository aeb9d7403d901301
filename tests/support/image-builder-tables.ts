/** Tables that live in sections: imports, base relocations, .pdata, load config. Layouts from the PE specification. */
import { latin1 } from './image-builder.js';

export interface Library {
  readonly name: string;
  /** A number imports by ordinal. */
  readonly functions: readonly (string | number)[];
}

export interface ImportTables {
  /** Descriptors, lookup tables, hints and names. */
  readonly descriptors: Uint8Array;
  /** Size for data directory 1: the descriptors alone, with the empty one. */
  readonly descriptorsSize: number;
  /** The import address table as the linker leaves it: a copy of the lookup tables. */
  readonly iat: Uint8Array;
}

/** Import tables with the descriptors at rva `at` and the import address table at `iatAt`. */
export function importTables(
  libraries: readonly Library[],
  at: number,
  iatAt: number,
  width: 4 | 8,
  options: { readonly withoutLookup?: boolean } = {},
): ImportTables {
  const descriptorsSize = (libraries.length + 1) * 20;
  const thunks = libraries.reduce((sum, { functions }) => sum + functions.length + 1, 0);
  const lookupSize = thunks * width;
  const names: number[] = [];
  const namesAt = at + descriptorsSize + lookupSize;
  const intern = (text: string): number => {
    const rva = namesAt + names.length;
    names.push(...latin1(text), 0);
    if (names.length % 2 === 1) names.push(0);
    return rva;
  };
  const head = new DataView(new ArrayBuffer(descriptorsSize));
  const lookup = new DataView(new ArrayBuffer(lookupSize));
  let thunk = 0;
  libraries.forEach(({ name, functions }, index) => {
    if (options.withoutLookup !== true) head.setUint32(index * 20, at + descriptorsSize + thunk * width, true);
    head.setUint32(index * 20 + 12, intern(name), true);
    head.setUint32(index * 20 + 16, iatAt + thunk * width, true);
    for (const entry of functions) {
      if (typeof entry === 'number') {
        lookup.setUint32(thunk * width, width === 8 ? entry : (entry | 0x80000000) >>> 0, true);
        if (width === 8) lookup.setUint32(thunk * width + 4, 0x80000000, true);
      } else lookup.setUint32(thunk * width, intern(`\0\0${entry}`), true);
      thunk++;
    }
    thunk++;
  });
  const iat = new Uint8Array(lookup.buffer);
  return { descriptors: concat(new Uint8Array(head.buffer), iat, Uint8Array.from(names)), descriptorsSize, iat };
}

/** One relocation block: an rva and [type, offset] pairs, or raw slots. `padded`: to a multiple of four bytes. */
export interface RelocationBlock {
  readonly rva: number;
  readonly entries: readonly (readonly [type: number, offset: number] | number)[];
  /** Default: what the entries take. */
  readonly sizeOfBlock?: number;
}

export function relocationTable(blocks: readonly RelocationBlock[]): Uint8Array {
  return concat(
    ...blocks.map(({ rva, entries, sizeOfBlock }) => {
      const view = new DataView(new ArrayBuffer(8 + Math.ceil(entries.length / 2) * 4));
      view.setUint32(0, rva, true);
      view.setUint32(4, sizeOfBlock ?? view.byteLength, true);
      entries.forEach((entry, index) => {
        view.setUint16(8 + index * 2, typeof entry === 'number' ? entry : (entry[0] << 12) | entry[1], true);
      });
      return new Uint8Array(view.buffer);
    }),
  );
}

/** x64 and ia64: begin, end, unwind information. ARM and ARM64: begin, packed or .xdata word. */
export const runtimeFunctionTable = (...entries: readonly (readonly number[])[]): Uint8Array =>
  words(...entries.flat());

export function words(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => {
    view.setUint32(index * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
