/**
 * Where functions start on x86, which has no unwind data: the entry point, exports, targets of calls, and addresses in
 * data that look like a prologue.
 */
import type { Image } from '../pe/image.js';
import { codeRanges } from './code-ranges.js';
import { exportedRvas } from './exported.js';
import type { Pointers } from './pointers.js';

/** @param inside what lies inside of functions, whoever points to it or calls it */
export function functionStarts(image: Image, pointers: Pointers, inside: ReadonlySet<number>): number[] {
  const ranges = codeRanges(image);
  const starts = new Set<number>([image.optionalHeader.addressOfEntryPoint]);
  const called = new Map<number, number>();
  const exports = exportedRvas(image);
  for (const { begin, end } of ranges) {
    starts.add(begin);
    const bytes = image.readRva(begin, end - begin);
    if (!bytes.ok) continue;
    const code = bytes.value;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    // indexOf is a hundred times faster than a loop in a process that has just started.
    for (let at = code.indexOf(0xe8); at >= 0 && at + 5 <= code.length; at = code.indexOf(0xe8, at + 1)) {
      const target = begin + at + 5 + view.getInt32(at + 1, true);
      if (target >= begin && target < end) called.set(target, (called.get(target) ?? 0) + 1);
    }
    // A prologue behind padding or a return; hot patching wants two bytes before it.
    for (let push = code.indexOf(0x55); push >= 0; push = code.indexOf(0x55, push + 1)) {
      for (const at of [push, push - 2])
        if (at >= 0 && at + 5 <= code.length && isPrologue(code, at) && (at === 0 || endsCode(code, at)))
          starts.add(begin + at);
    }
    // A stub that jumps to an import, beside others of its kind.
    pointers.fields.forEach((field) => {
      const at = field - 2 - begin;
      if (code[at] === 0xff && code[at + 1] === 0x25 && at + 5 <= code.length && endsCode(code, at))
        starts.add(begin + at);
    });
    for (const rva of exports) if (rva >= begin && rva < end) starts.add(rva);
    const cases = switchCases(image, pointers, begin, code, view);
    const addTarget = (target: number): void => {
      if (
        !cases.has(target) &&
        !inside.has(target) &&
        target > begin &&
        target < end &&
        (isPrologue(code, target - begin) || endsCode(code, target - begin))
      )
        starts.add(target);
    };
    pointers.targets.forEach(addTarget);
    pointers.codeTargets.forEach(addTarget);
    for (const [target, count] of called) {
      const at = target - begin;
      if (inside.has(target)) continue;
      if (at >= 0 && at < code.length && (count > 1 || endsCode(code, at) || isPrologue(code, at))) starts.add(target);
    }
  }
  return [...starts];
}

/** Targets of jump tables: `jmp [table + register*4]`, or a load from there and a jump. Handlers that are called lie in tables too. */
function switchCases(image: Image, pointers: Pointers, begin: number, code: Uint8Array, view: DataView): Set<number> {
  const cases = new Set<number>();
  const imageBase = Number(image.optionalHeader.imageBase);
  for (const field of pointers.fields) {
    const at = field - 1 - begin;
    if (at < 2 || at + 5 > code.length) continue;
    const isTable = ((code[at] as number) & 0xc7) === 0x85 && ((code[at - 1] as number) & 0xc7) === 0x04;
    if (!isTable || !(isJump(code, at - 2) || isLoadForJump(code, at - 2, at + 5))) continue;
    const table = view.getUint32(at + 1, true) - imageBase;
    const count = boundBefore(code, at - 2);
    for (let index = 0; index < count && pointers.fields.has(table + index * 4); index++) {
      // Code names what lies there: another table, or a variable.
      if (index > 0 && pointers.codeTargets.has(table + index * 4)) break;
      const entry = image.readRva(table + index * 4, 4);
      if (!entry.ok) break;
      const target = new DataView(entry.value.buffer, entry.value.byteOffset, 4).getUint32(0, true) - imageBase;
      // Nothing is padded with int3 but functions: another table begins here. One such byte may be a distance.
      const isPadded = code[target - begin - 1] === 0xcc && (target % 16 === 0 || code[target - begin - 2] === 0xcc);
      if (isPadded) break;
      cases.add(target);
    }
  }
  return cases;
}

/** jmp r/m32: FF /4. */
const isJump = (code: Uint8Array, at: number): boolean =>
  code[at] === 0xff && ((code[at + 1] as number) & 0x38) === 0x20;

/** Bytes between the load of a target and the jump to it, at most. */
const MOST_BETWEEN = 16;

/** mov r32, r/m32: 8B /r, and jmp r32: FF E0+r. */
function isLoadForJump(code: Uint8Array, at: number, next: number): boolean {
  if (code[at] !== 0x8b) return false;
  const register = ((code[at + 1] as number) >> 3) & 7;
  for (let jump = next; jump < next + MOST_BETWEEN; jump++)
    if (code[jump] === 0xff && code[jump + 1] === 0xe0 + register) return true;
  return false;
}

/** Entries of the table: one more than the last `cmp register, imm8`, or `and register, imm8`, before the jump says. */
function boundBefore(code: Uint8Array, jump: number): number {
  for (let at = jump - 3; at >= Math.max(0, jump - 32); at--) {
    const isCompare = code[at] === 0x83 && ((code[at + 1] as number) & 0xf8) === 0xf8;
    // sub register, imm8 sets the same flags, as clang has it without optimisation.
    const isSubtract = code[at] === 0x83 && ((code[at + 1] as number) & 0xf8) === 0xe8;
    const isMask = code[at] === 0x83 && ((code[at + 1] as number) & 0xf8) === 0xe0;
    if (isCompare || isSubtract || isMask) return (code[at + 2] as number) + 1;
  }
  return 1024;
}

/** push ebp; mov ebp, esp, with or without the two bytes that hot patching wants. */
function isPrologue(code: Uint8Array, at: number): boolean {
  const start = code[at] === 0x8b && code[at + 1] === 0xff ? at + 2 : at;
  return (
    code[start] === 0x55 &&
    ((code[start + 1] === 0x8b && code[start + 2] === 0xec) || (code[start + 1] === 0x89 && code[start + 2] === 0xe5))
  );
}

/** int3, nop, ret, ret n, a jump, or what GNU as pads with, right before. */
function endsCode(code: Uint8Array, at: number): boolean {
  const before = code[at - 1];
  return (
    before === 0xcc ||
    before === 0x90 ||
    before === 0xc3 ||
    code[at - 3] === 0xc2 ||
    code[at - 5] === 0xe9 ||
    code[at - 2] === 0xeb ||
    (code[at - 6] === 0xff && code[at - 5] === 0x25) ||
    isGnuPadding(code, at)
  );
}

/** lea esi, [esi] with a displacement of 1 or 4 bytes, which is 0, with or without an index byte. */
function isGnuPadding(code: Uint8Array, at: number): boolean {
  if (code[at - 1] !== 0) return false;
  const wide = code[at - 2] === 0 && code[at - 3] === 0 && code[at - 4] === 0;
  const end = wide ? at - 4 : at - 1;
  const mode = wide ? 0x80 : 0x40;
  if (code[end - 2] === 0x8d && code[end - 1] === (mode | 0x36)) return true;
  return code[end - 3] === 0x8d && code[end - 2] === (mode | 0x34) && code[end - 1] === 0x26;
}
