/** The functions of an image: from unwind data where there is any, from the code itself where there is none. */
import type { Image } from '../pe/image.js';
import { ALIGNMENT, callTargets } from './call-targets.js';
import { codeRanges } from './code-ranges.js';
import type { CodeMachine } from './convention.js';
import { frameX86 } from './frame-x86.js';
import { fallsThrough, type InstructionSource } from './instruction.js';
import type { Pointers } from './pointers.js';
import { firstFrom } from './sorted.js';
import { isTrap, unnamedStarts } from './unnamed.js';
import { type Frame, isChained, NO_SCOPES, readUnwindInfo, type UnwindInfo } from './unwind-x64.js';
import { UnwoundFunction } from './unwound-function.js';

export interface Range {
  readonly begin: number;
  /** rva after the last byte. */
  readonly end: number;
}

export function inRanges(ranges: readonly Range[], rva: number): boolean {
  for (let index = 0; index < ranges.length; index++) {
    const { begin, end } = ranges[index] as Range;
    if (rva >= begin && rva < end) return true;
  }
  return false;
}

/** Ranges of a function that are gone over one by one; more are searched. */
const FEW = 8;

/** As `inRanges`, for those of a function: compilers make a handful, and nothing keeps others from making thousands. */
export function isInside(ranges: readonly Range[], rva: number): boolean {
  if (ranges.length <= FEW) return inRanges(ranges, rva);
  const { begin, end } = ranges[0] as Range;
  if (rva >= begin && rva < end) return true;
  let low = 1;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] as Range).begin <= rva) low = middle + 1;
    else high = middle;
  }
  return low > 1 && rva < (ranges[low - 1] as Range).end;
}

export interface CodeFunction {
  readonly entry: number;
  /** The first holds the entry; parts that the compiler moved away follow, many of them in order of address and disjoint. */
  readonly ranges: readonly Range[];
  readonly handlers: readonly number[];
  /** Other functions, which exceptions call with the frame of this one. */
  readonly funclets: readonly number[];
  readonly frame: Frame | null;
}

interface Piece extends Range {
  readonly function: CodeFunction;
}

/** Instructions decoded at most to tell functions without unwind data from one another: 2 MB of code. */
const GAP_BUDGET = 500_000;
/** Pieces of unwind information that are chained to one another, less the last, as Windows follows them. */
const DEEPEST = 32;

export class FunctionTable {
  #gapBudget = GAP_BUDGET;
  readonly #source: InstructionSource;
  readonly #machine: CodeMachine;
  readonly #pieces: Piece[] = [];
  readonly #gaps = new Map<number, CodeFunction[]>();
  readonly #code: readonly Range[];
  readonly #starts: ReadonlySet<number>;
  readonly #pointers: Pointers;
  readonly #image: Image;
  /** What calls lead to; null before a gap was split. */
  #called: readonly number[] | null = null;
  readonly #split = new Map<Piece, readonly CodeFunction[]>();

  /**
   * @param starts rvas where functions start: all of them on x86, which has no unwind data; else those that are known
   * @param handlers on x86: what exceptions call inside of them
   */
  constructor(
    image: Image,
    machine: CodeMachine,
    source: InstructionSource,
    starts: readonly number[],
    handlers: ReadonlySet<number>,
    pointers: Pointers,
  ) {
    this.#pointers = pointers;
    this.#image = image;
    this.#source = source;
    this.#machine = machine;
    this.#code = codeRanges(image);
    this.#starts = new Set(starts);
    if (machine === 'x86') this.#fromStarts(starts, handlers);
    else this.#fromUnwindData(image);
    this.#pieces.sort((a, b) => a.begin - b.begin || b.end - a.end);
  }

  /** The function whose code holds `rva`; null outside code. */
  containing(rva: number): CodeFunction | null {
    const index = this.#indexBefore(rva);
    const piece = this.#pieces[index];
    if (piece !== undefined && rva < piece.end)
      return this.#machine === 'x86' ? functionAt(this.#parts(piece), rva) : piece.function;
    return this.#inGap(rva, index);
  }

  /** Code without unwind data that was not even split into functions: there was too much of it. */
  get isCut(): boolean {
    return this.#gapBudget <= 0;
  }

