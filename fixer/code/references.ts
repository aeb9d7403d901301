/** Where the code names an rva: found in the bytes, before anything is decoded. May find too much, never too little. */
import type { Image } from '../pe/image.js';
import { addressImmediate, branchTarget } from './arm64/fields.js';
import { NamedPages } from './arm64/named-pages.js';
import { type Code, codeRanges } from './code-ranges.js';
import type { CodeMachine } from './convention.js';
import type { Pointers } from './pointers.js';
import type { Range } from './ranges.js';
import { FURTHEST, type Named, X86References } from './x86/references.js';

/** rvas of the bytes that refer to each target. */
export type References = ReadonlyMap<number, readonly number[]>;

/** Bytes of an instruction at `position` that lead to `target`. */
export interface Reference {
  readonly position: number;
  readonly target: number;
}

export class ReferenceScanner {
  readonly #code: readonly Code[];
  readonly #machine: CodeMachine;
  readonly #image: Image;
  readonly #pointers: Pointers;
  #index: X86References | null = null;
  #pages: NamedPages | null = null;
  #scans = 0;

  constructor(image: Image, machine: CodeMachine, pointers: Pointers) {
    this.#machine = machine;
    this.#image = image;
    this.#pointers = pointers;
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
    if (this.#machine === 'arm64') {
      for (const target of targets) found.set(target, []);
      if (found.size > 0 && ++this.#scans <= FEW_SCANS) for (const code of this.#code) scanArm64(code, found);
      else if (found.size > 0) this.#lookUp(found);
    } else for (const target of targets) found.set(target, this.#x86.to(target));
    return found;
  }

  /** As `scanArm64` finds them. */
  #lookUp(found: Map<number, number[]>): void {
    this.#pages ??= new NamedPages(this.#code, this.#image.optionalHeader.sizeOfImage);
    for (const [target, places] of found) {
      for (const rva of this.#pages.near(target)) {
        const code = this.#code.find((each) => rva >= each.rva && rva < each.rva + each.view.byteLength) as Code;
        if (names(code, rva - code.rva, target)) places.push(rva);
      }
    }
  }

  /** Places that may be stores into one of the ranges; the instruction itself tells. */
  writesNear(ranges: readonly Range[]): number[] {
    return this.#machine === 'arm64'
      ? this.#code.flatMap((code) => pagesNear(code, ranges))
      : this.#x86.writesInto(ranges);
  }

  /** Where an address in one of the ranges is made, to be used through a register; on ARM64 `writesNear` has them. */
  madeInto(ranges: readonly Range[]): number[] {
    return this.#machine === 'arm64' || ranges.length === 0 ? [] : this.#x86.madeInto(ranges);
  }

  /** rvas of the instructions that make an address in one of the ranges and through which code near may store. */
  storedThroughInto(ranges: readonly Range[]): number[] {
    return this.#machine === 'arm64' || ranges.length === 0 ? [] : this.#x86.storedThroughInto(ranges);
  }

  /** Calls and jumps to anywhere in the image, as far as they are relative. */
  branches(): Reference[] {
    return this.#machine === 'arm64' ? this.#code.flatMap(branchesArm64) : this.#x86.branches();
  }

  /** Addresses that code makes. */
  madeTargets(): number[] {
    return this.#machine === 'arm64' ? this.#code.flatMap(madeArm64) : this.#x86.madeTargets();
  }

  /** Those of `to` that may store into `target`: few of those that use a variable. */
  writesTo(target: number): readonly number[] {
    return this.#machine === 'arm64' ? (this.to([target]).get(target) ?? []) : this.#x86.writesTo(target);
  }

  /** The code in `within` makes an address in `targets`, so that stores may go through a register; on ARM64 all do. */
  makesAddress(targets: Range, within: readonly Range[]): boolean {
    return this.#machine === 'arm64' || this.#x86.makesAddress(targets, within);
  }

  /**
   * Where the structure or table starts that the variable at `rva` may lie in, if code makes its address: the nearest
   * place before it that code names, or itself. Null where that place is only read and written by its own address.
   * Members between the two that code names hide the start.
   */
  madeBefore(rva: number): number | null {
    const { named, made } = this.#machine === 'arm64' ? namedArm64(this.#code, rva) : this.#x86.namedBefore(rva);
    return made === named ? made : null;
  }

  get #x86(): X86References {
    this.#index ??= new X86References(this.#image, this.#machine === 'x86', this.#code, this.#pointers);
    return this.#index;
  }
}

