/** x86 and x64 code of an image as instructions. */
import type { Image } from '../../pe/image.js';
import { isExecutable, type Section } from '../../pe/sections.js';
import { type Instruction, type InstructionSource, STOP } from '../instruction.js';
import { IcedDecoder, type IcedExports } from './iced.js';
import { type Lowering, lower } from './lower.js';
import { Operands, type X86Context } from './operands.js';

export class X86Source implements InstructionSource {
  readonly #iced: IcedExports;
  readonly #image: Image;
  readonly #lowering: Lowering;
  /** One a section, made when its first instruction is wanted. */
  readonly #decoders = new Map<Section, IcedDecoder>();

  /** @param instruction a reusable instruction of the module (`instruction_new`) */
  constructor(iced: IcedExports, instruction: number, image: Image, context: X86Context) {
    this.#iced = iced;
    this.#image = image;
    this.#lowering = { iced, instruction, operands: new Operands(iced, instruction, context), is64: context.is64 };
  }

  at(rva: number): Instruction {
    const section = this.#image.addressSpace.sectionAt(rva);
    if (section === null || !isExecutable(section)) return { rva, length: 1, steps: [], flow: STOP };
    let decoder = this.#decoders.get(section);
    if (decoder === undefined) {
      const code = this.#image.bytes.subarray(
        section.rawOffset,
        section.rawOffset + Math.min(section.rawSize, section.extent),
      );
      decoder = new IcedDecoder(this.#iced, this.#lowering.instruction, this.#lowering.is64 ? 64 : 32, code);
      this.#decoders.set(section, decoder);
    }
    const length = decoder.decode(rva - section.virtualAddress, rva);
    if (length === 0) return { rva, length: 1, steps: [], flow: STOP };
    return lower(this.#lowering, rva, length);
  }

  free(): void {
    for (const decoder of this.#decoders.values()) decoder.free();
    this.#decoders.clear();
  }
}
