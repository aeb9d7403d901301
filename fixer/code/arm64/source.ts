/** ARM64 code of an image as instructions. */
import type { Image } from '../../pe/image.js';
import { type Instruction, type InstructionSource, STOP } from '../instruction.js';

export class Arm64Source implements InstructionSource {
  readonly #image: Image;
  constructor(image: Image) {
    this.#image = image;
  }
  at(rva: number): Instruction {
    void this.#image;
    return { rva, length: 4, steps: [], flow: STOP };
  }
}
