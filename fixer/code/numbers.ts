/** Operations on two constants, as a register of 32 or 64 bits holds them. */
import { type Atom, constantAtom, wideAtom } from './atom.js';
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

type Halves = readonly [low: number, high: number];

/** Null where the upper half is not known. */
function halvesOf(atom: Atom): Halves | null {
  if (atom.kind === 'wide') return [atom.low, atom.high];
  return atom.kind === 'constant' && !atom.isHalf ? [atom.value >>> 0, Math.floor(atom.value / TWO_32) >>> 0] : null;
}

const fromHalves = (low: number, high: number): Atom => {
  const value = (high | 0) * TWO_32 + (low >>> 0);
  return Number.isSafeInteger(value) ? constantAtom(value) : wideAtom(low >>> 0, high >>> 0);
};

/** What a double cannot hold, or its result: logic, and shifts down; null where it is another operation. */
export function computeHalves(operation: Operation, a: Atom, b: Atom, width: number): Atom | null {
  const x = width === 8 ? halvesOf(a) : null;
  const y = halvesOf(b);
  if (x === null || y === null) return null;
  switch (operation) {
    case 'and':
      return fromHalves(x[0] & y[0], x[1] & y[1]);
    case 'or':
      return fromHalves(x[0] | y[0], x[1] | y[1]);
    case 'xor':
      return fromHalves(x[0] ^ y[0], x[1] ^ y[1]);
    case 'shift-right': {
      const by = y[0] & 63;
      if (by >= 32) return fromHalves(x[1] >>> (by - 32), 0);
      return by === 0 ? a : fromHalves((x[0] >>> by) | (x[1] << (32 - by)), x[1] >>> by);
    }
    default:
      return null;
  }
}
