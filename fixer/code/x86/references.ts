/**
 * Which bytes of x86 and x64 code may be the address of what: an index made in one pass over the code, before anything is
 * decoded. Source of the encodings: Intel SDM, volume 2, opcode map and ModR/M tables.
 */
import type { Image } from '../../pe/image.js';
import type { Code } from '../code-ranges.js';
import type { Pointers } from '../pointers.js';
import type { Range } from '../ranges.js';
import type { Reference } from '../references.js';
import { startOfStoredThrough } from './made-address.js';
import { isPlainStore, isStore } from './stores.js';

/** Nearest place that code names, and nearest whose address it makes; null where there is none. */
export interface Named {
  readonly named: number | null;
  readonly made: number | null;
}

/** How far before a variable the structure or table that it is part of may start. */
export const FURTHEST = 0xfff;

/** Bytes that may follow a displacement of 4 bytes inside an instruction: an immediate. */
const AFTER_DISPLACEMENT = [0, 1, 2, 4];

/** ModR/M of an operand without a register: on x64 relative to the instruction pointer. */
const WITHOUT_REGISTER = [0x05, 0x0d, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d];
const CALL = 0xe8;
const JUMP = 0xe9;
/** Before the opcode of a branch, 80 to 8F, and of much else. */
const TWO_BYTES = 0x0f;
const LEA = 0x8d;

export class X86References {
  readonly #code: readonly Code[];
  readonly #isX86: boolean;
  /** Positions of relative addresses by what they lead to if nothing follows them in the instruction. */
  readonly #relative = new Map<number, number[]>();
  /** Positions of absolute ones by what they hold, as an rva. */
  readonly #absolute = new Map<number, number[]>();
  /** Of both those whose instruction does not read, write or call what is there, but takes the address; in order of position. */
  readonly #made: Reference[] = [];

  constructor(image: Image, isX86: boolean, code: readonly Code[], pointers: Pointers) {
    this.#code = code;
    this.#isX86 = isX86;
    const { sizeOfImage } = image.optionalHeader;
    for (const each of code) this.#addRelative(each, sizeOfImage);
    // On x64 an absolute address is an operand of 8 bytes: only relocations tell.
    if (isX86 || pointers.codeTargets.size > 0) for (const each of code) this.#addAbsolute(each, image, pointers);
    this.#made.sort((a, b) => a.position - b.position);
  }

