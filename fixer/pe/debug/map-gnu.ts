/**
 * Maps of GNU ld -Map: input sections with address and size, and under each the global symbols in it. Statics are not
 * in such a map: an rva inside one goes to the global symbol before it, or to none.
 * Source: the binutils manual ("-Map"), and maps of x86_64- and i686-w64-mingw32-ld.
 */
import { type LinkerMap, type MapPiece, type MapSymbol, mapLines } from './map-format.js';

/** A name of 16 columns or on a line of its own, then address and what follows it. */
const placed = /^( \S+)? +0x([0-9a-f]{8,16}) +(\S.*)$/;
/** An output section: a name at the line's start, address and size. */
const outputSection = /^\S+ +0x([0-9a-f]{8,16}) +0x([0-9a-f]{1,16})$/;
/** After the address of an input section: its size and its object file. */
const sizeAndObject = /^0x([0-9a-f]{1,16}) (?!(?:BYTE|SHORT|LONG|QUAD|SQUAD) )\S/;
const imageBaseSymbol = /^_+(?:image_base__|ImageBase) = /;
/** Assignments of the linker script, which name places and not things; a demangled name never has this. */
const assignment = / = |^PROVIDE|^\[!provide\]/;

export const looksLikeGnuMap = (text: string): boolean => /^ {16}0x[0-9a-f]{8,16} /m.test(text);

/** @param imageBase used where the map does not assign `__image_base__` */
export function parseGnuMap(text: string, imageBase: bigint): LinkerMap {
  const symbols: { name: string; address: bigint }[] = [];
  const pieces: { size: number; address: bigint }[] = [];
  const outputs: { size: number; address: bigint }[] = [];
  let base = imageBase;
  for (const line of mapLines(text)) {
    const output = line.startsWith(' ') ? null : outputSection.exec(line);
    if (output !== null)
      outputs.push({ address: BigInt(`0x${output[1]}`), size: Number.parseInt(output[2] ?? '', 16) });
    const [, label, digits, rest = ''] = placed.exec(line) ?? [];
    if (digits === undefined || label?.startsWith(' *')) continue;
    const address = BigInt(`0x${digits}`);
    const size = sizeAndObject.exec(rest)?.[1];
    if (size !== undefined) {
      pieces.push({ address, size: Number.parseInt(size, 16) });
    } else if (imageBaseSymbol.test(rest)) {
      base = address;
    } else if (label === undefined && !rest.startsWith('0x') && !assignment.test(rest)) {
      symbols.push({ name: rest, address });
    }
  }
  // Input sections that were thrown away are listed at address 0, so below the base.
  const rvaOf = ({ size, address }: { size: number; address: bigint }): MapPiece => ({
    size,
    rva: Number(address - base),
  });
  const sections = outputs.map(rvaOf).filter(({ rva }) => rva > 0);
  return {
    format: 'gnu',
    told: { isDated: false, imageBase: base, entryPoint: null, sections, areWhole: true },
    symbols: symbols.map(({ name, address }): MapSymbol => ({ name, rva: Number(address - base) })),
    pieces: pieces.map(rvaOf),
  };
}
