/** A64: data processing with an immediate. */
import { addressAt, literal, register, type Step, wideLiteral } from '../instruction.js';
import {
  bitMask,
  bits,
  FLAGS_ONLY,
  forget,
  rd,
  rn,
  SP,
  signedBits,
  source,
  toRegister,
  unknownOf,
  widthOf,
} from './fields.js';

export function immediateSteps(word: number, rva: number): Step[] {
  const width = widthOf(word);
  switch (bits(word, 25, 23)) {
    case 0:
    case 1:
      return pcRelative(word, rva);
    case 2:
      return addSubtract(word, width);
    case 4:
      return logical(word, width);
    case 5:
      return moveWide(word, width);
    case 6:
      return bitField(word, width);
    default:
      // EXTR, and ADDG and SUBG of the memory tagging extension.
      return [unknownOf(word)];
  }
}

/** ADR and ADRP. */
function pcRelative(word: number, rva: number): Step[] {
  const immediate = signedBits(word, 23, 5) * 4 + bits(word, 30, 29);
  const isPage = word >>> 31 === 1;
  const target = isPage ? (Math.floor(rva / 4096) + immediate) * 4096 : rva + immediate;
  if (target < 0 || target >= 2 ** 32) return [forget(rd(word))];
  return toRegister(rd(word), (to) => ({ kind: 'copy', to, from: addressAt(target, isPage), width: 8 }), 8);
}

function addSubtract(word: number, width: number): Step[] {
  const value = bits(word, 21, 10) * (bits(word, 22, 22) === 1 ? 4096 : 1);
  const isSubtract = bits(word, 30, 30) === 1;
  const setsFlags = bits(word, 29, 29) === 1;
  const a = register(rn(word), width);
  if (setsFlags && rd(word) === SP) {
    // CMP, or CMN, of which no equality follows.
    return isSubtract ? [{ kind: 'compare', how: 'subtract', a, b: literal(value), width }] : [FLAGS_ONLY];
  }
  const operation = isSubtract ? 'subtract' : 'add';
  const to = register(rd(word), width);
  const b = literal(value);
  const computed: Step = { kind: 'compute', operation, to, a, b, width };
  if (!setsFlags) return [computed];
  return [isSubtract ? { kind: 'compare', how: 'subtract', a, b, width } : FLAGS_ONLY, computed];
}

function logical(word: number, width: number): Step[] {
  const b = bitMask(word, width);
  const operation = (['and', 'or', 'xor', 'and'] as const)[bits(word, 30, 29)] ?? 'and';
  const setsFlags = bits(word, 30, 29) === 3;
  const a = source(rn(word), width);
  if (b === null) return [setsFlags && rd(word) === SP ? FLAGS_ONLY : unknownOf(word)];
  if (setsFlags && rd(word) === SP) return [{ kind: 'compare', how: 'and', a, b, width }];
  // Not ANDS: register 31 as the destination is the stack pointer, aligned.
  if (!setsFlags) return [{ kind: 'compute', operation, to: register(rd(word), width), a, b, width }];
  const computed = toRegister(rd(word), (to) => ({ kind: 'compute', operation, to, a, b, width }), width);
  return [{ kind: 'compare', how: 'and', a, b, width }, ...computed];
}

/** MOVN, MOVZ and MOVK. */
function moveWide(word: number, width: number): Step[] {
  const isHigh = bits(word, 22, 22) === 1;
  const shift = bits(word, 21, 21) * 16;
  const part = bits(word, 20, 5) << shift;
  const [low, high] = isHigh ? [0, part] : [part, 0];
  const operation = bits(word, 30, 29);
  const destination = rd(word);
  if (operation === 3) {
    const hole = 0xffff << shift;
    return [
      ...toRegister(
        destination,
        (to) => ({
          kind: 'compute',
          operation: 'and',
          to,
          a: to,
          b: isHigh ? wideLiteral(-1, ~hole) : wideLiteral(~hole, -1),
          width,
        }),
        width,
      ),
      ...toRegister(
        destination,
        (to) => ({ kind: 'compute', operation: 'or', to, a: to, b: wideLiteral(low, high), width }),
        width,
      ),
    ];
  }
  const from = operation === 0 ? wideLiteral(~low, ~high) : wideLiteral(low, high);
  return toRegister(destination, (to) => ({ kind: 'copy', to, from, width }), width);
}

/** SBFM, BFM, UBFM and what is written as LSL, LSR, ASR, UXTB, SXTW, UBFX ... */
function bitField(word: number, width: number): Step[] {
  const operation = bits(word, 30, 29);
  const immr = bits(word, 21, 16);
  const imms = bits(word, 15, 10);
  const size = width * 8;
  const destination = rd(word);
  const from = source(rn(word), width);
  if (operation === 2) {
    if (imms + 1 === immr) return shift(destination, 'shift-left', size - immr);
    if (imms === size - 1) return shift(destination, 'shift-right', immr);
    const fieldWidth = imms >= immr ? imms - immr + 1 : imms + 1;
    if (fieldWidth > 31) return [unknownOf(word)];
    const field = literal(2 ** fieldWidth - 1);
    if (imms >= immr) return [...shift(destination, 'shift-right', immr), ...and(destination, field)];
    return toRegister(
      destination,
      (to) => ({ kind: 'compute', operation: 'and', to, a: from, b: field, width }),
      width,
    ).concat(
      toRegister(
        destination,
        (to) => ({ kind: 'compute', operation: 'shift-left', to, a: to, b: literal(size - immr), width }),
        width,
      ),
    );
  }
  if (operation === 1) {
    // BFI and BFXIL.
    const by = imms >= immr ? -immr : size - immr;
    const fieldWidth = imms >= immr ? imms - immr + 1 : imms + 1;
    if (fieldWidth + Math.max(by, 0) > 31) return [unknownOf(word)];
    const field = 2 ** fieldWidth - 1;
    return toRegister(destination, (to) => ({ kind: 'insert-bits', to, from, field, by, width }), width);
  }
  if (operation === 0) {
    if (immr === 0 && (imms === 7 || imms === 15 || imms === 31)) {
      const fromWidth = (imms + 1) / 8;
      if (from.kind !== 'register') return toRegister(destination, (to) => ({ kind: 'copy', to, from, width }), width);
      return toRegister(
        destination,
        (to) => ({ kind: 'sign-extend', to, from: { ...from, width: fromWidth }, fromWidth, width }),
        width,
      );
    }
    if (imms === size - 1) return shift(destination, 'shift-right-signed', immr);
  }
  return [unknownOf(word)];

  function shift(number: number, how: 'shift-left' | 'shift-right' | 'shift-right-signed', by: number): Step[] {
    return toRegister(number, (to) => ({ kind: 'compute', operation: how, to, a: from, b: literal(by), width }), width);
  }
  function and(number: number, field: ReturnType<typeof literal>): Step[] {
    return toRegister(number, (to) => ({ kind: 'compute', operation: 'and', to, a: to, b: field, width }), width);
  }
}