  /** rvas of bytes that may name `target`, in no order. */
  to(target: number): number[] {
    const found = [...(this.#absolute.get(target) ?? [])];
    for (const after of AFTER_DISPLACEMENT) found.push(...(this.#relative.get(target - after) ?? []));
    for (const code of this.#code) addShortJumps(code, target, found);
    return found;
  }

  /** Those of `to` that may be the operand of an instruction that stores. */
  writesTo(target: number): number[] {
    return this.to(target).filter((position) => this.#mayStore(position));
  }

  /** The code in `within` makes an address in [begin, end), to be used through a register. */
  makesAddress({ begin, end }: Range, within: readonly Range[]): boolean {
    const made = this.#made;
    return within.some((range) => {
      for (let index = firstFrom(made, range.begin); index < made.length; index++) {
        const { position, target } = made[index] as { position: number; target: number };
        if (position >= range.end) return false;
        if (target >= begin && target < end) return true;
      }
      return false;
    });
  }

  /** Where an address in one of the ranges is made, to be used through a register. */
  madeInto(ranges: readonly Range[]): number[] {
    return this.#made
      .filter(({ target }) => ranges.some(({ begin, end }) => target >= begin && target < end))
      .map(({ position }) => position);
  }

  /** rvas of the instructions that make an address in one of the ranges and through which code near may store. */
  storedThroughInto(ranges: readonly Range[]): number[] {
    return this.madeInto(ranges).flatMap((position) => {
      const code = this.#codeAt(position);
      const start = code === null ? 0 : startOfStoredThrough(code.bytes, position - code.rva, this.#isX86);
      return start === 0 ? [] : [position - start];
    });
  }

  /** Of `target` itself only its being made counts: that code names the variable is known. */
  namedBefore(target: number): Named {
    let made: number | null = null;
    for (const each of this.#made)
      if (each.target <= target && each.target >= target - FURTHEST && each.target > (made ?? -1)) made = each.target;
    if (made === target) return { named: made, made };
    const own = new Set(this.to(target));
    const isNamed = (place: number): boolean =>
      [this.#relative, this.#absolute].some((all) => all.get(place)?.some((position) => !own.has(position)) === true);
    let named = target - 1;
    while (named > (made ?? target - FURTHEST) && !isNamed(named)) named--;
    return { named, made };
  }

  /** Calls and jumps, by their displacements. */
  branches(): Reference[] {
    const found: Reference[] = [];
    this.#relative.forEach((positions, target) => {
      for (const position of positions) if (this.#mayBranch(position)) found.push({ position, target });
    });
    return found;
  }

  madeTargets(): number[] {
    return this.#made.map(({ target }) => target);
  }

  /** Those of `to`, for whatever lies in the ranges, that may be the operand of an instruction that stores. */
  writesInto(ranges: readonly Range[]): number[] {
    const found: number[] = [];
    const add = (positions: ReadonlyMap<number, readonly number[]>, reach: number): void => {
      positions.forEach((list, target) => {
        if (!ranges.some(({ begin, end }) => target + reach >= begin && target < end)) return;
        for (const rva of list) if (this.#mayStore(rva)) found.push(rva);
      });
    };
    if (this.#isX86) add(this.#absolute, 0);
    else add(this.#relative, 4);
    return found;
  }

  #addRelative({ rva, bytes, view }: Code, sizeOfImage: number): void {
    const last = bytes.length - 4;
    const add = (at: number): void => {
      if (at > last) return;
      const target = rva + at + 4 + view.getInt32(at, true);
      if (target < 0 || target >= sizeOfImage) return;
      append(this.#relative, target, rva + at);
      if (bytes[at - 2] === LEA && (bytes[at - 1] as number) < 0x40) this.#made.push({ position: rva + at, target });
    };
    // indexOf is a hundred times faster than a loop in a process that has just started.
    for (const opcode of [CALL, JUMP])
      for (let at = bytes.indexOf(opcode); at >= 0; at = bytes.indexOf(opcode, at + 1)) add(at + 1);
    for (let at = bytes.indexOf(TWO_BYTES); at >= 0; at = bytes.indexOf(TWO_BYTES, at + 1))
      if (((bytes[at + 1] ?? 0) & 0xf0) === 0x80) add(at + 2);
    // On x86 the operand without a register is an absolute address.
    if (this.#isX86) return;
    for (const modrm of WITHOUT_REGISTER)
      for (let at = bytes.indexOf(modrm); at >= 0; at = bytes.indexOf(modrm, at + 1)) add(at + 1);
  }

  /** What the loader relocates; of an image without relocations whatever looks like an address. */
  #addAbsolute({ rva, bytes, view }: Code, image: Image, { fields }: Pointers): void {
    // The low 32 bits: of an address of 8 bytes that the loader relocates they are enough.
    const imageBase = Number(image.optionalHeader.imageBase) % 2 ** 32;
    const { sizeOfImage } = image.optionalHeader;
    const add = (at: number): void => {
      const target = (view.getUint32(at, true) - imageBase) >>> 0;
      if (target >= sizeOfImage) return;
      append(this.#absolute, target, rva + at);
      if (!isOperand(bytes, at)) this.#made.push({ position: rva + at, target });
    };
    const end = view.byteLength - 4;
    if (this.#isX86 && fields.size === 0) for (let at = 0; at <= end; at++) add(at);
    else
      fields.forEach((field) => {
        if (field >= rva && field - rva <= end) add(field - rva);
      });
  }

  #mayStore(position: number): boolean {
    const code = this.#codeAt(position);
    return code !== null && mayStore(code.bytes, position - code.rva, this.#isX86);
  }

  #mayBranch(position: number): boolean {
    const code = this.#codeAt(position);
    if (code === null) return false;
    const at = position - code.rva;
    const opcode = code.bytes[at - 1] ?? 0;
    return opcode === CALL || opcode === JUMP || (code.bytes[at - 2] === TWO_BYTES && (opcode & 0xf0) === 0x80);
  }

  #codeAt(position: number): Code | null {
    for (let index = 0; index < this.#code.length; index++) {
      const code = this.#code[index] as Code;
      if (position >= code.rva && position < code.rva + code.bytes.length) return code;
    }
    return null;
  }
}

/** Index of the first at `position` or behind it. */
function firstFrom(made: readonly { readonly position: number }[], position: number): number {
  let low = 0;
  let high = made.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((made[middle] as { position: number }).position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function append(map: Map<number, number[]>, target: number, position: number): void {
  const known = map.get(target);
  if (known === undefined) map.set(target, [position]);
  else known.push(position);
}

/** The 4 bytes at `at` are the address of memory that the instruction reads, writes or calls through. */
function isOperand(bytes: Uint8Array, at: number): boolean {
  const before = bytes[at - 1] as number;
  if ((before & 0xfc) === 0xa0) return true;
  return (before & 0xc7) === 0x05 && bytes[at - 2] !== LEA;
}

/** EB and 70 to 7F: the displacement is one byte. */
function addShortJumps({ rva, bytes }: Code, target: number, found: number[]): void {
  const end = Math.min(bytes.length - 2, target - rva + 126);
  for (let at = Math.max(0, target - rva - 129); at <= end; at++) {
    const opcode = bytes[at] as number;
    if (opcode !== 0xeb && (opcode & 0xf0) !== 0x70) continue;
    if (rva + at + 2 + (((bytes[at + 1] as number) << 24) >> 24) === target) found.push(rva + at);
  }
}

/** The 4 bytes at `at` may be the address of an instruction that stores: on x64 no register but the instruction pointer. */
function mayStore(bytes: Uint8Array, at: number, isX86: boolean): boolean {
  const modrm = bytes[at - 1] as number;
  if (isX86 && (modrm === 0xa2 || modrm === 0xa3)) return true;
  if ((modrm & 0xc7) === 0x05 && isStore(bytes, at - 2)) return true;
  if (!isX86) return false;
  // With an index, in ModRM or in the byte behind it.
  return (
    (modrm >> 6 === 2 && isPlainStore(bytes, at - 2)) ||
    (((bytes[at - 2] as number) & 0xc7) === 4 && isPlainStore(bytes, at - 3))
  );
}
