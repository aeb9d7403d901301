/** Instructions that depend on a condition, and those on strings. */
import { type Condition, literal, OPPOSITE, type Operand, type Place, type Step } from '../instruction.js';
import type { Lowering } from './lower.js';
import {
  MNEMONIC,
  MOVE_ON_CONDITION,
  OP_KIND,
  RDI,
  RSI,
  SET_ON_CONDITION,
  STRING_READS,
  STRING_WRITES,
} from './mnemonics.js';

export function conditionalStep(mnemonic: number, to: Place | null, from: Operand | null): Step[] | null {
  if (to === null) return null;
  if (SET_ON_CONDITION.has(mnemonic))
    return [{ kind: 'choose', to, from: [literal(0), literal(1)], when: unless(mnemonic - FIRST_SET), width: 1 }];
  if (from === null) return null;
  if (MOVE_ON_CONDITION.has(mnemonic))
    return [{ kind: 'choose', to, from: [to, from], when: unless(mnemonic - FIRST_MOVE), width: to.width }];
  if (mnemonic !== MNEMONIC.sbb) return null;
  // sbb of a register with itself makes a mask of the carry flag.
  const isMask = to.kind === 'register' && from.kind === 'register' && to.register === from.register;
  if (!isMask) return null;
  return [
    { kind: 'choose', to, from: [literal(0), literal(-1)], when: 'not-below', width: to.width },
    { kind: 'forget', registers: [], memory: null },
  ];
}

const FIRST_SET = Math.min(...SET_ON_CONDITION);
const FIRST_MOVE = Math.min(...MOVE_ON_CONDITION);
/** In the order of the mnemonics: A, AE, B, BE, E, G, GE, L, LE, NE; then those of overflow, parity and sign. */
const BY_NAME: readonly Condition[] = [
  ...(['above', 'not-below', 'below', 'not-above', 'equal'] as const),
  ...(['greater', 'not-less', 'less', 'not-greater', 'not-equal'] as const),
];
/** When the instruction of that index does not do what it does on a condition. */
const unless = (index: number): Condition => OPPOSITE[BY_NAME[index] ?? 'other'];

const RCX = 1;

export function stringSteps(context: Lowering, mnemonic: number): Step[] | null {
  const { iced } = context;
  const writes = STRING_WRITES.get(mnemonic);
  const read = STRING_READS.get(mnemonic);
  if (writes === undefined && read === undefined) return null;
  // MOVSD and CMPSD are instructions of SSE2 too, with the same mnemonic: those name a vector register and a place.
  const kinds = [iced.kind(0), iced.kind(1)];
  if (kinds.every((kind) => kind === OP_KIND.register || kind === OP_KIND.memory)) return null;
  const count = iced.repeats ? [RCX] : [];
  if (writes === undefined) return [{ kind: 'forget', registers: [...count, ...(read ?? [])], memory: null }];
  // STOS and INS name a register, MOVS what it reads.
  const from = kinds[1] === OP_KIND.register ? [] : [RSI];
  return [
    { kind: 'fill', at: RDI, count: iced.repeats ? RCX : null, width: writes },
    { kind: 'forget', registers: [...count, ...from], memory: null },
  ];
}
