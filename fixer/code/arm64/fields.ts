/** Bit fields of A64 instructions. Source: Arm Architecture Reference Manual for A-profile, "A64 Instruction Set Encoding". */
import { type Condition, literal, type Operand, register, type Step, wideLiteral } from '../instruction.js';

export const SP = 31;

export const bits = (word: number, high: number, low: number): number => (word >>> low) & (2 ** (high - low + 1) - 1);
export const signedBits = (word: number, high: number, low: number): number =>
  (word << (31 - high)) >> (31 - high + low);

/** Destination and operands. */
export const rd = (word: number): number => word & 31;
export const rn = (word: number): number => bits(word, 9, 5);
export const rm = (word: number): number => bits(word, 20, 16);
/** 8 bytes for the X form, 4 for the W form. */
export const widthOf = (word: number): number => (word >>> 31 === 1 ? 8 : 4);

/** Register 31 reads as zero where it is not the stack pointer. */
export const source = (number: number, width: number): Operand =>
  number === SP ? literal(0) : register(number, width);

/** A write of register 31 is dropped where it is not the stack pointer. */
export const toRegister = (number: number, step: (to: ReturnType<typeof register>) => Step, width: number): Step[] =>
  number === SP ? [] : [step(register(number, width))];

export const forget = (...registers: number[]): Step => ({
  kind: 'forget',
  registers: registers.filter((number) => number !== SP),
  memory: null,
});

/** Its destination is unknown: something is made of the operands, RN and RM, in a way that is not followed. */
export const unknownOf = (word: number, ...others: readonly number[]): Step => ({
  kind: 'forget',
  registers: [rd(word)].filter((number) => number !== SP),
  memory: null,
  reads: [rn(word), rm(word), ...others].filter((number) => number !== SP),
});

/** Nothing but the flags. */
export const FLAGS_ONLY: Step = { kind: 'forget', registers: [], memory: null };

/** Conditions by the condition's number: EQ, NE, HS, LO, then HI, LS, GE, LT, GT, LE. */
export const CONDITIONS: Readonly<Record<number, Condition>> = {
  0: 'equal',
  1: 'not-equal',
  2: 'not-below',
  3: 'below',
  8: 'above',
  9: 'not-above',
  10: 'not-less',
  11: 'less',
  12: 'greater',
  13: 'not-greater',
};

/** The immediate of AND, ORR, EOR and ANDS ("DecodeBitMasks"); null where reserved. */
export function bitMask(word: number, width: number): Operand | null {
  const n = bits(word, 22, 22);
  const immr = bits(word, 21, 16);
  const imms = bits(word, 15, 10);
  if (width === 4 && n === 1) return null;
  const pattern = (n << 6) | (~imms & 0x3f);
  const length = 31 - Math.clz32(pattern);
  if (length < 1) return null;
  const size = 2 ** length;
  const ones = (imms & (size - 1)) + 1;
  const rotation = immr & (size - 1);
  if (ones === size) return null;
  const element = (1n << BigInt(ones)) - 1n;
  const mask = (1n << BigInt(size)) - 1n;
  const rotated = ((element >> BigInt(rotation)) | (element << BigInt(size - rotation))) & mask;
  let value = 0n;
  for (let at = 0; at < width * 8; at += size) value |= rotated << BigInt(at);
  const low = Number(value & 0xffffffffn);
  return width === 4 ? literal(low) : wideLiteral(low, Number(value >> 32n));
}

/** Where B and BL at `pc` go to. */
export const branchTarget = (word: number, pc: number): number => pc + ((word << 6) >> 4);

/** What ADR adds to its own address, in bytes, and ADRP to its page's number. */
export const addressImmediate = (word: number): number =>
  ((((word >>> 5) & 0x7ffff) << 13) >> 11) | ((word >>> 29) & 3);
