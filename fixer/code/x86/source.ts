/** x86 and x64 code of an image as instructions. */
import type { Image } from '../../pe/image.js';
import { isExecutable, type Section } from '../../pe/sections.js';
import { DecodedInstruction, DecodingSource, noCode, type StepSource } from '../decoded.js';
import type { Step } from '../instruction.js';
import { type Iced, IcedDecoder } from './iced.js';
import { flowOf, type Lowering, stepsOf } from './lower.js';
import { Operands, type X86Context } from './operands.js';

export class X86Source extends DecodingSource implements StepSource {
  readonly #image: Image;
  readonly #lowering: Lowering;
  /** One a section, made when its first instruction is wanted. */
  readonly #decoders = new Map<Section, IcedDecoder>();
  /** Where the last instruction was. */
  #section: Section | null = null;
  #decoder: IcedDecoder | null = null;

  constructor(iced: Iced, image: Image, context: X86Context) {
    super();
    this.#image = image;
    this.#lowering = { iced, operands: new Operands(iced, context), is64: context.is64 };
  }

  protected override decode(rva: number): DecodedInstruction {
    const length = this.#read(rva);
    if (length === 0) return noCode(rva, 1);
    return new DecodedInstruction(rva, length, flowOf(this.#lowering, rva, length), null, this);
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
