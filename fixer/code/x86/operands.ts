/** iced's operands as the analysis wants them. */
import {
  addressAt,
  literal,
  type MemoryOperand,
  type Operand,
  type RegisterOperand,
  register,
  wideLiteral,
} from '../instruction.js';
import type { Iced } from './iced.js';
import { MEMORY_SIZE, OP_KIND, REGISTER } from './mnemonics.js';

/** What a decoder has to know about the image. */
export interface X86Context {
  readonly is64: boolean;
  readonly imageBase: number;
  readonly sizeOfImage: number;
  /** True when the loader relocates the 4 bytes at `rva`: on x86 only that tells an address from a number. */
  isRelocated(rva: number): boolean;
}

export class Operands {
  readonly #iced: Iced;
  readonly #context: X86Context;

  constructor(iced: Iced, context: X86Context) {
    this.#iced = iced;
    this.#context = context;
  }

  /** Null for anything that is neither a general-purpose register, memory by registers, nor a constant. */
  read(index: number, rva: number, length: number): Operand | null {
    const kind = this.#iced.kind(index);
    if (kind === OP_KIND.register) return this.register(index);
    if (kind === OP_KIND.memory) return this.memory(rva, length);
    return this.#constant(kind, rva, length);
  }

  register(index: number): RegisterOperand | null {
    return REGISTERS[this.#iced.register(index)] ?? null;
  }

  memory(rva: number, length: number): MemoryOperand {
    const iced = this.#iced;
    const base = iced.memoryBase;
    const index = REGISTERS[iced.memoryIndex]?.register ?? -1;
    const scale = index < 0 ? 1 : iced.memoryScale;
    const segment = iced.isThreadLocal;
    const width = MEMORY_SIZE[iced.memorySize] ?? 64;
    let baseRegister = -1;
    let displacement: number;
    let inImage = false;
    if (base === REGISTER.rip || base === REGISTER.eip) {
      displacement = (iced.displacement + rva + length - iced.nextIp) >>> 0;
      inImage = true;
    } else {
      baseRegister = REGISTERS[base]?.register ?? -1;
      if (this.#context.is64) displacement = iced.wideDisplacement;
      else {
        displacement = iced.displacement;
        inImage = this.#isAddress(displacement >>> 0, rva, length);
        if (inImage) displacement = (displacement >>> 0) - this.#context.imageBase;
      }
    }
    return { kind: 'memory', base: baseRegister, index, scale, displacement, inImage, segment, width };
  }

  #constant(kind: number, rva: number, length: number): Operand | null {
    const value = this.#iced.immediate;
    switch (kind) {
      case OP_KIND.immediate8:
        return literal(value & 0xff);
      case OP_KIND.immediate8to16:
        return literal(((value << 24) >> 24) & 0xffff);
      case OP_KIND.immediate8to32:
        return literal(((value << 24) >> 24) >>> 0);
      case OP_KIND.immediate8to64:
        return literal((value << 24) >> 24);
      case OP_KIND.immediate16:
        return literal(value & 0xffff);
      case OP_KIND.immediate32:
        return !this.#context.is64 && this.#isAddress(value >>> 0, rva, length)
          ? addressAt((value >>> 0) - this.#context.imageBase)
          : literal(value >>> 0);
      case OP_KIND.immediate32to64:
        return literal(value);
      case OP_KIND.immediate64: {
        const wide = this.#iced.wideImmediate;
        const { imageBase, sizeOfImage } = this.#context;
        return wide >= imageBase && wide < imageBase + sizeOfImage && imageBase > 0xffff
          ? addressAt(wide - imageBase)
          : wideLiteral(value, this.#iced.displacement);
      }
      default:
        return null;
    }
  }

  /** The field of 4 bytes is the last of the instruction, or an immediate of 1, 2 or 4 bytes follows it. */
  #isAddress(value: number, rva: number, length: number): boolean {
    const { imageBase, sizeOfImage } = this.#context;
    if (value < imageBase || value >= imageBase + sizeOfImage) return false;
    for (const back of [4, 5, 6, 8]) if (back < length && this.#context.isRelocated(rva + length - back)) return true;
    return false;
  }
}

/** A general-purpose register by iced's number: its encoding (0 rax, 1 rcx ...), width and shift; null for others. */
function generalRegister(number: number): RegisterOperand | null {
  if (number < REGISTER.al || number >= REGISTER.rax + 16) return null;
  if (number >= REGISTER.rax) return register(number - REGISTER.rax, 8);
  if (number >= REGISTER.eax) return register(number - REGISTER.eax, 4);
  if (number >= REGISTER.ax) return register(number - REGISTER.ax, 2);
  const index = number - REGISTER.al;
  if (index < 4) return register(index, 1);
  return index < 8 ? register(index - 4, 1, 8) : register(index - 4, 1);
}

/** The same object for every use: most operands are one of these. */
const REGISTERS: readonly (RegisterOperand | null)[] = Array.from({ length: 256 }, (_, number) =>
  generalRegister(number),
);
