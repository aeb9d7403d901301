/** The functions of an image: from unwind data where there is any, from the code itself where there is none. */
import type { Image } from '../pe/image.js';
import { type CodeFunction, functionAt, plainFunction } from './code-function.js';
import { codeRanges } from './code-ranges.js';
import type { CodeMachine } from './convention.js';
import { frameX86 } from './frame-x86.js';
import { Gaps } from './gaps.js';
import type { InstructionSource } from './instruction.js';
import type { Pointers } from './pointers.js';
import { FEW_RANGES, type Range } from './ranges.js';
import { unnamedStarts } from './unnamed.js';
import { isChained, readUnwindInfo, type UnwindInfo } from './unwind-x64.js';
import { UnwoundFunction } from './unwound-function.js';

interface Piece extends Range {
  readonly function: CodeFunction;
}

/** Pieces of unwind information that are chained to one another, less the last, as Windows follows them. */
const DEEPEST = 32;

export class FunctionTable {
  readonly #source: InstructionSource;
  readonly #machine: CodeMachine;
  readonly #pieces: Piece[] = [];
  readonly #gaps: Gaps;
  readonly #code: readonly Range[];
  readonly #pointers: Pointers;
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
    this.#source = source;
    this.#machine = machine;
    this.#code = codeRanges(image);
    this.#gaps = new Gaps(image, machine, source, this.#code, starts);
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
    return this.#gaps.isCut;
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
        starts.length === 0
          ? [piece.function]
          : begins.map((begin, at) => plainFunction(begin, begins[at + 1] ?? piece.end));
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
      if (code.ranges.length > FEW_RANGES) code.sortRanges();
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
    return this.#gaps.containing(rva, { begin, end });
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
