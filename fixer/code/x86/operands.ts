/** iced's operands as the analysis wants them. */
import { addressAt, literal, type MemoryOperand, type Operand, type RegisterOperand } from '../instruction.js';
import { generalRegister, type IcedExports } from './iced.js';
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
  readonly #iced: IcedExports;
  readonly #instruction: number;
  readonly #context: X86Context;

  constructor(iced: IcedExports, instruction: number, context: X86Context) {
    this.#iced = iced;
    this.#instruction = instruction;
    this.#context = context;
  }

  kind(index: number): number {
    if (index === 0) return this.#iced.instruction_op0Kind(this.#instruction);
    return index === 1
      ? this.#iced.instruction_op1Kind(this.#instruction)
      : this.#iced.instruction_op2Kind(this.#instruction);
  }

  registerNumber(index: number): number {
    if (index === 0) return this.#iced.instruction_op0Register(this.#instruction);
    return index === 1
      ? this.#iced.instruction_op1Register(this.#instruction)
      : this.#iced.instruction_op2Register(this.#instruction);
  }

  /** Null for anything that is neither a general-purpose register, memory by registers, nor a constant. */
  read(index: number, rva: number, length: number): Operand | null {
    const kind = this.kind(index);
    if (kind === OP_KIND.register) return this.register(index);
    if (kind === OP_KIND.memory) return this.memory(rva, length);
    return this.#constant(kind, rva, length);
  }

  register(index: number): RegisterOperand | null {
    const found = generalRegister(this.registerNumber(index));
    return found === null ? null : { kind: 'register', ...found };
  }

  memory(rva: number, length: number): MemoryOperand {
    const iced = this.#iced;
    const instruction = this.#instruction;
    const base = iced.instruction_memoryBase(instruction);
    const index = generalRegister(iced.instruction_memoryIndex(instruction))?.register ?? -1;
    const segment = iced.instruction_memorySegment(instruction);
    const width = MEMORY_SIZE[iced.instruction_memorySize(instruction)] ?? 64;
    const raw = iced.instruction_memoryDisplacement(instruction);
    const scale = index < 0 ? 1 : iced.instruction_memoryIndexScale(instruction);
    const common = {
      kind: 'memory',
      index,
      scale,
      segment: segment === REGISTER.fs || segment === REGISTER.gs,
      width,
    } as const;
    if (base === REGISTER.rip || base === REGISTER.eip)
      return { ...common, base: -1, displacement: Number(BigInt.asUintN(32, raw)), inImage: true };
    const baseRegister = generalRegister(base)?.register ?? -1;
    if (this.#context.is64)
      return { ...common, base: baseRegister, displacement: Number(BigInt.asIntN(64, raw)), inImage: false };
    const displacement = Number(BigInt.asUintN(32, raw));
    const inImage = this.#isAddress(displacement, rva, length);
    return {
      ...common,
      base: baseRegister,
      displacement: inImage ? displacement - this.#context.imageBase : displacement | 0,
      inImage,
    };
  }

  #constant(kind: number, rva: number, length: number): Operand | null {
    const iced = this.#iced;
    const instruction = this.#instruction;
    switch (kind) {
      case OP_KIND.immediate8:
        return literal(iced.instruction_immediate8(instruction) & 0xff);
      case OP_KIND.immediate8to16:
        return literal(iced.instruction_immediate8to16(instruction) & 0xffff);
      case OP_KIND.immediate8to32:
        return literal(iced.instruction_immediate8to32(instruction) >>> 0);
      case OP_KIND.immediate8to64:
        return literal(iced.instruction_immediate8to32(instruction) | 0);
      case OP_KIND.immediate16:
        return literal(iced.instruction_immediate16(instruction) & 0xffff);
      case OP_KIND.immediate32: {
        const value = iced.instruction_immediate32(instruction) >>> 0;
        return !this.#context.is64 && this.#isAddress(value, rva, length)
          ? addressAt(value - this.#context.imageBase)
          : literal(value);
      }
      case OP_KIND.immediate32to64:
        return literal(Number(BigInt.asIntN(64, iced.instruction_immediate32to64(instruction))));
      case OP_KIND.immediate64: {
        const value = Number(BigInt.asIntN(64, iced.instruction_immediate64(instruction)));
        const { imageBase, sizeOfImage } = this.#context;
        return value >= imageBase && value < imageBase + sizeOfImage && imageBase > 0xffff
          ? addressAt(value - imageBase)
          : literal(value);
      }
      default:
        return null;
    }
  }

  /** The field of 4 bytes is the last of the instruction, or an immediate of 1, 2 or 4 bytes follows it. */
  #isAddress(value: number, rva: number, length: number): boolean {
    const { imageBase, sizeOfImage } = this.#context;
    if (value < imageBase || value >= imageBase + sizeOfImage) return false;
    return [4, 5, 6, 8].some((back) => back < length && this.#context.isRelocated(rva + length - back));
  }
}
