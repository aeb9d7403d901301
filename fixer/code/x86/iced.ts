/**
 * iced-x86's WebAssembly without its JavaScript: the few functions that are needed, called directly, and the decoded
 * instruction read where the module has it in memory. The glue of the package is 900 KB and takes longer to load than a
 * driver to check, and its accessors are a call across the border for each field.
 */

/** The exports that are used: the build leaves the others out. All take the pointer of a decoder or of an instruction. */
export interface IcedExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  __wbindgen_malloc(size: number, alignment: number): number;
  __wbindgen_add_to_stack_pointer(by: number): number;
  __wbg_decoder_free(decoder: number): void;
  decoder_new(result: number, bitness: number, data: number, length: number, options: number): void;
  decoder_set_position(result: number, decoder: number, position: number): void;
  decoder_decodeOut(decoder: number, instruction: number): void;
  instruction_new(): number;
  instruction_mnemonic(instruction: number): number;
  instruction_flowControl(instruction: number): number;
  instruction_opCount(instruction: number): number;
  instruction_memorySize(instruction: number): number;
}

/**
 * Where iced-x86 1.21.0 has the members of its `Instruction`, in bytes from the pointer that `instruction_new` gives;
 * tests/code/x86/iced-module.test.ts compares them with the package's accessors.
 */
const FIELD = {
  nextIp: 8,
  displacement: 16,
  kinds: 24,
  flags: 28,
  immediate: 32,
  registers: 36,
  code: 40,
  scale: 42,
  base: 43,
  index: 44,
  length: 46,
} as const;
const SEGMENT_SHIFT = 5;
const BROADCAST = 0x04000000;
const REPE = 0x20000000;
const REPNE = 0x40000000;
/** The fifth and the sixth of ES, CS, SS, DS, FS, GS; 0 is none. */
const FS = 5;
const GS = 6;
const TWO_32 = 2 ** 32;

/** The module, and the instruction that was decoded last. */
export class Iced {
  readonly exports: IcedExports;
  readonly pointer: number;
  /** Facts of each of iced's codes as they are met: bit 31 known, memory size, operand count, flow, mnemonic. */
  readonly #facts = new Int32Array(8192);
  #bytes: Uint8Array;
  #words: Int32Array;

