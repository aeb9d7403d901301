/** Instructions that depend on a condition, and those on strings. */
import { literal, type Operand, type Place, type Step } from '../instruction.js';
import type { Lowering } from './lower.js';
import { MNEMONIC, MOVE_ON_CONDITION, SET_ON_CONDITION, STRING_READS, STRING_WRITES } from './mnemonics.js';

export function conditionalStep(mnemonic: number, to: Place | null, from: Operand | null): Step[] | null {
  if (to === null) return null;
  if (SET_ON_CONDITION.has(mnemonic)) return [{ kind: 'choose', to, from: [literal(0), literal(1)], width: 1 }];
  if (from === null) return null;
  if (MOVE_ON_CONDITION.has(mnemonic)) return [{ kind: 'choose', to, from: [to, from], width: to.width }];
  if (mnemonic !== MNEMONIC.sbb) return null;
  // sbb of a register with itself makes a mask of the carry flag.
  const isMask = to.kind === 'register' && from.kind === 'register' && to.register === from.register;
  return isMask ? [{ kind: 'choose', to, from: [literal(0), literal(-1)], width: to.width }] : null;
}

const RCX = 1;
const RSI = 6;
const RDI = 7;

export function stringSteps(context: Lowering, mnemonic: number): Step[] | null {
  const writes = STRING_WRITES.get(mnemonic);
  if (writes === undefined && !STRING_READS.has(mnemonic)) return null;
  const { repeats } = context.iced;
  const registers = repeats ? [0, RCX, RSI, RDI] : [0, RSI, RDI];
  const steps: Step[] = [];
  if (writes !== undefined) {
    steps.push({ kind: 'fill', at: RDI, count: repeats ? RCX : null, width: writes });
    registers.shift();
  }
  steps.push({ kind: 'forget', registers, memory: null });
  return steps;
}
