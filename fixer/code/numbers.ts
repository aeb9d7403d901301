/** Operations on two constants, as a register of 32 or 64 bits holds them. */
import type { Operation } from './instruction.js';

const TWO_32 = 2 ** 32;

/** Null where a double cannot hold the result. */
export function computeNumbers(operation: Operation, a: number, b: number, width: number): number | null {
  switch (operation) {
    case 'add':
      return safe(a + b);
    case 'subtract':
      return safe(a - b);
    case 'multiply':
      return width === 4 ? Math.imul(a, b) >>> 0 : safe(a * b);
    case 'and':
    case 'and-not':
    case 'or':
    case 'xor':
      return bitwise(operation, a, b);
    default:
      return shift(operation, a, b, width);
  }
}

function bitwise(operation: 'and' | 'and-not' | 'or' | 'xor', a: number, b: number): number | null {
  if (operation === 'and-not') return bitwise('and', a, -1 - b);
  if (a >= 0 && a < TWO_32 && b >= 0 && b < TWO_32)
    return (operation === 'and' ? a & b : operation === 'or' ? a | b : a ^ b) >>> 0;
  const x = BigInt(a);
  const y = BigInt(b);
  const result = operation === 'and' ? x & y : operation === 'or' ? x | y : x ^ y;
  return safe(Number(BigInt.asIntN(64, result)));
}

function shift(operation: Operation, a: number, b: number, width: number): number | null {
  const count = b & (width === 8 ? 63 : 31);
  if (width === 8) {
    if (operation === 'shift-left') return safe(a * 2 ** count);
    return a < 0 && operation === 'shift-right' ? null : Math.floor(a / 2 ** count);
  }
  if (operation === 'shift-left') return (a << count) >>> 0;
  if (operation === 'shift-right') return (a >>> 0) >>> count;
  const bits = 32 - width * 8;
  return (((a << bits) >> bits) >> count) >>> 0;
}

const safe = (value: number): number | null => (Number.isSafeInteger(value) ? value : null);
