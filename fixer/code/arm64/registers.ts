/** A64: data processing of registers. */
import { literal, type Operand, register, type Step } from '../instruction.js';
import { bits, CONDITIONS, FLAGS_ONLY, rd, rm, rn, SP, source, toRegister, unknownOf, widthOf } from './fields.js';

export function registerSteps(word: number): Step[] {
  const width = widthOf(word);
  const group = bits(word, 28, 24);
  if (group === 0b01010) return logical(word, width);
  if (group === 0b01011) return bits(word, 21, 21) === 1 ? addExtended(word, width) : addShifted(word, width);
  if (group === 0b11010) return conditional(word, width);
  if (group === 0b11011) return multiply(word, width);
  return [unknownOf(word)];
}

/** AND, ORR, EOR, ANDS with a shifted register, and their forms with the second operand inverted. */
function logical(word: number, width: number): Step[] {
  const operation = (['and', 'or', 'xor', 'and'] as const)[bits(word, 30, 29)] ?? 'and';
  const setsFlags = bits(word, 30, 29) === 3;
  const isInverted = bits(word, 21, 21) === 1;
  const a = source(rn(word), width);
  const b = shifted(word, width);
  if (isInverted) {
    // MVN of nothing: -1.
    if (operation === 'or' && rn(word) === SP && rm(word) === SP)
      return toRegister(rd(word), (to) => ({ kind: 'copy', to, from: literal(-1), width }), width);
    // BIC: a flag is made a bit of a pool type.
    if (operation !== 'and' || setsFlags || b === null) return [unknownOf(word)];
    return toRegister(rd(word), (to) => ({ kind: 'compute', operation: 'and-not', to, a, b, width }), width);
  }
  if (b === null) return [unknownOf(word)];
  if (setsFlags && rd(word) === SP) return [{ kind: 'compare', how: 'and', a, b, width }];
  if (operation === 'or' && rn(word) === SP)
    return toRegister(rd(word), (to) => ({ kind: 'copy', to, from: b, width }), width);
  const computed = toRegister(rd(word), (to) => ({ kind: 'compute', operation, to, a, b, width }), width);
  return setsFlags ? [{ kind: 'compare', how: 'and', a, b, width }, ...computed] : computed;
}

function addShifted(word: number, width: number): Step[] {
  const b = shifted(word, width);
  return addition(word, width, source(rn(word), width), b, false);
}

/** The second operand extended, the first may be the stack pointer. */
function addExtended(word: number, width: number): Step[] {
  const option = bits(word, 15, 13);
  const number = rm(word);
  const of = register(number, 2 ** (option & 3) >= 8 ? 8 : 2 ** (option & 3));
  const b: Operand =
    number === SP ? literal(0) : { kind: 'shifted', of, by: bits(word, 12, 10), isSigned: option >= 4 };
  return addition(word, width, register(rn(word), width), b, true);
}

function addition(word: number, width: number, a: Operand, b: Operand | null, isStack: boolean): Step[] {
  const isSubtract = bits(word, 30, 30) === 1;
  const setsFlags = bits(word, 29, 29) === 1;
  const number = rd(word);
  if (setsFlags && number === SP)
    return b !== null && isSubtract ? [{ kind: 'compare', how: 'subtract', a, b, width }] : [FLAGS_ONLY];
  if (b === null) return [unknownOf(word)];
  const operation = isSubtract ? 'subtract' : 'add';
  if (isStack && !setsFlags) return [{ kind: 'compute', operation, to: register(number, width), a, b, width }];
  const computed = toRegister(number, (to) => ({ kind: 'compute', operation, to, a, b, width }), width);
  if (!setsFlags) return computed;
  return [isSubtract ? { kind: 'compare', how: 'subtract', a, b, width } : FLAGS_ONLY, ...computed];
}

/** Null for shifts to the right of a register with its sign, and rotations. */
function shifted(word: number, width: number): Operand | null {
  const amount = bits(word, 15, 10);
  const number = rm(word);
  if (number === SP) return literal(0);
  if (amount === 0) return register(number, width);
  const kind = bits(word, 23, 22);
  if (kind > 1) return null;
  return { kind: 'shifted', of: register(number, width), by: kind === 0 ? amount : -amount, isSigned: false };
}

/** CSEL, CSINC, CSINV, CSNEG; CCMP; shifts and divisions by registers. */
function conditional(word: number, width: number): Step[] {
  const kind = bits(word, 23, 21);
  // CCMP and CCMN set flags by a condition: nothing follows from them. RMIF, SETF the same.
  if (kind === 0b010) return [FLAGS_ONLY];
  if (kind !== 0b100) return [unknownOf(word)];
  const number = rd(word);
  const a = source(rn(word), width);
  const b = source(rm(word), width);
  const when = CONDITIONS[bits(word, 15, 12)] ?? 'other';
  const isInverted = bits(word, 30, 30) === 1;
  const increments = bits(word, 10, 10) === 1;
  if (!isInverted && !increments)
    return toRegister(number, (to) => ({ kind: 'choose', to, from: [a, b], when, width }), width);
  if (rm(word) === SP && isInverted !== increments) {
    // CSET and CSETM where both are the zero register.
    const other = literal(increments ? 1 : -1);
    return toRegister(number, (to) => ({ kind: 'choose', to, from: [a, other], when, width }), width);
  }
  if (increments && !isInverted && number !== rn(word)) {
    return [
      ...toRegister(number, (to) => ({ kind: 'compute', operation: 'add', to, a: b, b: literal(1), width }), width),
      ...toRegister(number, (to) => ({ kind: 'choose', to, from: [a, to], when, width }), width),
    ];
  }
  return [unknownOf(word)];
}

/** MADD, of which MUL is the form with the zero register, SMADDL and UMADDL. */
function multiply(word: number, width: number): Step[] {
  const [to, added] = [rd(word), bits(word, 14, 10)];
  const isWhole = bits(word, 23, 21) === 0;
  const isPlain = isWhole && added === SP;
  // The address of an element. The product must not be written over what it is added to.
  const isSum = (isWhole || bits(word, 22, 21) === 1) && added !== SP && added !== to;
  if (bits(word, 15, 15) === 1 || (!isPlain && !isSum)) return [unknownOf(word, added)];
  const factor = (number: number): Operand =>
    isWhole || number === SP
      ? source(number, width)
      : { kind: 'shifted', of: register(number, 4), by: 0, isSigned: bits(word, 23, 23) === 0 };
  const compute = (operation: 'multiply' | 'add', a: Operand, b: Operand): Step[] =>
    toRegister(to, (result) => ({ kind: 'compute', operation, to: result, a, b, width }), width);
  const product = compute('multiply', factor(rn(word)), factor(rm(word)));
  return isPlain ? product : [...product, ...compute('add', source(added, width), register(to, width))];
}
