/**
 * Where functions start on x86, which has no unwind data: the entry point, exports, targets of calls, and addresses in
 * data that look like a prologue.
 */
import type { Image } from '../pe/image.js';
import { codeRanges } from './functions.js';
import type { Pointers } from './pointers.js';

export function functionStarts(image: Image, pointers: Pointers): number[] {
  const ranges = codeRanges(image);
  const starts = new Set<number>([image.optionalHeader.addressOfEntryPoint]);
  const called = new Map<number, number>();
  for (const { begin, end } of ranges) {
    starts.add(begin);
    const bytes = image.readRva(begin, end - begin);
    if (!bytes.ok) continue;
    const code = bytes.value;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    for (let at = 0; at + 5 <= code.length; at++) {
      if (code[at] === 0xe8) {
        const target = begin + at + 5 + view.getInt32(at + 1, true);
        if (target >= begin && target < end) called.set(target, (called.get(target) ?? 0) + 1);
      }
      // A prologue behind padding or a return.
      if (isPrologue(code, at) && (at === 0 || endsCode(code, at))) starts.add(begin + at);
    }
    for (const target of pointers.targets) {
      if (target > begin && target < end && (isPrologue(code, target - begin) || endsCode(code, target - begin))) starts.add(target);
    }
    for (const [target, count] of called) {
      const at = target - begin;
      if (at >= 0 && at < code.length && (count > 1 || endsCode(code, at) || isPrologue(code, at))) starts.add(target);
    }
  }
  return [...starts];
}

/** push ebp; mov ebp, esp, with or without the two bytes that hot patching wants. */
function isPrologue(code: Uint8Array, at: number): boolean {
  const start = code[at] === 0x8b && code[at + 1] === 0xff ? at + 2 : at;
  return code[start] === 0x55 && ((code[start + 1] === 0x8b && code[start + 2] === 0xec) || (code[start + 1] === 0x89 && code[start + 2] === 0xe5));
}

/** int3, nop, ret, ret n or a jump right before. */
function endsCode(code: Uint8Array, at: number): boolean {
  const before = code[at - 1];
  return before === 0xcc || before === 0x90 || before === 0xc3 || code[at - 3] === 0xc2 || code[at - 5] === 0xe9 || code[at - 2] === 0xeb || (code[at - 6] === 0xff && code[at - 5] === 0x25);
}
