/** x86 and x64 code of an image as instructions. */
import type { Image } from '../../pe/image.js';
import { isExecutable, type Section } from '../../pe/sections.js';
import { type Instruction, type InstructionSource, STOP } from '../instruction.js';
import { type Iced, IcedDecoder } from './iced.js';
import { type Lowering, lower } from './lower.js';
import { Operands, type X86Context } from './operands.js';

const NO_CODE = (rva: number): Instruction => ({ rva, length: 1, steps: [], flow: STOP });

export class X86Source implements InstructionSource {
  readonly #image: Image;
  readonly #lowering: Lowering;
  /** One a section, made when its first instruction is wanted. */
  readonly #decoders = new Map<Section, IcedDecoder>();
  /** Functions are gone over again and again: by callers, for stores, for stubs. */
  readonly #known = new Map<number, Instruction>();
  /** Where the last instruction was. */
  #section: Section | null = null;
  #decoder: IcedDecoder | null = null;

  constructor(iced: Iced, image: Image, context: X86Context) {
    this.#image = image;
    this.#lowering = { iced, operands: new Operands(iced, context), is64: context.is64 };
  }

  at(rva: number): Instruction {
    let instruction = this.#known.get(rva);
    if (instruction === undefined) {
      instruction = this.#decode(rva);
      this.#known.set(rva, instruction);
    }
    return instruction;
  }

  #decode(rva: number): Instruction {
    const decoder = this.#decoderAt(rva);
    if (decoder === null || this.#section === null) return NO_CODE(rva);
    const length = decoder.decode(rva - this.#section.virtualAddress, rva);
    return length === 0 ? NO_CODE(rva) : lower(this.#lowering, rva, length);
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
