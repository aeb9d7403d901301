/** Every instruction of x86 and x64 whose operand is memory, as iced-x86's own package decodes and describes it. */
import { createRequire } from 'node:module';

interface Instruction {
  readonly code: number;
  readonly mnemonic: number;
  readonly length: number;
  readonly opCount: number;
  readonly flowControl: number;
  readonly isIpRelMemoryOperand: boolean;
  opKind(operand: number): number;
  free(): void;
}

interface Package {
  readonly Decoder: new (bitness: number, data: Uint8Array, options: number) => { decode(): Instruction; free(): void };
  readonly InstructionInfoFactory: new () => {
    info(instruction: Instruction): { opAccess(operand: number): number; free(): void };
  };
  readonly Mnemonic: Readonly<Record<number, string>>;
  readonly OpAccess: Readonly<Record<string, number>>;
  readonly OpKind: { readonly Memory: number };
  readonly FlowControl: { readonly Next: number };
}
const iced = createRequire(import.meta.url)('iced-x86') as Package;

export interface Encoding {
  readonly bytes: Uint8Array;
  /** Offset in `bytes` of the 4 bytes that are the distance, where it is relative to the instruction pointer. */
  readonly displacement: number;
  readonly name: string;
  readonly mnemonic: number;
  /** Operand that is memory. */
  readonly operand: number;
  readonly writes: boolean;
  /** Goes on to the next instruction. */
  readonly isPlain: boolean;
  /** The operand is relative to the instruction pointer. */
  readonly isRelative: boolean;
}

const PREFIXES = [[], [0x66], [0xf3], [0xf2]];
const ESCAPES = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

/** Beginnings of instructions up to the opcode. */
function* beginnings(bitness: 32 | 64): Generator<readonly number[]> {
  const opcodes = Array.from({ length: 256 }, (_, opcode) => opcode);
  for (const prefix of PREFIXES)
    for (const rex of bitness === 64 ? [[], [0x48]] : [[]])
      for (const escape_ of ESCAPES) for (const opcode of opcodes) yield [...prefix, ...rex, ...escape_, opcode];
  // VEX of 2 and 3 bytes, EVEX: map, prefix, length and W.
  for (let pp = 0; pp < 4; pp++)
    for (const l of [0, 1, 2])
      for (const unused of [0xf, 0xe])
        for (const opcode of opcodes) {
          if (l < 2) yield [0xc5, 0x80 | (unused << 3) | (l << 2) | pp, opcode];
          for (let map = 1; map <= 7; map++)
            for (const w of [0, 0x80]) {
              if (l < 2 && map <= 3) yield [0xc4, 0xe0 | map, w | (unused << 3) | (l << 2) | pp, opcode];
              for (const mask of [0, 1])
                yield [0x62, 0xf0 | map, w | (unused << 3) | 4 | pp, (l << 5) | 8 | mask, opcode];
            }
        }
}

/** One of each instruction that iced tells apart. */
export function* memoryEncodings(bitness: 32 | 64): Generator<Encoding> {
  const factory = new iced.InstructionInfoFactory();
  const { Write, ReadWrite, CondWrite, ReadCondWrite } = iced.OpAccess;
  const seen = new Set<number>();
  for (const beginning of beginnings(bitness))
    for (let field = 0; field < 8; field++) {
      const bytes = new Uint8Array(16);
      bytes.set([...beginning, 0x05 | (field << 3)]);
      const decoder = new iced.Decoder(bitness, bytes, 0);
      const instruction = decoder.decode();
      const { code, mnemonic, length, opCount, flowControl, isIpRelMemoryOperand } = instruction;
      const operand = [0, 1, 2, 3].find((each) => each < opCount && instruction.opKind(each) === iced.OpKind.Memory);
      if (code !== 0 && operand !== undefined && !seen.has(code)) {
        seen.add(code);
        const info = factory.info(instruction);
        const access = info.opAccess(operand);
        info.free();
        yield {
          bytes: bytes.slice(0, length),
          displacement: beginning.length + 1,
          name: iced.Mnemonic[mnemonic] ?? '',
          mnemonic,
          operand,
          writes: [Write, ReadWrite, CondWrite, ReadCondWrite].includes(access),
          isPlain: flowControl === iced.FlowControl.Next,
          isRelative: isIpRelMemoryOperand,
        };
      }
      instruction.free();
      decoder.free();
    }
}