  /** Throws where the module is not iced-x86's of the version whose layout is known. */
  constructor(exports: IcedExports) {
    this.exports = exports;
    this.pointer = exports.instruction_new();
    this.#bytes = new Uint8Array(exports.memory.buffer);
    this.#words = new Int32Array(exports.memory.buffer);
    if (!this.#hasKnownLayout()) throw new Error('the WebAssembly module is not that of iced-x86 1.21.0');
  }

  /** Memory that grew has a new buffer. */
  refresh(): void {
    const { buffer } = this.exports.memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
  }

  copyIn(bytes: Uint8Array, at: number): void {
    this.#bytes.set(bytes, at);
  }

  get length(): number {
    return this.#bytes[this.pointer + FIELD.length] as number;
  }

  get mnemonic(): number {
    return this.#factsOfCode() & 0xfff;
  }

  get flowControl(): number {
    return (this.#factsOfCode() >>> 12) & 0xf;
  }

  get operandCount(): number {
    return (this.#factsOfCode() >>> 16) & 0x7;
  }

  get memorySize(): number {
    // Another size than the code alone says.
    if (((this.#words[(this.pointer + FIELD.flags) >> 2] as number) & BROADCAST) !== 0)
      return this.exports.instruction_memorySize(this.pointer);
    return (this.#factsOfCode() >>> 19) & 0xff;
  }

  /** OpKind of operand 0 to 3. */
  kind(operand: number): number {
    return this.#bytes[this.pointer + FIELD.kinds + operand] as number;
  }

  register(operand: number): number {
    return this.#bytes[this.pointer + FIELD.registers + operand] as number;
  }

  get memoryBase(): number {
    return this.#bytes[this.pointer + FIELD.base] as number;
  }

  get memoryIndex(): number {
    return this.#bytes[this.pointer + FIELD.index] as number;
  }

  /** 1, 2, 4 or 8. */
  get memoryScale(): number {
    return 1 << (this.#bytes[this.pointer + FIELD.scale] as number);
  }

  /** The low 32 bits, signed. */
  get displacement(): number {
    return this.#words[(this.pointer + FIELD.displacement) >> 2] as number;
  }

  /** Low 32 bits of the address after the instruction, as the decoder counts; see `IcedDecoder`. */
  get nextIp(): number {
    return this.#words[(this.pointer + FIELD.nextIp) >> 2] as number;
  }

  /** All 64 bits, signed, as near as a double comes. */
  get wideDisplacement(): number {
    const high = this.#words[(this.pointer + FIELD.displacement + 4) >> 2] as number;
    return high * TWO_32 + (this.displacement >>> 0);
  }

  /** The low 32 bits, signed. */
  get immediate(): number {
    return this.#words[(this.pointer + FIELD.immediate) >> 2] as number;
  }

  /** All 64 bits of an immediate of 8 bytes, signed, as near as a double comes. */
  get wideImmediate(): number {
    return this.displacement * TWO_32 + (this.immediate >>> 0);
  }

  get isThreadLocal(): boolean {
    const segment = ((this.#words[(this.pointer + FIELD.flags) >> 2] as number) >>> SEGMENT_SHIFT) & 7;
    return segment === FS || segment === GS;
  }

  get repeats(): boolean {
    return ((this.#words[(this.pointer + FIELD.flags) >> 2] as number) & (REPE | REPNE)) !== 0;
  }

  #factsOfCode(): number {
    const at = this.pointer + FIELD.code;
    const code = (this.#bytes[at] as number) | ((this.#bytes[at + 1] as number) << 8);
    const known = this.#facts[code] as number;
    if (known !== 0) return known;
    const { exports, pointer } = this;
    const facts =
      (1 << 31) |
      (exports.instruction_memorySize(pointer) << 19) |
      (exports.instruction_opCount(pointer) << 16) |
      (exports.instruction_flowControl(pointer) << 12) |
      exports.instruction_mnemonic(pointer);
    // The size that an instruction without broadcast has is the one that counts.
    if (((this.#words[(pointer + FIELD.flags) >> 2] as number) & BROADCAST) === 0) this.#facts[code] = facts;
    return facts;
  }

  /** `mov rax, [rcx+rdx*4+11223344h]` with its members where they are looked for. */
  #hasKnownLayout(): boolean {
    const decoder = new IcedDecoder(this, 64, Uint8Array.of(0x48, 0x8b, 0x84, 0x91, 0x44, 0x33, 0x22, 0x11));
    const length = decoder.decode(0);
    decoder.free();
    return (
      length === 8 &&
      this.nextIp === 8 &&
      this.wideDisplacement === 0x11223344 &&
      this.memoryScale === 4 &&
      this.kind(0) === 0 &&
      this.kind(1) === 24 &&
      this.memoryIndex === this.memoryBase + 1 &&
      this.register(0) === this.memoryBase - 1
    );
  }
}

/**
 * A decoder over one stretch of code. `free` it: the collector does not see WebAssembly's memory. Its instruction pointer
 * starts at 0 and only counts what it decodes, because setting it takes a BigInt: whoever reads an address that is
 * relative to it adds the distance from `nextIp` to where the next instruction really is.
 */
export class IcedDecoder {
  readonly #iced: Iced;
  readonly #decoder: number;
  readonly #length: number;
  #position = 0;

  constructor(iced: Iced, bitness: 32 | 64, code: Uint8Array) {
    const { exports } = iced;
    this.#iced = iced;
    this.#length = code.length;
    const data = exports.__wbindgen_malloc(code.length, 1);
    iced.refresh();
    iced.copyIn(code, data);
    const result = exports.__wbindgen_add_to_stack_pointer(-16);
    exports.decoder_new(result, bitness, data, code.length, 0);
    this.#decoder = new DataView(exports.memory.buffer).getUint32(result, true);
    exports.__wbindgen_add_to_stack_pointer(16);
    iced.refresh();
  }

  /** Decodes into the module's instruction; returns the length, 0 behind the end. */
  decode(position: number): number {
    if (position < 0 || position >= this.#length) return 0;
    const iced = this.#iced;
    const { exports } = iced;
    if (position !== this.#position) {
      const result = exports.__wbindgen_add_to_stack_pointer(-16);
      exports.decoder_set_position(result, this.#decoder, position);
      exports.__wbindgen_add_to_stack_pointer(16);
    }
    exports.decoder_decodeOut(this.#decoder, iced.pointer);
    const { length } = iced;
    this.#position = position + length;
    return length;
  }

  free(): void {
    this.#iced.exports.__wbg_decoder_free(this.#decoder);
  }
}
