/** Which bytes of x86 and x64 code may be an instruction that stores. Source: Intel SDM, volume 2, opcode maps. */

/** First bytes of an escape, and of the prefixes of vector instructions. */
const TWO_BYTES = 0x0f;
const VEX_OF_2 = 0xc5;
const VEX_OF_3 = 0xc4;
const EVEX = 0x62;

/** Opcodes that write to their ModRM operand, and the immediate groups. */
const STORES: ReadonlySet<number> = new Set([
  0x00, 0x01, 0x08, 0x09, 0x10, 0x11, 0x18, 0x19, 0x20, 0x21, 0x28, 0x29, 0x30, 0x31, 0x80, 0x81, 0x83, 0x86, 0x87,
  0x88, 0x89, 0x8c, 0x8f, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7, 0xfe,
]);

/** By opcode the values of ModRM's middle field with which it is INC or DEC (FF), or an x87 instruction that stores, as bits. */
const STORES_OF_GROUP: ReadonlyMap<number, number> = new Map([
  [0xff, 0b0000_0011],
  [0xd9, 0b1100_1100],
  [0xdb, 0b1000_1110],
  [0xdd, 0b1100_1110],
  [0xdf, 0b1100_1110],
]);

/**
 * The opcode at `at`, with a ModRM byte behind it, may store. Of those behind an escape or a prefix (0F, 0F 38, 0F 3A, VEX,
 * EVEX) any may; the decoder tells later.
 */
export function isStore(bytes: Uint8Array, at: number): boolean {
  const opcode = bytes[at] as number;
  if (STORES.has(opcode)) return true;
  const group = STORES_OF_GROUP.get(opcode);
  const field = ((bytes[at + 1] as number) >> 3) & 7;
  if (group !== undefined && ((group >> field) & 1) === 1) return true;
  const [one, two, three] = [bytes[at - 1], bytes[at - 2], bytes[at - 3]];
  const isEscaped = one === TWO_BYTES || (two === TWO_BYTES && (one === 0x38 || one === 0x3a));
  return isEscaped || two === VEX_OF_2 || three === VEX_OF_3 || bytes[at - 4] === EVEX;
}

const PLAIN_STORES: ReadonlySet<number> = new Set([0x30, 0x31, 0x80, 0x81, 0x83, 0x88, 0x89, 0xc6, 0xc7]);
/** Behind 0F. */
const VECTOR_STORES: ReadonlySet<number> = new Set([0x11, 0x13, 0x17, 0x29, 0x2b, 0x7f, 0xc3, 0xd6, 0xe7]);

/** What patches code: MOV, OR, AND, XOR, ADD of bytes, words or a vector. */
export function isPlainStore(bytes: Uint8Array, at: number): boolean {
  const opcode = bytes[at] as number;
  return PLAIN_STORES.has(opcode) || (bytes[at - 1] === TWO_BYTES && VECTOR_STORES.has(opcode));
}
