/**
 * x86: functions that nothing refers to, as dead code or what is reached in unknown ways. They lie behind a function that a
 * call, a pointer or a prologue names, where execution does not come from it.
 */
import { ALIGNMENT } from './call-targets.js';
import { fallsThrough, type Instruction, type InstructionSource, isDirect } from './instruction.js';
import { changesNothing } from './orphans.js';
import type { Pointers } from './pointers.js';
import type { Range } from './ranges.js';

/** Bytes: what is larger is not gone over for this. */
const LARGEST = 65536;

/** What a pointer leads to would be a start already, were it none of a switch's cases. */
export function unnamedStarts(source: InstructionSource, range: Range, pointers: Pointers): number[] {
  const { begin, end } = range;
  const isNamed = (rva: number): boolean => pointers.targets.has(rva) || pointers.codeTargets.has(rva);
  const candidates: number[] = [];
  const targets = new Set<number>();
  let isBehind = false;
  let hasLeft = false;
  if (end - begin > LARGEST) return candidates;
  for (let at = begin; at < end; ) {
    if (isBehind && pointers.fields.has(at)) {
      at = tableEnd(source, at, end, pointers);
      hasLeft = false;
    }
    const instruction = source.at(at);
    const { flow, length } = instruction;
    if (!isBehind || !isPadding(instruction)) {
      const mayStart = isBehind && (hasLeft || at % ALIGNMENT === 0);
      if (mayStart && flow.kind !== 'stop' && !isNamed(at)) candidates.push(at);
      if (flow.kind === 'branch' || flow.kind === 'jump') targets.add(flow.target);
      isBehind = !fallsThrough(flow);
      hasLeft = leaves(instruction, range);
    }
    at += length;
  }
  return candidates.filter((candidate) => candidate < end && !targets.has(candidate));
}

/** Where the addresses of a switch between functions end, and the bytes that choose among them. */
function tableEnd(source: InstructionSource, table: number, end: number, pointers: Pointers): number {
  let at = table;
  while (pointers.fields.has(at)) at += 4;
  if (pointers.codeTargets.has(at)) while (at < end && !isTrap(source.at(at))) at++;
  return at;
}

/** Behind a return, or a tail call, small code goes on with the next function at once. */
function leaves({ flow }: Instruction, { begin, end }: Range): boolean {
  if (flow.kind === 'jump') return flow.target < begin || flow.target >= end;
  return flow.kind === 'return' || (flow.kind === 'jump-through' && isDirect(flow.operand));
}

/** nop, int3, or what GNU as and MSVC fill with. */
function isPadding(instruction: Instruction): boolean {
  const { flow, steps } = instruction;
  const [step] = steps;
  if (flow.kind !== 'next') return false;
  return step === undefined || isTrap(instruction) || (steps.length === 1 && changesNothing(step));
}

/** int3. */
export function isTrap({ flow, steps: [step, second], length }: Instruction): boolean {
  if (flow.kind !== 'next' || length !== 1 || second !== undefined || step?.kind !== 'forget') return false;
  return step.reads === undefined && step.registers.length === 1 && step.registers[0] === 0;
}
