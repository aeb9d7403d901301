/** x86 and x64 instructions as steps. Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2. */
import {
  type Condition,
  type Flow,
  literal,
  NEXT,
  type Operation,
  type Place,
  register,
  STOP,
  type Step,
} from '../instruction.js';
import type { Iced } from './iced.js';
import { implicitSteps } from './implicit.js';
import { FLOW, LOOPS, MNEMONIC, OP_KIND, READS_FIRST, REGISTER } from './mnemonics.js';
import type { Operands } from './operands.js';
import { conditionalStep, stringSteps } from './special.js';

const CONDITIONS: ReadonlyMap<number, Condition> = new Map([
  [MNEMONIC.je, 'equal'],
  [MNEMONIC.jne, 'not-equal'],
  [MNEMONIC.jb, 'below'],
  [MNEMONIC.jae, 'not-below'],
  [MNEMONIC.ja, 'above'],
  [MNEMONIC.jbe, 'not-above'],
  [MNEMONIC.jl, 'less'],
  [MNEMONIC.jge, 'not-less'],
  [MNEMONIC.jg, 'greater'],
  [MNEMONIC.jle, 'not-greater'],
]);

const ARITHMETIC: ReadonlyMap<number, Operation> = new Map([
  [MNEMONIC.add, 'add'],
  [MNEMONIC.sub, 'subtract'],
  [MNEMONIC.or, 'or'],
  [MNEMONIC.and, 'and'],
  [MNEMONIC.xor, 'xor'],
  [MNEMONIC.shl, 'shift-left'],
  [MNEMONIC.sal, 'shift-left'],
  [MNEMONIC.shr, 'shift-right'],
  [MNEMONIC.sar, 'shift-right-signed'],
]);

export interface Lowering {
  readonly iced: Iced;
  readonly operands: Operands;
  readonly is64: boolean;
}

const NO_STEPS: readonly Step[] = [];
const FORGET_FLAGS: readonly Step[] = [{ kind: 'forget', registers: [], memory: null }];
const FORGET_COUNT: readonly Step[] = [{ kind: 'forget', registers: [1], memory: null }];
const FORGET_RESULT: readonly Step[] = [{ kind: 'forget', registers: [0], memory: null }];

/** Where execution goes after the instruction that was decoded. */
export function flowOf({ iced, operands }: Lowering, rva: number, length: number): Flow {
  const { mnemonic, flowControl } = iced;
  if (mnemonic === 0) return STOP;
  if (flowControl === FLOW.next) return NEXT;
  const kind = iced.kind(0);
  const near = kind >= OP_KIND.nearBranch16 && kind <= OP_KIND.nearBranch64;
  const relative = (iced.displacement + rva + length - iced.nextIp) >>> 0;
  const target = kind === OP_KIND.nearBranch16 ? relative & 0xffff : relative;
  switch (flowControl) {
    case FLOW.unconditionalBranch:
      return near ? { kind: 'jump', target } : STOP;
    case FLOW.conditionalBranch:
      return near ? { kind: 'branch', target, condition: CONDITIONS.get(mnemonic) ?? 'other' } : STOP;
    case FLOW.indirectBranch: {
      const operand = operands.read(0, rva, length);
      return operand === null ? STOP : { kind: 'jump-through', operand };
    }
    case FLOW.call:
      return near ? { kind: 'call', target } : NEXT;
    case FLOW.indirectCall: {
      const operand = operands.read(0, rva, length);
      return operand === null ? NEXT : { kind: 'call-through', operand };
    }
    case FLOW.return:
      return { kind: 'return', pops: kind === OP_KIND.immediate16 ? iced.immediate & 0xffff : 0 };
    case FLOW.interrupt:
      // int 29h is __fastfail; the others return.
      return mnemonic === MNEMONIC.int && (iced.immediate & 0xff) === 0x29 ? STOP : NEXT;
    case FLOW.exception:
      return STOP;
    default:
      return NEXT;
  }
}

/** What the instruction that was decoded does before that. */
export function stepsOf(context: Lowering, rva: number, length: number): readonly Step[] {
  const { mnemonic, flowControl } = context.iced;
  if (mnemonic === 0) return NO_STEPS;
  switch (flowControl) {
    case FLOW.next:
      return lowerSteps(context, mnemonic, rva, length);
    case FLOW.conditionalBranch:
      if (CONDITIONS.has(mnemonic)) return NO_STEPS;
      // LOOP, LOOPE and LOOPNE count in rcx.
      return LOOPS.has(mnemonic) ? FORGET_COUNT : FORGET_FLAGS;
    case FLOW.unconditionalBranch:
    case FLOW.indirectBranch:
    case FLOW.call:
    case FLOW.indirectCall:
    case FLOW.return:
    case FLOW.exception:
      return NO_STEPS;
    default:
      return FORGET_RESULT;
  }
}

