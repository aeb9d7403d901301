/**
 * The COFF symbol table that GNU ld and `lld-link /debug:symtab` leave in an image.
 * Source: PE specification, "COFF Symbol Table".
 */
import { Bytes } from './bytes.js';
import { failed, type Parsed, parsed } from './errors.js';
import type { Image } from './image.js';
import { latin1 } from './latin1.js';

const SIZE_OF_SYMBOL = 18;
const LONGEST_NAME = 4096;

export interface CoffSymbols {
  /** File offset of the table, and of its end: the string table's last byte + 1. */
  readonly offset: number;
  readonly end: number;
  /** Symbols that have an address, auxiliary records left out. */
  readonly symbols: readonly CoffSymbol[];
}

export interface CoffSymbol {
  /** Hostile text. */
  readonly name: string;
  readonly rva: number;
  readonly storageClass: number;
  /** 0x20 marks a function. */
  readonly type: number;
}

/** The table, null where PointerToSymbolTable is 0, an error where it runs past the file's end. */
export function parseCoffSymbols(image: Image): Parsed<CoffSymbols | null> {
  const { pointerToSymbolTable: offset, numberOfSymbols, offset: headerOffset } = image.fileHeader;
  if (offset === 0) return parsed(null);
  const bytes = new Bytes(image.bytes);
  const strings = offset + numberOfSymbols * SIZE_OF_SYMBOL;
  if (!bytes.has(offset, numberOfSymbols * SIZE_OF_SYMBOL)) {
    return failed(
      'out-of-range',
      'fileHeader.pointerToSymbolTable',
      headerOffset + 8,
      numberOfSymbols * SIZE_OF_SYMBOL,
      Math.max(0, bytes.length - offset),
      `the COFF symbol table at offset ${offset} runs past the end of the file`,
    );
  }
  const sizeOfStrings = bytes.u32(strings) ?? 0;
  const symbols: CoffSymbol[] = [];
  // Strings that do not overlap fit into the file once; forged symbols that all share one long string get empty names.
  let budget = bytes.length;
  for (let index = 0; index < numberOfSymbols; index++) {
    const at = offset + index * SIZE_OF_SYMBOL;
    const { view } = bytes;
    const section = image.sections[view.getInt16(at + 12, true) - 1];
    const auxiliary = view.getUint8(at + 17);
    if (section !== undefined) {
      const name =
        view.getUint32(at, true) === 0
          ? latin1(bytes.array, strings + view.getUint32(at + 4, true), Math.min(LONGEST_NAME, budget))
          : latin1(bytes.array, at, 8);
      budget -= Math.min(name.length, budget);
      symbols.push({
        name,
        rva: section.virtualAddress + view.getUint32(at + 8, true),
        storageClass: view.getUint8(at + 16),
        type: view.getUint16(at + 14, true),
      });
    }
    index += auxiliary;
  }
  return parsed({ offset, end: Math.min(strings + sizeOfStrings, bytes.length), symbols });
}
