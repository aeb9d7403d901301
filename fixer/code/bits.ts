/** Operations on values of which only bits are known. */
import type { Operation } from './instruction.js';
import { constant, knownBits, partly, singleConstant, UNKNOWN, type Value } from './value.js';

const ALL = 0xffffffff;

export const isOneBit = (bits: number): boolean => bits !== 0 && (bits & (bits - 1)) === 0;

/** A mask of 32 bits leaves none above them. */
export function isShortMask(operation: Operation, b: Value): boolean {
  const mask = operation === 'and' ? (singleConstant(b) ?? -1) : -1;
  return mask >= 0 && mask < 2 ** 32;
}

/** What is left when one side is unknown: which bits are certain. */
export function computeBits(operation: Operation, a: Value, b: Value): Value {
  if (operation === 'multiply' || operation === 'add') return computeSum(operation, a, b);
  if (operation === 'xor' || operation === 'subtract' || operation === 'shift-right-signed') return UNKNOWN;
  const x = knownBits(a);
  const y = knownBits(b);
  if (operation === 'and-not') return partly(x.ones & y.zeros, x.zeros | y.ones);
  if (operation === 'or') return partly(x.ones | y.ones, x.zeros & y.zeros);
  if (operation === 'and') {
    const [ones, zeros] = [(x.ones & y.ones) >>> 0, (x.zeros | y.zeros) >>> 0];
    return isShortMask(operation, b) && (ones | zeros) >>> 0 === ALL ? constant(ones) : partly(ones, zeros);
  }
  const count = b.atoms?.length === 1 && b.atoms[0]?.kind === 'constant' ? b.atoms[0].value : null;
  if (count === null || count < 0 || count > 31) return UNKNOWN;
  if (operation === 'shift-right') return partly(x.ones >>> count, (x.zeros >>> count) | ~(ALL >>> count));
  return partly(x.ones << count, (x.zeros << count) | (2 ** count - 1));
}

/** LEA shifts and ORs too: by a power of two, or where no bit can be carried. */
function computeSum(operation: 'multiply' | 'add', a: Value, b: Value): Value {
  if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
  if (operation === 'add') {
    const both = ~knownBits(a).zeros & ~knownBits(b).zeros;
    return both === 0 ? computeBits('or', a, b) : UNKNOWN;
  }
  const factor = singleConstant(b) ?? 0;
  return factor > 0 && factor <= ALL && Number.isInteger(Math.log2(factor))
    ? computeBits('shift-left', a, constant(Math.log2(factor)))
    : UNKNOWN;
}
