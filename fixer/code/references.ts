/** Where the code names an rva: found in the bytes, before anything is decoded. May find too much, never too little. */
import type { Image } from '../pe/image.js';
import type { CodeMachine } from './convention.js';
import { codeRanges } from './functions.js';

/** rvas of the bytes that refer to each target. */
export type References = ReadonlyMap<number, readonly number[]>;

interface Code {
  readonly rva: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Bytes that may follow a displacement of 4 bytes inside an instruction: an immediate. */
const AFTER_DISPLACEMENT = [0, 1, 2, 4];
const FILTER_BITS = 0xffff;

export class ReferenceScanner {
  readonly #code: readonly Code[];
  readonly #machine: CodeMachine;
  readonly #imageBase: number;

  constructor(image: Image, machine: CodeMachine) {
    this.#machine = machine;
    this.#imageBase = Number(image.optionalHeader.imageBase);
    this.#code = codeRanges(image).flatMap(({ begin, end }) => {
      const bytes = image.readRva(begin, end - begin);
      if (!bytes.ok) return [];
      const view = new DataView(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
      return [{ rva: begin, bytes: bytes.value, view }];
    });
  }

  /** On ARM64 a page's every use refers to all targets on it. */
  to(targets: Iterable<number>): References {
    const found = new Map<number, number[]>();
    for (const target of targets) found.set(target, []);
    if (found.size === 0) return found;
    for (const code of this.#code) {
      if (this.#machine === 'arm64') scanArm64(code, found);
      else this.#scanX86(code, found);
    }
    return found;
  }

  /** Places that may be stores into one of the ranges; the instruction itself tells. */
  writesNear(ranges: readonly { readonly begin: number; readonly end: number }[]): number[] {
    const inside = (rva: number): boolean => ranges.some(({ begin, end }) => rva >= begin && rva < end);
    const found: number[] = [];
    for (const { rva, bytes, view } of this.#code) {
      if (this.#machine === 'arm64') {
        for (let at = 0; at + 4 <= bytes.length; at += 4) {
          const word = view.getUint32(at, true);
          if ((word & 0x9f000000) >>> 0 !== 0x90000000) continue;
          const immediate = ((((word >>> 5) & 0x7ffff) << 13) >> 11) | ((word >>> 29) & 3);
          const page = (Math.floor((rva + at) / 0x1000) + immediate) * 0x1000;
          if (ranges.some(({ begin, end }) => page < end && page + 0x1000 > begin)) found.push(rva + at);
        }
        continue;
      }
      for (let at = 2; at + 4 <= bytes.length; at++) {
        if (!mayStore(bytes, at, this.#machine === 'x86')) continue;
        const raw = view.getInt32(at, true);
        const isHit =
          this.#machine === 'x86'
            ? inside((raw >>> 0) - this.#imageBase)
            : AFTER_DISPLACEMENT.some((after) => inside(rva + at + 4 + raw + after));
        if (isHit) found.push(rva + at);
      }
    }
    return found;
  }

  #scanX86({ rva, view }: Code, found: Map<number, number[]>): void {
    const isX86 = this.#machine === 'x86';
    const filter = new Uint8Array(FILTER_BITS + 1);
    const absolute = new Uint8Array(FILTER_BITS + 1);
    for (const target of found.keys()) {
      for (const after of AFTER_DISPLACEMENT) filter[(target - after) & FILTER_BITS] = 1;
      if (isX86) absolute[(target + this.#imageBase) & FILTER_BITS] = 1;
    }
    const last = view.byteLength - 4;
    for (let at = 0; at <= last; at++) {
      const raw = view.getInt32(at, true);
      const end = rva + at + 4 + raw;
      if (filter[end & FILTER_BITS] === 1) {
        for (const after of AFTER_DISPLACEMENT) found.get(end + after)?.push(rva + at);
      }
      // A short jump, conditional or not: the displacement is one byte.
      const opcode = raw & 0xff;
      if (opcode === 0xeb || (opcode & 0xf0) === 0x70) {
        const target = rva + at + 2 + ((raw << 16) >> 24);
        if (filter[target & FILTER_BITS] === 1) found.get(target)?.push(rva + at);
      }
      if (isX86 && absolute[raw & FILTER_BITS] === 1) found.get((raw >>> 0) - this.#imageBase)?.push(rva + at);
    }
  }
}

/** Instructions behind an ADRP that are looked at for the one that completes the address. */
const NEAR = 64;

/**
 * False where what follows an ADRP completes its page to other addresses only. A register that survives calls may be
 * used much later, and a page that nothing near completes may be anything.
 */
function mayReach(view: DataView, at: number, target: number): boolean {
  const register = view.getUint32(at, true) & 31;
  if (register >= 19 && register <= 28) return true;
  let isUsed = false;
  for (let next = at + 4; next + 4 <= view.byteLength && next <= at + NEAR * 4; next += 4) {
    const word = view.getUint32(next, true);
    if (((word >>> 5) & 31) !== register) continue;
    const immediate = (word >>> 10) & 0xfff;
    const isAdd = (word & 0x7fc00000) === 0x11000000;
    // Loads and stores with an unsigned offset, which counts in units of the access.
    const isAccess = (word & 0x3b000000) === 0x39000000;
    if (!isAdd && !isAccess) continue;
    isUsed = true;
    // What is added may be the start of a structure or table that the target lies in.
    const low = target & 0xfff;
    if (isAdd ? immediate <= low : immediate * 2 ** (word >>> 30) === low) return true;
  }
  return !isUsed;
}

/** BL and B to the target; ADRP of the target's page; ADR. */
function scanArm64({ rva, view }: Code, found: Map<number, number[]>): void {
  const pages = new Map<number, number[]>();
  for (const target of found.keys()) {
    const page = Math.floor(target / 0x1000);
    const list = pages.get(page);
    if (list === undefined) pages.set(page, [target]);
    else list.push(target);
  }
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    const pc = rva + at;
    if ((word & 0x7c000000) === 0x14000000) found.get(pc + ((word << 6) >> 4))?.push(pc);
    else if ((word & 0x1f000000) === 0x10000000) {
      const immediate = ((((word >>> 5) & 0x7ffff) << 13) >> 11) | ((word >>> 29) & 3);
      if (word >>> 31 === 0) found.get(pc + immediate)?.push(pc);
      else
        for (const target of pages.get(Math.floor(pc / 0x1000) + immediate) ?? [])
          if (mayReach(view, at, target)) found.get(target)?.push(pc);
    }
  }
}

/** Opcodes that write to their ModRM operand (Intel SDM, volume 2, opcode map), and the immediate groups. */
const STORES: ReadonlySet<number> = new Set([
  0x00, 0x01, 0x08, 0x09, 0x10, 0x11, 0x18, 0x19, 0x20, 0x21, 0x28, 0x29, 0x30, 0x31, 0x80, 0x81, 0x83, 0x86, 0x87,
  0x88, 0x89, 0x8f, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7, 0xfe,
]);

/** The 4 bytes at `at` may be the address of an instruction that stores: no register but the instruction pointer. */
function mayStore(bytes: Uint8Array, at: number, isX86: boolean): boolean {
  const modrm = bytes[at - 1] as number;
  if (isX86 && (modrm === 0xa2 || modrm === 0xa3)) return true;
  if ((modrm & 0xc7) !== 0x05) return false;
  const opcode = bytes[at - 2] as number;
  // FF /0 and /1 are INC and DEC, the others calls, jumps and PUSH.
  if (opcode === 0xff) return (modrm & 0x30) === 0;
  return STORES.has(opcode) || bytes[at - 3] === 0x0f;
}
