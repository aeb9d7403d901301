/**
 * Variables on the stack that filters and `__finally` blocks write: an exception runs them in the middle of the function, and
 * a filter may let it go on there.
 */

import type { CodeFunction } from './code-function.js';
import { CONVENTIONS, type CodeMachine } from './convention.js';
import type { Program } from './program.js';
import type { Range } from './ranges.js';
import { STEADY } from './stack-slots.js';
import { writesThrough } from './suppositions.js';

/** The second argument is the frame. */
const FRAME_ARGUMENT: Readonly<Record<CodeMachine, number>> = {
  x64: CONVENTIONS.x64.argumentRegisters[1] ?? 0,
  arm64: CONVENTIONS.arm64.argumentRegisters[1] ?? 0,
  x86: 0,
};
const EVERYTHING: readonly Range[] = [{ begin: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }];
/** Filters that hold a `__try` with a filter. */
const DEEPEST = 2;
/** Bytes of a filter's code, and filters of a function: what is more is not gone over. */
const LARGEST = 1024;
const MOST = 16;

export class Unsteady {
  readonly #program: Program;
  readonly #known = new Map<CodeFunction, readonly Range[]>();
  #depth = 0;

  constructor(program: Program) {
    this.#program = program;
  }

  /** In bytes from the stack pointer on entry. */
  of(code: CodeFunction): readonly Range[] {
    if (code.funclets.length === 0) return STEADY;
    let found = this.#known.get(code);
    if (found === undefined) {
      found = this.#find(code);
      // Within a filter not all is gone over.
      if (this.#depth === 0) this.#known.set(code, found);
    }
    return found;
  }

  /** Nobody knows where they write. */
  isAnywhere(code: CodeFunction): boolean {
    return this.of(code).some(({ begin }) => begin === Number.NEGATIVE_INFINITY);
  }

  #find({ funclets, frame }: CodeFunction): readonly Range[] {
    if (this.#depth >= DEEPEST || funclets.length > MOST) return EVERYTHING;
    const found: Range[] = [];
    this.#depth++;
    for (const funclet of funclets) found.push(...this.#writesOf(funclet));
    this.#depth--;
    const base = frame?.establisher ?? null;
    if (found.length === 0) return STEADY;
    return base === null ? EVERYTHING : found.map(({ begin, end }) => ({ begin: begin + base, end: end + base }));
  }

  /** In bytes from the frame. */
  #writesOf(funclet: number): readonly Range[] {
    const program = this.#program;
    const code = program.functions.containing(funclet);
    if (code?.entry !== funclet || code.ranges.some(({ begin, end }) => end - begin > LARGEST)) return EVERYTHING;
    const at = { register: FRAME_ARGUMENT[program.convention.machine] };
    return (
      writesThrough(program.analysis(code), program.convention, at, (call) => program.calleeOf(call).kind) ?? EVERYTHING
    );
  }
}
