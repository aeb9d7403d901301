/** The frame of x86 functions, which have no unwind data: the prologue says it. */
import { CONVENTIONS } from './convention.js';
import type { InstructionSource, Step } from './instruction.js';
import type { Frame } from './unwind-x64.js';

const { stackPointer, framePointer, pointerWidth } = CONVENTIONS.x86;

/** After `push ebp; mov ebp, esp`, with or without the `mov edi, edi` of hot patching; null behind another prologue. */
export function frameX86(source: InstructionSource, entry: number): Frame | null {
  let at = entry;
  const step = (): Step | undefined => {
    const { length, steps } = source.at(at);
    at += length;
    return steps[0];
  };
  let first = step();
  if (first?.kind === 'copy') first = step();
  const second = step();
  const isSaved = first?.kind === 'push' && first.from.kind === 'register' && first.from.register === framePointer;
  const isSet =
    second?.kind === 'copy' &&
    second.to.kind === 'register' &&
    second.to.register === framePointer &&
    second.from.kind === 'register' &&
    second.from.register === stackPointer;
  if (!isSaved || !isSet) return null;
  return { stackOffset: 0, frameRegister: framePointer, frameOffset: -pointerWidth, establisher: null };
}