function lowerSteps(context: Lowering, mnemonic: number, rva: number, length: number): readonly Step[] {
  const { iced, operands, is64 } = context;
  const word = is64 ? 8 : 4;
  const count = iced.operandCount;
  const a = count > 0 ? operands.read(0, rva, length) : null;
  const b = count > 1 ? operands.read(1, rva, length) : null;
  const place = a !== null && (a.kind === 'register' || a.kind === 'memory') ? (a as Place) : null;
  const operation = ARITHMETIC.get(mnemonic);
  if (mnemonic === MNEMONIC.or && place?.kind === 'register' && place.width === 1 && b?.kind === 'constant') {
    // The other bytes stay what they are: so says the whole register, of which more is known.
    const whole = register(place.register, word);
    return [
      { kind: 'compute', operation: 'or', to: whole, a: whole, b: literal(b.value * 2 ** place.shift), width: word },
    ];
  }
  if (operation !== undefined && place !== null && b !== null)
    return [{ kind: 'compute', operation, to: place, a: place, b, width: place.width }];
  switch (mnemonic) {
    case MNEMONIC.mov:
      if (place !== null && b !== null) return [{ kind: 'copy', to: place, from: b, width: place.width }];
      if (b !== null && iced.kind(0) === OP_KIND.register && iced.register(0) === REGISTER.cr0)
        return [{ kind: 'set-control', from: b }];
      break;
    case MNEMONIC.movzx:
      if (place !== null && b !== null) return [{ kind: 'copy', to: place, from: b, width: place.width }];
      break;
    case MNEMONIC.movsx:
    case MNEMONIC.movsxd:
      if (place !== null && b !== null && (b.kind === 'register' || b.kind === 'memory'))
        return [{ kind: 'sign-extend', to: place, from: b, fromWidth: b.width, width: place.width }];
      break;
    case MNEMONIC.lea:
      if (place !== null && b?.kind === 'memory')
        return [{ kind: 'address-of', to: place, memory: { ...b, segment: false }, width: place.width }];
      break;
    case MNEMONIC.cmp:
    case MNEMONIC.test:
      if (a !== null && b !== null) {
        const width = place?.width ?? 4;
        return [{ kind: 'compare', how: mnemonic === MNEMONIC.cmp ? 'subtract' : 'and', a, b, width }];
      }
      break;
    case MNEMONIC.inc:
    case MNEMONIC.dec:
      if (place !== null) {
        const by = mnemonic === MNEMONIC.inc ? 'add' : 'subtract';
        return [{ kind: 'compute', operation: by, to: place, a: place, b: literal(1), width: place.width }];
      }
      break;
    case MNEMONIC.neg:
      if (place !== null)
        return [{ kind: 'compute', operation: 'subtract', to: place, a: literal(0), b: place, width: place.width }];
      break;
    case MNEMONIC.not:
      if (place !== null)
        return [{ kind: 'compute', operation: 'xor', to: place, a: place, b: literal(-1), width: place.width }];
      break;
    case MNEMONIC.imul:
      if (count === 1) return [{ kind: 'forget', registers: [0, 2], memory: null }];
      if (place !== null && b !== null) {
        const third = count > 2 ? operands.read(2, rva, length) : null;
        const [x, y] = third === null ? [place, b] : [b, third];
        return [{ kind: 'compute', operation: 'multiply', to: place, a: x, b: y, width: place.width }];
      }
      break;
    case MNEMONIC.push:
      return a === null
        ? [
            { kind: 'push', from: literal(0), width: word },
            { kind: 'pop', to: null, width: word },
            stackBy('subtract', word, is64),
          ]
        : [{ kind: 'push', from: a, width: word }];
    case MNEMONIC.pop:
      return [{ kind: 'pop', to: place, width: word }];
    case MNEMONIC.leave:
      return [
        { kind: 'copy', to: register(4, word), from: register(5, word), width: word },
        { kind: 'pop', to: register(5, word), width: word },
      ];
    case MNEMONIC.xchg:
      if (place !== null && b !== null && (b.kind === 'register' || b.kind === 'memory'))
        return [{ kind: 'exchange', a: place, b, width: place.width }];
      break;
  }
  return (
    conditionalStep(mnemonic, place, b) ??
    stringSteps(context, mnemonic) ??
    implicitSteps(mnemonic, place, b, is64) ?? [forgetOperands(context, count, rva, length)]
  );
}

/** Moves the stack pointer. */
export const stackBy = (operation: 'add' | 'subtract', by: number, is64: boolean): Step => {
  const pointer = register(4, is64 ? 8 : 4);
  return { kind: 'compute', operation, to: pointer, a: pointer, b: literal(by), width: pointer.width };
};

/** An instruction without a meaning here: its destination is unknown, and to be safe so is every register it names. */
function forgetOperands(context: Lowering, count: number, rva: number, length: number): Step {
  const { iced, operands } = context;
  const registers: number[] = [];
  for (let index = 0; index < Math.min(count, 3); index++) {
    if (iced.kind(index) !== OP_KIND.register) continue;
    const found = operands.register(index);
    // The stack pointer as an operand of such an instruction is read: nothing writes it but what is handled above.
    if (found !== null && found.register !== 4) registers.push(found.register);
  }
  const writes = count > 0 && iced.kind(0) === OP_KIND.memory && !READS_FIRST.has(iced.mnemonic);
  return { kind: 'forget', registers, memory: writes ? operands.memory(rva, length) : null };
}
