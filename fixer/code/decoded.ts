/** Decoded instructions, kept: functions are gone over again and again, by callers, for stores, for stubs. */
import { type Flow, type Instruction, type InstructionSource, STOP, type Step } from './instruction.js';

/** What decodes an instruction once more when its steps are wanted. */
export interface StepSource {
  stepsAt(rva: number, length: number): readonly Step[];
}

const NO_STEPS: readonly Step[] = [];

export class DecodedInstruction implements Instruction {
  readonly rva: number;
  readonly length: number;
  readonly flow: Flow;
  /** The last graph that was built with it, and the last in which it leads a block; see flow.ts. */
  graph = 0;
  leads = 0;
  #steps: readonly Step[] | null;
  readonly #source: StepSource | null;

  /** @param steps or null, and `source` makes them when somebody asks: most of a graph's are never wanted */
  constructor(rva: number, length: number, flow: Flow, steps: readonly Step[] | null, source: StepSource | null) {
    this.rva = rva;
    this.length = length;
    this.flow = flow;
    this.#steps = steps;
    this.#source = source;
  }

  get steps(): readonly Step[] {
    this.#steps ??= this.#source?.stepsAt(this.rva, this.length) ?? NO_STEPS;
    return this.#steps;
  }
}

/** Bytes at `rva` that are no instruction. */
export const noCode = (rva: number, length: number): DecodedInstruction =>
  new DecodedInstruction(rva, length, STOP, NO_STEPS, null);

/** One array for 64 bytes: a map of all instructions would be copied each time that it grows. */
const PAGE_BITS = 6;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;

type Page = (DecodedInstruction | undefined)[];

/** An instruction is the same object as long as the source lives. */
export abstract class DecodingSource implements InstructionSource {
  /** By page of rvas, and place in it. */
  readonly #pages = new Map<number, Page>();
  #page: Page = [];
  #pageNumber = -1;

  protected abstract decode(rva: number): DecodedInstruction;

  at(rva: number): DecodedInstruction {
    // Where no section can be; such a number would be taken for another.
    if (rva >>> 0 !== rva) return noCode(rva, 1);
    const number = rva >>> PAGE_BITS;
    if (number !== this.#pageNumber) this.#turnTo(number);
    const page = this.#page;
    let instruction = page[rva & PAGE_MASK];
    if (instruction === undefined) {
      instruction = this.decode(rva);
      page[rva & PAGE_MASK] = instruction;
    }
    return instruction;
  }

  #turnTo(number: number): void {
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Array<DecodedInstruction | undefined>(PAGE_SIZE).fill(undefined);
      this.#pages.set(number, page);
    }
    this.#page = page;
    this.#pageNumber = number;
  }
}
