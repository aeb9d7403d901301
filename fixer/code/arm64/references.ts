/** Where ARM64 code names an rva: branches, ADR, and ADRP with what completes its page. */
import type { Code } from '../code-ranges.js';
import type { Range } from '../ranges.js';
import type { Reference } from '../references.js';
import { FURTHEST, type Named } from '../x86/references.js';
import { addressImmediate, branchTarget } from './fields.js';

/** ADRP of a page that one of the ranges has a part of. */
export function pagesNear({ rva, view }: Code, ranges: readonly Range[]): number[] {
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
export function branchesArm64({ rva, view }: Code): Reference[] {
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
export function madeArm64({ rva, view }: Code): number[] {
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
export function namedArm64(codes: readonly Code[], target: number): Named {
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

/** The instruction, which names the target's page, names the target. */
export function names({ rva, view }: Code, at: number, target: number): boolean {
  const word = view.getUint32(at, true);
  if ((word & 0x7c000000) === 0x14000000) return branchTarget(word, rva + at) === target;
  if (word >>> 31 !== 0) return mayReach(view, at, target);
  return rva + at + addressImmediate(word) === target;
}

/** BL and B to the target; ADRP of the target's page; ADR. */
export function scanArm64({ rva, view }: Code, found: Map<number, number[]>): void {
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
