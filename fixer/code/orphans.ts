/** Where code starts that no path reaches: cases of tables that were not understood, handlers of other kinds. */

import type { CodeFunction } from './code-function.js';
import type { Block } from './flow.js';
import { fallsThrough, type Instruction, type InstructionSource, type Step } from './instruction.js';

/** @param known the blocks of the paths that are known, in order of address */
export function findOrphans(
  code: CodeFunction,
  known: Iterable<Block>,
  source: InstructionSource,
  budget: { left: number },
): number[] {
  const orphans: number[] = [];
  const blocks = [...known];
  const sweep = (begin: number, end: number): void => {
    let at = begin;
    let isStart = true;
    while (at < end && budget.left > 0) {
      budget.left--;
      const instruction = source.at(at);
      if (isStart && !isFiller(instruction)) {
        orphans.push(at);
        isStart = false;
      }
      if (!fallsThrough(instruction.flow)) isStart = true;
      at += instruction.length;
    }
  };
  // In order of address: the blocks are gone over once for all ranges.
  const ranges = code.ranges.length === 1 ? code.ranges : [...code.ranges].sort((a, b) => a.begin - b.begin);
  let next = 0;
  let reached = 0;
  for (const range of ranges) {
    let at = Math.max(range.begin, reached);
    for (; next < blocks.length && (blocks[next] as Block).start < range.end; next++) {
      const { start, end } = blocks[next] as Block;
      reached = Math.max(reached, end);
      if (end <= at) continue;
      if (start > at) sweep(at, start);
      at = end;
    }
    if (at < range.end) sweep(at, range.end);
  }
  return orphans;
}

/** nop, int3, bytes that are no instruction, lea ecx, [ecx]: what lies between pieces of code. */
const isFiller = ({ flow, length, steps }: Instruction): boolean =>
  flow.kind === 'stop' ||
  (flow.kind === 'next' && (steps.length === 0 || length === 1 || (steps.length === 1 && changesNothing(steps[0]))));

/** LEA or MOV of a register into itself: how MSVC and GNU as align loops of x86. */
export function changesNothing(step: Step | undefined): boolean {
  if (step?.kind === 'copy')
    return step.to.kind === 'register' && step.from.kind === 'register' && step.to.register === step.from.register;
  if (step?.kind !== 'address-of' || step.to.kind !== 'register') return false;
  const { base, index, displacement } = step.memory;
  return base === step.to.register && index < 0 && displacement === 0;
}
