/** Addresses of judged DDIs that a function reads, and what it does with them other than calling them. */
import { importSlots } from './alternatives.js';
import type { FunctionAnalysis } from './analysis.js';
import { PARAMETERS } from './convention.js';
import type { Ddi } from './ddi/ddi.js';
import { isForget } from './interest.js';
import type { Program } from './program.js';
import type { References } from './references.js';
import type { Call } from './visitor.js';

export interface ReadAddress {
  readonly ddi: Ddi;
  readonly slot: number;
  readonly at: number;
}
export const NONE_READ: readonly ReadAddress[] = [];

/** DDIs whose address the function reads, other than to call it there. */
export function readAddresses(
  program: Program,
  analysis: FunctionAnalysis,
  references: References,
  positions: readonly number[],
): ReadAddress[] {
  const isRead = (place: number): boolean => !program.namesExactly || readsAt(analysis, place);
  const read: ReadAddress[] = [];
  for (const [slot, places] of references) {
    const ddi = program.imported.ddis.get(slot);
    const at = ddi && places.find((place) => positions.includes(place) && isRead(place));
    if (ddi !== undefined && at !== undefined) read.push({ ddi, slot, at });
  }
  return read;
}

/** What a function that reads addresses of imports does with them, other than calling them. */
export class GivenAway {
  /** Slots of the import address table whose content it stores where others find it, passes on or returns. */
  readonly slots = new Set<number>();
  /** Those that were where nobody follows them any more: on the stack, or in a register that paths have different things in. */
  readonly lost = new Set<number>();
  /** It calls something of which nothing is known: any of the lost ones. */
  isCalleeLost = false;
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  look(call: Call): void {
    const callee = this.#program.calledValue(call);
    if (callee?.atoms === null) this.isCalleeLost = true;
    // On x86 the register that a call goes through may be one for arguments.
    const called = importSlots(call.callee);
    for (const location of PARAMETERS[this.#program.convention.machine])
      for (const slot of importSlots(call.argument(location))) if (!called.includes(slot)) this.slots.add(slot);
  }
}

/** By an instruction that is not followed: into a vector register, to be stored with the one beside it. */
export const isReadOtherwise = (analysis: FunctionAnalysis, position: number): boolean =>
  analysis.instructionsAt(position).some(({ flow, steps }) => flow.kind === 'next' && steps.every(isForget));

/** The address is read, not called. */
const readsAt = (analysis: FunctionAnalysis, position: number): boolean =>
  analysis.instructionsAt(position).some(({ flow, steps }) => flow.kind === 'next' && steps.length > 0);
