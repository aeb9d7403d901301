/** x86 and x64 code of an image as instructions. */
import type { Image } from '../../pe/image.js';
import { isExecutable, type Section } from '../../pe/sections.js';
import { type Flow, type Instruction, type InstructionSource, STOP, type Step } from '../instruction.js';
import { type Iced, IcedDecoder } from './iced.js';
import { flowOf, type Lowering, stepsOf } from './lower.js';
import { Operands, type X86Context } from './operands.js';

/** Its steps are made when somebody asks. */
class X86Instruction implements Instruction {
  readonly rva: number;
  readonly length: number;
  readonly flow: Flow;
  readonly #source: X86Source;
  #steps: readonly Step[] | null = null;

  constructor(rva: number, length: number, flow: Flow, source: X86Source) {
    this.rva = rva;
    this.length = length;
    this.flow = flow;
    this.#source = source;
  }

  get steps(): readonly Step[] {
    this.#steps ??= this.#source.stepsAt(this.rva, this.length);
    return this.#steps;
  }
}

/** One array for 256 bytes: a map of all instructions would be copied each time that it grows. */
const PAGE_BITS = 8;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

const NO_CODE = (rva: number): Instruction => ({ rva, length: 1, steps: [], flow: STOP });

export class X86Source implements InstructionSource {
  readonly #image: Image;
  readonly #lowering: Lowering;
  /** One a section, made when its first instruction is wanted. */
  readonly #decoders = new Map<Section, IcedDecoder>();
  /** Functions are gone over again and again: by callers, for stores, for stubs. By page of rvas, and place in it. */
  readonly #known = new Map<number, (Instruction | undefined)[]>();
  #page: (Instruction | undefined)[] = [];
  #pageNumber = -1;
  /** Where the last instruction was. */
  #section: Section | null = null;
  #decoder: IcedDecoder | null = null;

  constructor(iced: Iced, image: Image, context: X86Context) {
    this.#image = image;
    this.#lowering = { iced, operands: new Operands(iced, context), is64: context.is64 };
  }

  at(rva: number): Instruction {
    // Where no section can be; such a number would be taken for another.
    if (rva >>> 0 !== rva) return NO_CODE(rva);
    const number = rva >>> PAGE_BITS;
    if (number !== this.#pageNumber) this.#turnTo(number);
    const page = this.#page;
    let instruction = page[rva & PAGE_MASK];
    if (instruction === undefined) {
      instruction = this.#decode(rva);
      page[rva & PAGE_MASK] = instruction;
    }
    return instruction;
  }

  #turnTo(number: number): void {
    let page = this.#known.get(number);
    if (page === undefined) {
      page = new Array<Instruction | undefined>(1 << PAGE_BITS).fill(undefined);
      this.#known.set(number, page);
    }
    this.#page = page;
    this.#pageNumber = number;
  }

  #decode(rva: number): Instruction {
    const length = this.#read(rva);
    if (length === 0) return NO_CODE(rva);
    return new X86Instruction(rva, length, flowOf(this.#lowering, rva, length), this);
  }

  /** Bytes of the instruction at `rva`, now the one that the module holds; 0 where there is none. */
  #read(rva: number): number {
    const decoder = this.#decoderAt(rva);
    return decoder === null || this.#section === null ? 0 : decoder.decode(rva - this.#section.virtualAddress);
  }

  /** Decodes once more: the interpreter looks at few of the instructions that a function's graph is made of. */
  stepsAt(rva: number, length: number): readonly Step[] {
    return this.#read(rva) === 0 ? [] : stepsOf(this.#lowering, rva, length);
  }

  #decoderAt(rva: number): IcedDecoder | null {
    const last = this.#section;
    if (last !== null && rva >= last.virtualAddress && rva < last.virtualAddress + last.extent) return this.#decoder;
    const section = this.#image.addressSpace.sectionAt(rva);
    if (section === null || !isExecutable(section)) return null;
    let decoder = this.#decoders.get(section);
    if (decoder === undefined) {
      const code = this.#image.bytes.subarray(
        section.rawOffset,
        section.rawOffset + Math.min(section.rawSize, section.extent),
      );
      decoder = new IcedDecoder(this.#lowering.iced, this.#lowering.is64 ? 64 : 32, code);
      this.#decoders.set(section, decoder);
    }
    this.#section = section;
    this.#decoder = decoder;
    return decoder;
  }

  free(): void {
    for (const decoder of this.#decoders.values()) decoder.free();
    this.#decoders.clear();
    this.#section = null;
    this.#decoder = null;
  }
}
