/**
 * Which instructions of a function a question is about: the states before the others need not be known. Every answer is
 * a list of rvas, or null where any instruction of the function may matter.
 */
import type { FunctionAnalysis } from './analysis.js';
import { type Flow, type Instruction, isDirect, type MemoryOperand, type Operand, type Step } from './instruction.js';

/** Calls and jumps at `positions`, bytes that may name what is called; an address that is loaded is called anywhere. */
export function callsNear(analysis: FunctionAnalysis, positions: readonly number[]): number[] | null {
  const found: number[] = [];
  for (const position of positions) {
    for (const instruction of analysis.instructionsAt(position)) {
      const { flow, rva } = instruction;
      if (flow.kind === 'call' || flow.kind === 'jump' || flow.kind === 'branch') found.push(rva);
      else if (flow.kind === 'call-through' || flow.kind === 'jump-through') {
        if (!isDirect(flow.operand)) return null;
        found.push(rva);
      } else if (instruction.steps.some((step) => isForget(step) || operandsOf(step).some(isInImage))) return null;
    }
  }
  return found;
}

/**
 * Whether the bytes at `position` are what they look like: part of a jump or call to `rva`, or of an address. A byte of
 * another instruction is easily taken for a short jump.
 */
export function refersAt(analysis: FunctionAnalysis, position: number, rva: number): boolean {
  const isIt = (operand: Operand): boolean =>
    operand.kind === 'address'
      ? operand.isPage || operand.rva === rva
      : operand.kind === 'memory' && operand.inImage && operand.displacement === rva;
  return (
    analysis.gaveUp ||
    analysis
      .instructionsAt(position)
      .some(({ flow, steps }) => targetOf(flow) === rva || steps.some((step) => operandsOf(step).some(isIt)))
  );
}

const targetOf = (flow: Flow): number | null => ('target' in flow ? flow.target : null);

/** Instructions at `positions` that store into memory of the image. */
export function storesNear(analysis: FunctionAnalysis, positions: readonly number[]): number[] {
  return positions
    .flatMap((position) => analysis.instructionsAt(position))
    .filter(({ steps }) => steps.some((step) => writesOf(step).some(isInImage)))
    .map(({ rva }) => rva);
}

/** Instructions at `positions` that write a control register. */
export function controlsNear(analysis: FunctionAnalysis, positions: readonly number[]): number[] {
  const isControl = ({ steps }: Instruction): boolean => steps.some(({ kind }) => kind === 'set-control');
  return positions.flatMap((position) => analysis.instructionsAt(position).filter(isControl)).map(({ rva }) => rva);
}

/** What the instruction reads is not followed. */
export const isForget = ({ kind }: Step): boolean => kind === 'forget';

const isInImage = (operand: Operand): boolean =>
  operand.kind === 'address' || (operand.kind === 'memory' && operand.inImage);

function operandsOf(step: Step): readonly Operand[] {
  switch (step.kind) {
    case 'copy':
    case 'sign-extend':
      return [step.to, step.from];
    case 'compute':
      return [step.to, step.a, step.b];
    case 'address-of':
      return [step.to, step.memory];
    case 'choose':
      return [step.to, ...step.from];
    case 'compare':
    case 'exchange':
      return [step.a, step.b];
    case 'push':
    case 'set-control':
      return [step.from];
    default:
      return writesOf(step);
  }
}

function writesOf(step: Step): readonly Operand[] {
  switch (step.kind) {
    case 'copy':
    case 'sign-extend':
    case 'compute':
    case 'address-of':
    case 'choose':
      return [step.to];
    case 'exchange':
      return [step.a, step.b];
    case 'pop':
      return step.to === null ? [] : [step.to];
    case 'forget':
      return step.memory === null ? [] : [step.memory as MemoryOperand];
    default:
      return [];
  }
}
