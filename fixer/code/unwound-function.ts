/** A function as unwind data tells of it. */
import type { Image } from '../pe/image.js';
import type { CodeFunction } from './code-function.js';
import type { CodeMachine } from './convention.js';
import type { Range } from './ranges.js';
import { readXdata } from './unwind-arm64.js';
import { type Frame, readUnwindInfo, type Scopes } from './unwind-x64.js';

/** Frame and handlers are read when the function is analysed, which few are. */
export class UnwoundFunction implements CodeFunction {
  readonly entry: number;
  readonly ranges: Range[] = [];
  readonly #image: Image;
  readonly #machine: CodeMachine;
  #infos: number[] = [];
  #unwound: (Scopes & { readonly frame: Frame | null }) | null = null;

  constructor(image: Image, machine: CodeMachine, entry: number) {
    this.#image = image;
    this.#machine = machine;
    this.entry = entry;
  }

  start(range: Range, info: number | null): void {
    this.ranges.unshift(range);
    if (info !== null) this.#infos.push(info);
  }

  /** Behind the first, in order of address and without those that overlap. */
  sortRanges(): void {
    const rest = this.ranges.splice(1).sort((a, b) => a.begin - b.begin);
    let last: { begin: number; end: number } | null = null;
    for (const { begin, end } of rest) {
      if (last !== null && begin <= last.end) last.end = Math.max(last.end, end);
      else {
        last = { begin, end };
        this.ranges.push(last);
      }
    }
  }

  get handlers(): readonly number[] {
    return this.#unwind().handlers;
  }

  get funclets(): readonly number[] {
    return this.#unwind().funclets;
  }

  get frame(): Frame | null {
    return this.#unwind().frame;
  }

  #unwind(): Scopes & { readonly frame: Frame | null } {
    if (this.#unwound === null) {
      const read = this.#machine === 'x64' ? readUnwindInfo : readXdata;
      const found = this.#infos.map((info) => read(this.#image, info));
      const handlers = new Set(found.flatMap((each) => each?.handlers ?? []));
      const funclets = new Set(found.flatMap((each) => each?.funclets ?? []));
      this.#unwound = { handlers: [...handlers], funclets: [...funclets], frame: found.at(-1)?.frame ?? null };
    }
    return this.#unwound;
  }
}