  /** True where unwind data (on x86: a call, a pointer or a prologue) says that this is a function. */
  isListed(code: CodeFunction): boolean {
    const piece = this.#pieces[this.#indexBefore(code.entry)];
    return piece?.function === code || (piece !== undefined && this.#split.get(piece)?.includes(code) === true);
  }

  /** On x86 what looks like one function may be several. */
  #parts(piece: Piece): readonly CodeFunction[] {
    let parts = this.#split.get(piece);
    if (parts === undefined) {
      const starts = piece.function.handlers.length > 0 ? [] : unnamedStarts(this.#source, piece, this.#pointers);
      const begins = [piece.begin, ...starts];
      parts =
        starts.length === 0 ? [piece.function] : begins.map((begin, at) => plain(begin, begins[at + 1] ?? piece.end));
      this.#split.set(piece, parts);
    }
    return parts;
  }

  #indexBefore(rva: number): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pieces[middle] as Piece).begin <= rva) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #fromUnwindData(image: Image): void {
    const table = image.runtimeFunctions;
    if (!table.ok || table.value === null) return;
    const byEntry = new Map<number, UnwoundFunction>();
    /** By unwind information that is chained: the entry of the function. */
    const entries = new Map<number, number | null>();
    for (const { begin, end, unwindInfo } of table.value) {
      if (end <= begin || !this.#isCode(begin)) continue;
      let entry = begin;
      if (this.#machine === 'x64' && unwindInfo !== null && isChained(image, unwindInfo)) {
        let first = entries.get(unwindInfo);
        if (first === undefined) {
          first = firstOfChain(image, unwindInfo);
          entries.set(unwindInfo, first);
        }
        entry = first ?? begin;
      }
      let found = byEntry.get(entry);
      if (found === undefined) {
        found = new UnwoundFunction(image, this.#machine, entry);
        byEntry.set(entry, found);
      }
      if (entry === begin) found.start({ begin, end }, unwindInfo);
      else found.ranges.push({ begin, end });
    }
    for (const code of byEntry.values()) {
      if (code.ranges.length > FEW) code.sortRanges();
      for (const { begin, end } of code.ranges) this.#pieces.push({ begin, end, function: code });
    }
  }

  #fromStarts(starts: readonly number[], handlers: ReadonlySet<number>): void {
    const sorted = [...new Set(starts)].filter((start) => this.#isCode(start)).sort((a, b) => a - b);
    const inOrder = [...handlers].sort((a, b) => a - b);
    let next = 0;
    for (const [index, begin] of sorted.entries()) {
      const section = this.#code.find((range) => begin >= range.begin && begin < range.end) as Range;
      const end = Math.min(sorted[index + 1] ?? section.end, section.end);
      const inside: number[] = [];
      for (; next < inOrder.length && (inOrder[next] as number) < end; next++)
        if ((inOrder[next] as number) > begin) inside.push(inOrder[next] as number);
      const frame = inside.length > 0 ? frameX86(this.#source, begin) : null;
      const code = { entry: begin, ranges: [{ begin, end }], handlers: inside, funclets: [], frame };
      this.#pieces.push({ begin, end, function: code });
    }
  }

  #isCode(rva: number): boolean {
    return this.#code.some((range) => rva >= range.begin && rva < range.end);
  }

  /** Leaf functions have no unwind data: they lie between those that have. */
  #inGap(rva: number, before: number): CodeFunction | null {
    const section = this.#code.find((range) => rva >= range.begin && rva < range.end);
    if (section === undefined) return null;
    const begin = Math.max(section.begin, this.#pieces[before]?.end ?? 0);
    const end = Math.min(section.end, this.#pieces[before + 1]?.begin ?? section.end);
    let functions = this.#gaps.get(begin);
    if (functions === undefined) {
      functions = this.#splitGap(begin, end);
      this.#gaps.set(begin, functions);
    }
    return functionAt(functions, rva);
  }

  /** One after the other: a function ends where execution does not go on and no branch leads further. */
  #splitGap(begin: number, end: number): CodeFunction[] {
    const functions: CodeFunction[] = [];
    let start = begin;
    let furthest = 0;
    let at = begin;
    this.#called ??= callTargets(this.#image, this.#machine, this.#code);
    const called = this.#called;
    let next = firstFrom(called, begin + 1);
    while (at < end && this.#gapBudget > 0) {
      this.#gapBudget--;
      const { length, flow } = this.#source.at(at);
      while ((called[next] as number) <= at) next++;
      const isPadding = at === start && (flow.kind === 'stop' || this.#isPadding(at));
      at += length;
      const target = called[next] ?? end;
      // Data that ran into a function.
      if (target < at && target % ALIGNMENT === 0) at = target;
      if (isPadding) {
        start = at;
        continue;
      }
      // Padding behind a jump: it leaves the function, however near its target is.
      const leaves = flow.kind === 'jump' && this.#isPadding(at);
      if (
        !leaves &&
        (flow.kind === 'branch' || flow.kind === 'jump') &&
        flow.target > at &&
        flow.target < end &&
        flow.target - at < 4096
      )
        furthest = Math.max(furthest, flow.target);
      if (!this.#starts.has(at) && target !== at && (fallsThrough(flow) || at <= furthest)) continue;
      functions.push(plain(start, at));
      start = at;
    }
    if (start < at && !this.isCut) functions.push(plain(start, at));
    return functions;
  }

  /** int3, nop: the step-less instructions that fill up to the next function. */
  #isPadding(rva: number): boolean {
    const instruction = this.#source.at(rva);
    return isTrap(instruction) || (instruction.flow.kind === 'next' && instruction.steps.length === 0);
  }
}

/** Where the function begins that the unwind information is chained to; null where that is not told. */
function firstOfChain(image: Image, unwindInfo: number): number | null {
  let entry: number | null = null;
  let info: number | null = unwindInfo;
  for (let depth = 0; info !== null && depth <= DEEPEST && isChained(image, info); depth++) {
    const parent: UnwindInfo['chainedTo'] = readUnwindInfo(image, info)?.chainedTo ?? null;
    entry = parent?.begin ?? entry;
    info = parent?.unwindInfo ?? null;
  }
  return entry;
}

const plain = (begin: number, end: number): CodeFunction => ({
  entry: begin,
  ranges: [{ begin, end }],
  ...NO_SCOPES,
  frame: null,
});

/** Of functions of one range each, in order of address. */
function functionAt(functions: readonly CodeFunction[], rva: number): CodeFunction | null {
  let low = 0;
  let high = functions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((functions[middle] as CodeFunction).entry <= rva) low = middle + 1;
    else high = middle;
  }
  const found = functions[low - 1];
  return found !== undefined && inRanges(found.ranges, rva) ? found : null;
}
