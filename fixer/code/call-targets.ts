/**
 * Where calls lead, and on x64 jumps from one function to another, found in the bytes before anything is decoded: functions
 * start there, whatever lies before.
 */
import type { Image } from '../pe/image.js';
import { branchTarget } from './arm64/fields.js';
import type { CodeMachine } from './convention.js';
import type { Range } from './ranges.js';

/** CALL rel32. */
const CALL = 0xe8;
/** JMP rel32. */
const JUMP = 0xe9;
/** Of functions, as compilers lay them out. */
export const ALIGNMENT = 16;
/** int3, nop, what long nops end with, ret. */
const PADDING: ReadonlySet<number | undefined> = new Set([0xcc, 0x90, 0x00, 0xc3]);
/** BL: the highest byte of the instruction. */
const LINKS = [0x94, 0x95, 0x96, 0x97];

/**
 * In order, each once.
 * @param ranges of code, whose calls within them count
 */
export function callTargets(image: Image, machine: CodeMachine, ranges: readonly Range[]): number[] {
  const targets = new Set<number>();
  for (const { begin, end } of ranges) {
    const bytes = image.readRva(begin, end - begin);
    if (!bytes.ok) continue;
    const code = bytes.value;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const add = (target: number): void => {
      if (target >= begin && target < end) targets.add(target);
    };
    // indexOf is a hundred times faster than a loop in a process that has just started.
    if (machine === 'arm64') {
      for (const link of LINKS)
        for (let at = code.indexOf(link, 3); at >= 0; at = code.indexOf(link, at + 1))
          if (at % 4 === 3) add(branchTarget(view.getUint32(at - 3, true), begin + at - 3));
    } else {
      for (let at = code.indexOf(CALL); at >= 0 && at + 5 <= code.length; at = code.indexOf(CALL, at + 1))
        // A call of what lies behind it pushes its own address.
        if (view.getInt32(at + 1, true) !== 0) add(begin + at + 5 + view.getInt32(at + 1, true));
      // Tail calls look like jumps inside of a function, but for where they lead.
      for (let at = code.indexOf(JUMP); at >= 0 && at + 5 <= code.length; at = code.indexOf(JUMP, at + 1)) {
        const target = begin + at + 5 + view.getInt32(at + 1, true);
        if (target % ALIGNMENT === 0 && PADDING.has(code[target - begin - 1])) add(target);
      }
    }
  }
  return [...targets].sort((a, b) => a - b);
}
