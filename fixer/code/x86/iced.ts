/**
 * iced-x86's WebAssembly without its JavaScript: the dozen functions that are needed, called directly. The glue of the
 * package is 900 KB and takes longer to load than a driver to check.
 */
import { REGISTER } from './mnemonics.js';

/** The exports that are used; all take the pointer of a decoder or of an instruction. */
export interface IcedExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  __wbindgen_malloc(size: number, alignment: number): number;
  __wbindgen_add_to_stack_pointer(by: number): number;
  __wbg_decoder_free(decoder: number): void;
  decoder_new(result: number, bitness: number, data: number, length: number, options: number): void;
  decoder_set_ip(decoder: number, ip: bigint): void;
  decoder_position(decoder: number): number;
  decoder_set_position(result: number, decoder: number, position: number): void;
  decoder_decodeOut(decoder: number, instruction: number): void;
  instruction_new(): number;
  instruction_length(instruction: number): number;
  instruction_mnemonic(instruction: number): number;
  instruction_flowControl(instruction: number): number;
  instruction_opCount(instruction: number): number;
  instruction_op0Kind(instruction: number): number;
  instruction_op1Kind(instruction: number): number;
  instruction_op2Kind(instruction: number): number;
  instruction_op0Register(instruction: number): number;
  instruction_op1Register(instruction: number): number;
  instruction_op2Register(instruction: number): number;
  instruction_memoryBase(instruction: number): number;
  instruction_memoryIndex(instruction: number): number;
  instruction_memoryIndexScale(instruction: number): number;
  instruction_memoryDisplacement(instruction: number): bigint;
  instruction_memorySegment(instruction: number): number;
  instruction_memorySize(instruction: number): number;
  instruction_immediate8(instruction: number): number;
  instruction_immediate8to16(instruction: number): number;
  instruction_immediate8to32(instruction: number): number;
  instruction_immediate16(instruction: number): number;
  instruction_immediate32(instruction: number): number;
  instruction_immediate32to64(instruction: number): bigint;
  instruction_immediate64(instruction: number): bigint;
  instruction_nearBranchTarget(instruction: number): bigint;
  instruction_hasRepPrefix(instruction: number): number;
  instruction_hasRepnePrefix(instruction: number): number;
}

/** A decoder over one stretch of code. `free` it: the collector does not see WebAssembly's memory. */
export class IcedDecoder {
  readonly #iced: IcedExports;
  readonly #decoder: number;
  readonly #length: number;
  #position = -1;
  /** The instruction that the last `decode` filled; belongs to the module and is used again. */
  readonly instruction: number;

  constructor(iced: IcedExports, instruction: number, bitness: 32 | 64, code: Uint8Array) {
    this.#iced = iced;
    this.#length = code.length;
    this.instruction = instruction;
    const data = iced.__wbindgen_malloc(code.length, 1);
    new Uint8Array(iced.memory.buffer).set(code, data);
    const result = iced.__wbindgen_add_to_stack_pointer(-16);
    iced.decoder_new(result, bitness, data, code.length, 0);
    this.#decoder = new DataView(iced.memory.buffer).getUint32(result, true);
    iced.__wbindgen_add_to_stack_pointer(16);
  }

  /** Decodes at `position`, as if it were loaded at `rva`; returns the length, 0 behind the end. */
  decode(position: number, rva: number): number {
    const iced = this.#iced;
    if (position < 0 || position >= this.#length) return 0;
    if (position !== this.#position) {
      const result = iced.__wbindgen_add_to_stack_pointer(-16);
      iced.decoder_set_position(result, this.#decoder, position);
      iced.__wbindgen_add_to_stack_pointer(16);
      iced.decoder_set_ip(this.#decoder, BigInt(rva));
    }
    iced.decoder_decodeOut(this.#decoder, this.instruction);
    const length = iced.instruction_length(this.instruction);
    this.#position = position + length;
    return length;
  }

  free(): void {
    this.#iced.__wbg_decoder_free(this.#decoder);
  }
}

/** A general-purpose register by iced's number: its encoding (0 rax, 1 rcx ...), width and shift; null for others. */
export function generalRegister(number: number): { register: number; width: number; shift: number } | null {
  if (number < REGISTER.al || number >= REGISTER.rax + 16) return null;
  if (number >= REGISTER.rax) return { register: number - REGISTER.rax, width: 8, shift: 0 };
  if (number >= REGISTER.eax) return { register: number - REGISTER.eax, width: 4, shift: 0 };
  if (number >= REGISTER.ax) return { register: number - REGISTER.ax, width: 2, shift: 0 };
  const index = number - REGISTER.al;
  if (index < 4) return { register: index, width: 1, shift: 0 };
  if (index < 8) return { register: index - 4, width: 1, shift: 8 };
  return { register: index - 4, width: 1, shift: 0 };
}