/** ADRP of a page that one of the ranges has a part of. */
function pagesNear({ rva, view }: Code, ranges: readonly Range[]): number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    if ((word & 0x9f000000) >>> 0 !== 0x90000000) continue;
    const immediate = addressImmediate(word);
    const page = (Math.floor((rva + at) / 0x1000) + immediate) * 0x1000;
    if (ranges.some(({ begin, end }) => page < end && page + 0x1000 > begin)) found.push(rva + at);
  }
  return found;
}

/** BL and B. */
function branchesArm64({ rva, view }: Code): Reference[] {
  const found: Reference[] = [];
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    if ((word & 0x7c000000) === 0x14000000) found.push({ position: rva + at, target: branchTarget(word, rva + at) });
  }
  return found;
}

/** How far behind an ADRP the ADD is looked for that completes its address. */
const NEAR_ADD = 16;

/** ADRP and ADD; ADR. */
function madeArm64({ rva, view }: Code): number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    if ((word & 0x1f000000) !== 0x10000000) continue;
    if (word >>> 31 === 0) {
      found.push(rva + at + addressImmediate(word));
      continue;
    }
    const page = (Math.floor((rva + at) / 0x1000) + addressImmediate(word)) * 0x1000;
    for (let next = at + 4; next + 4 <= view.byteLength && next <= at + NEAR_ADD * 4; next += 4) {
      const user = view.getUint32(next, true);
      if (((user >>> 5) & 31) === (word & 31) && (user & 0x7fc00000) === 0x11000000)
        found.push(page + ((user >>> 10) & 0xfff));
      if ((user & 31) === (word & 31) && writesRegister(user)) break;
    }
  }
  return found;
}

/** Nearest places at or before `target`, within a page's length, that code names, and whose address it makes. */
function namedArm64(codes: readonly Code[], target: number): Named {
  let named: number | null = null;
  let made: number | null = null;
  const take = (place: number, isMade: boolean): void => {
    if (place > target || place < target - FURTHEST || (place === target && !isMade)) return;
    if (named === null || place > named) named = place;
    if (isMade && (made === null || place > made)) made = place;
  };
  const pages = { begin: target - FURTHEST, end: target + 1 };
  for (const code of codes) {
    for (const position of pagesNear(code, [pages])) {
      const at = position - code.rva;
      const word = code.view.getUint32(at, true);
      const immediate = addressImmediate(word);
      const page = (Math.floor(position / 0x1000) + immediate) * 0x1000;
      for (let next = at + 4; next + 4 <= code.view.byteLength && next <= at + NEAR * 4; next += 4) {
        const user = code.view.getUint32(next, true);
        if (((user >>> 5) & 31) === (word & 31)) {
          const low = (user >>> 10) & 0xfff;
          if ((user & 0x7fc00000) === 0x11000000) take(page + low, true);
          else if ((user & 0x3b000000) === 0x39000000) take(page + low * 2 ** (user >>> 30), false);
        }
        // It holds the page no longer: what follows is a distance from something else.
        if ((user & 31) === (word & 31) && writesRegister(user)) break;
      }
    }
  }
  return { named, made };
}

/** Data processing, and loads of one register: the low 5 bits are what is written. */
function writesRegister(word: number): boolean {
  if ((word & 0x1c000000) === 0x10000000 || (word & 0x0e000000) === 0x0a000000) return true;
  return (word & 0x3a000000) === 0x38000000 && (word & 0x00c00000) !== 0;
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

/** Times after which going over all code costs more than an index of it. */
const FEW_SCANS = 8;

/** The instruction, which names the target's page, names the target. */
function names({ rva, view }: Code, at: number, target: number): boolean {
  const word = view.getUint32(at, true);
  if ((word & 0x7c000000) === 0x14000000) return branchTarget(word, rva + at) === target;
  if (word >>> 31 !== 0) return mayReach(view, at, target);
  return rva + at + addressImmediate(word) === target;
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
    if ((word & 0x7c000000) === 0x14000000) found.get(branchTarget(word, pc))?.push(pc);
    else if ((word & 0x1f000000) === 0x10000000) {
      const immediate = addressImmediate(word);
      if (word >>> 31 === 0) found.get(pc + immediate)?.push(pc);
      else
        for (const target of pages.get(Math.floor(pc / 0x1000) + immediate) ?? [])
          if (mayReach(view, at, target)) found.get(target)?.push(pc);
    }
  }
}
