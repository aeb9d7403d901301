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

/** What is named at which position: asked for each function, of which there may be as many as positions. */
export class NamedSlots {
  readonly #references: References;
  /** By position: numbers of the slots, in the order of the references. */
  #numbers: Map<number, number[]> | null = null;
  readonly #slots: readonly number[];

  constructor(references: References) {
    this.#references = references;
    this.#slots = [...references.keys()];
  }

  /** Each slot that is named at one of the positions, with those. */
  of(positions: readonly number[]): [slot: number, places: number[]][] {
    this.#numbers ??= this.#byPosition();
    const found = new Map<number, number[]>();
    for (const position of positions) {
      for (const number of this.#numbers.get(position) ?? []) {
        const places = found.get(number);
        if (places === undefined) found.set(number, [position]);
        else places.push(position);
      }
    }
    const inOrder = [...found].sort(([a], [b]) => a - b);
    return inOrder.map(([number, places]) => [this.#slots[number] as number, places]);
  }

  #byPosition(): Map<number, number[]> {
    const numbers = new Map<number, number[]>();
    for (const [number, slot] of this.#slots.entries()) {
      for (const position of this.#references.get(slot) ?? []) {
        const known = numbers.get(position);
        if (known === undefined) numbers.set(position, [number]);
        else known.push(number);
      }
    }
    return numbers;
  }
}

/** DDIs whose address the function reads, other than to call it there. */
export function readAddresses(
  program: Program,
  analysis: FunctionAnalysis,
  named: NamedSlots,
  positions: readonly number[],
): ReadAddress[] {
  const isRead = (place: number): boolean => !program.namesExactly || readsAt(analysis, place);
  const read: ReadAddress[] = [];
  for (const [slot, places] of named.of(positions)) {
    const ddi = program.imported.ddis.get(slot);
    const at = ddi && places.find(isRead);
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
