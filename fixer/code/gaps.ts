/** Leaf functions have no unwind data: they lie in the gaps between those that have. */
import type { Image } from '../pe/image.js';
import { ALIGNMENT, callTargets } from './call-targets.js';
import { type CodeFunction, functionAt, plainFunction } from './code-function.js';
import type { CodeMachine } from './convention.js';
import { fallsThrough, type InstructionSource } from './instruction.js';
import type { Range } from './ranges.js';
import { firstFrom } from './sorted.js';
import { isTrap } from './unnamed.js';

/** Instructions decoded at most to tell functions without unwind data from one another: 2 MB of code. */
const GAP_BUDGET = 500_000;

export class Gaps {
  #budget = GAP_BUDGET;
  readonly #image: Image;
  readonly #machine: CodeMachine;
  readonly #source: InstructionSource;
  readonly #code: readonly Range[];
  readonly #starts: ReadonlySet<number>;
  /** By where the gap begins. */
  readonly #functions = new Map<number, CodeFunction[]>();
  /** What calls lead to; null before a gap was split. */
  #called: readonly number[] | null = null;

  /** @param starts rvas where functions are known to start */
  constructor(
    image: Image,
    machine: CodeMachine,
    source: InstructionSource,
    code: readonly Range[],
    starts: readonly number[],
  ) {
    this.#image = image;
    this.#machine = machine;
    this.#source = source;
    this.#code = code;
    this.#starts = new Set(starts);
  }

  /** Code that was not even split into functions: there was too much of it. */
  get isCut(): boolean {
    return this.#budget <= 0;
  }

  /** The function of a gap that holds `rva`. */
  containing(rva: number, { begin, end }: Range): CodeFunction | null {
    let functions = this.#functions.get(begin);
    if (functions === undefined) {
      functions = this.#split(begin, end);
      this.#functions.set(begin, functions);
    }
    return functionAt(functions, rva);
  }

  /** One after the other: a function ends where execution does not go on and no branch leads further. */
  #split(begin: number, end: number): CodeFunction[] {
    const functions: CodeFunction[] = [];
    let start = begin;
    let furthest = 0;
    let at = begin;
    this.#called ??= callTargets(this.#image, this.#machine, this.#code);
    const called = this.#called;
    let next = firstFrom(called, begin + 1);
    while (at < end && this.#budget > 0) {
      this.#budget--;
      const { length, flow } = this.#source.at(at);
      while ((called[next] as number) <= at) next++;
      // BTI, and room for a patch, are what padding is made of.
      const isEntry = called[next - 1] === at || this.#starts.has(at);
      const isPadding = at === start && (flow.kind === 'stop' || (!isEntry && this.#isPadding(at)));
      at += length;
      const target = called[next] ?? end;
      // Data that ran into a function.
      if (target < at && target % ALIGNMENT === 0) at = target;
      if (isPadding) {
        start = at;
        continue;
      }
      // Padding behind a jump: it leaves the function, however near its target is. But NOPs are before loops, too.
      const leaves =
        flow.kind === 'jump' &&
        this.#isPadding(at) &&
        (isTrap(this.#source.at(at)) || this.#starts.has(flow.target) || isIn(called, flow.target));
      if (
        !leaves &&
        (flow.kind === 'branch' || flow.kind === 'jump') &&
        flow.target > at &&
        flow.target < end &&
        flow.target - at < 4096
      )
        furthest = Math.max(furthest, flow.target);
      if (!this.#starts.has(at) && target !== at && (fallsThrough(flow) || at <= furthest)) continue;
      functions.push(plainFunction(start, at));
      start = at;
    }
    if (start < at && !this.isCut) functions.push(plainFunction(start, at));
    return functions;
  }

  /** int3, nop: the step-less instructions that fill up to the next function. */
  #isPadding(rva: number): boolean {
    const instruction = this.#source.at(rva);
    if (instruction.flow.kind !== 'next' || instruction.steps.length > 0) return isTrap(instruction);
    return this.#machine !== 'arm64' || this.#isFiller(rva);
  }

  /** ARM64: NOP or BTI. A function may begin with another instruction without steps: MOVI, FMOV, a load of a vector. */
  #isFiller(rva: number): boolean {
    const bytes = this.#image.readRva(rva, 4);
    if (!bytes.ok) return false;
    const [low = 0, second, third, high] = bytes.value;
    // 1f2003d5 is NOP; 1f2403d5, 5f2403d5, 9f2403d5 and df2403d5 are BTI.
    return high === 0xd5 && third === 3 && (second === 0x24 ? (low & 0x3f) === 0x1f : second === 0x20 && low === 0x1f);
  }
}

const isIn = (sorted: readonly number[], rva: number): boolean => sorted[firstFrom(sorted, rva)] === rva;
