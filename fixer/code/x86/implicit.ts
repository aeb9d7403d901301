/** Instructions that write registers they do not name. */
import { literal, type Operand, type Place, register, type Step } from '../instruction.js';
import { stackBy } from './lower.js';
import { MNEMONIC, RDI } from './mnemonics.js';

const RAX_RDX = [0, 2];
/** What CMPXCHG8B and CMPXCHG16B store. */
const RBX_RCX = [1, 3];
const WRITTEN: ReadonlyMap<number, readonly number[]> = new Map([
  [MNEMONIC.mul, RAX_RDX],
  [MNEMONIC.div, RAX_RDX],
  [MNEMONIC.idiv, RAX_RDX],
  [MNEMONIC.cdq, [2]],
  [MNEMONIC.cqo, [2]],
  [MNEMONIC.cwd, [2]],
  [MNEMONIC.cpuid, [0, 1, 2, 3]],
  [MNEMONIC.rdtsc, RAX_RDX],
  [MNEMONIC.rdtscp, [0, 1, 2]],
  [MNEMONIC.rdmsr, RAX_RDX],
  [MNEMONIC.rdpmc, RAX_RDX],
  [MNEMONIC.xgetbv, RAX_RDX],
  [MNEMONIC.cmpxchg8b, RAX_RDX],
  [MNEMONIC.cmpxchg16b, RAX_RDX],
  [MNEMONIC.aaa, [0]],
  [MNEMONIC.aad, [0]],
  [MNEMONIC.aam, [0]],
  [MNEMONIC.aas, [0]],
  [MNEMONIC.cbw, [0]],
  [MNEMONIC.daa, [0]],
  [MNEMONIC.das, [0]],
  [MNEMONIC.lahf, [0]],
  [MNEMONIC.salc, [0]],
  [MNEMONIC.xlatb, [0]],
  [MNEMONIC.rdpkru, RAX_RDX],
  [MNEMONIC.rdpru, RAX_RDX],
  [MNEMONIC.pcmpestri, [1]],
  [MNEMONIC.pcmpestri64, [1]],
  [MNEMONIC.pcmpistri, [1]],
  [MNEMONIC.vpcmpestri, [1]],
  [MNEMONIC.vpcmpestri64, [1]],
  [MNEMONIC.vpcmpistri, [1]],
  [MNEMONIC.wrmsr, []],
  [MNEMONIC.nop, []],
  [MNEMONIC.bt, []],
]);

export function implicitSteps(mnemonic: number, to: Place | null, from: Operand | null, is64: boolean): Step[] | null {
  const word = is64 ? 8 : 4;
  switch (mnemonic) {
    case MNEMONIC.nop:
      return [];
    case MNEMONIC.cdqe:
      return [{ kind: 'sign-extend', to: register(0, 8), from: register(0, 4), fromWidth: 4, width: 8 }];
    case MNEMONIC.cwde:
      return [{ kind: 'sign-extend', to: register(0, 4), from: register(0, 2), fromWidth: 2, width: 4 }];
    case MNEMONIC.bts:
    case MNEMONIC.btr:
      return to?.kind === 'register' && from?.kind === 'constant' ? [setBit(mnemonic, to, from.value)] : null;
    case MNEMONIC.cmpxchg:
      return [
        {
          kind: 'forget',
          registers: to?.kind === 'register' ? [0, to.register] : [0],
          memory: to?.kind === 'memory' ? to : null,
          reads: from?.kind === 'register' ? [from.register] : [],
        },
      ];
    case MNEMONIC.pushfd:
    case MNEMONIC.pushfq:
      return [
        { kind: 'push', from: literal(0), width: word },
        { kind: 'forget', registers: [], memory: stackTop(word) },
      ];
    case MNEMONIC.popfd:
    case MNEMONIC.popfq:
      return [
        { kind: 'pop', to: null, width: word },
        { kind: 'forget', registers: [], memory: null },
      ];
    case MNEMONIC.pushad:
      return [stackBy('subtract', 32, is64), { kind: 'forget', registers: [], memory: stackTop(32) }];
    case MNEMONIC.popad:
      return [stackBy('add', 32, is64), { kind: 'forget', registers: [0, 1, 2, 3, 5, 6, 7], memory: null }];
    case MNEMONIC.maskmovq:
    case MNEMONIC.maskmovdqu:
    case MNEMONIC.vmaskmovdqu:
      return [{ kind: 'forget', registers: [], memory: { ...stackTop(16), base: RDI } }];
    case MNEMONIC.movdir64b:
      if (to?.kind !== 'register') return null;
      return [{ kind: 'forget', registers: [], memory: { ...stackTop(64), base: to.register } }];
    case MNEMONIC.enter:
      return [{ kind: 'forget', registers: [4, 5], memory: null }];
  }
  const written = WRITTEN.get(mnemonic);
  if (written === undefined) return null;
  const stores = to?.kind === 'memory' && (mnemonic === MNEMONIC.cmpxchg8b || mnemonic === MNEMONIC.cmpxchg16b);
  return [{ kind: 'forget', registers: written, memory: stores ? to : null, reads: stores ? RBX_RCX : [] }];
}

const stackTop = (width: number) =>
  ({ kind: 'memory', base: 4, index: -1, scale: 1, displacement: 0, inImage: false, segment: false, width }) as const;

function setBit(mnemonic: number, to: Place, bit: number): Step {
  const mask = 2 ** (bit & (to.width * 8 - 1));
  return mnemonic === MNEMONIC.bts
    ? { kind: 'compute', operation: 'or', to, a: to, b: literal(mask), width: to.width }
    : { kind: 'compute', operation: 'and', to, a: to, b: literal(-1 - mask), width: to.width };
}
