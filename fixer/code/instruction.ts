/**
 * A machine instruction as steps that do not depend on the architecture: what a decoder yields and the interpreter
 * reads. An instruction that the analysis has no use for is a `forget` of everything it may write.
 */

/** `width` is in bytes everywhere. */
export interface RegisterOperand {
  readonly kind: 'register';
  readonly register: number;
  readonly width: number;
  /** 8 for AH, BH, CH, DH, else 0. */
  readonly shift: number;
}

export interface ConstantOperand {
  readonly kind: 'constant';
  readonly value: number;
}

/** An address inside the image, as an operand. */
export interface AddressOperand {
  readonly kind: 'address';
  readonly rva: number;
  /** That of a page, as ADRP makes it: of no variable, though one may lie at its start. */
  readonly isPage: boolean;
}

export interface MemoryOperand {
  readonly kind: 'memory';
  /** -1: none. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  /** Added to the registers; an rva where `inImage`. */
  readonly displacement: number;
  readonly inImage: boolean;
  /** FS, GS: an address of which nothing is known. */
  readonly segment: boolean;
  readonly width: number;
}

/** A register extended to 64 bits and shifted left, as ARM64 adds them; right, without a sign, where `by` is negative. */
export interface ShiftedOperand {
  readonly kind: 'shifted';
  readonly of: RegisterOperand;
  readonly by: number;
  readonly isSigned: boolean;
}

/** A constant of 64 bits that no double holds. */
export interface WideOperand {
  readonly kind: 'wide';
  readonly low: number;
  readonly high: number;
}

export type Operand = RegisterOperand | ShiftedOperand | ConstantOperand | WideOperand | AddressOperand | MemoryOperand;
export type Place = RegisterOperand | MemoryOperand;

export type Operation =
  | 'or'
  | 'and'
  | 'and-not'
  | 'xor'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'shift-left'
  | 'shift-right'
  | 'shift-right-signed';

export type Step =
  | { readonly kind: 'copy'; readonly to: Place; readonly from: Operand; readonly width: number }
  | {
      readonly kind: 'sign-extend';
      readonly to: Place;
      readonly from: Operand;
      readonly fromWidth: number;
      readonly width: number;
    }
  | {
      readonly kind: 'compute';
      readonly operation: Operation;
      readonly to: Place;
      readonly a: Operand;
      readonly b: Operand;
      readonly width: number;
    }
  /** The address, not what it holds. */
  | { readonly kind: 'address-of'; readonly to: Place; readonly memory: MemoryOperand; readonly width: number }
  /** One of two, by the last comparison: the first where `when` holds. */
  | {
      readonly kind: 'choose';
      readonly to: Place;
      readonly from: readonly [Operand, Operand];
      readonly when: Condition;
      readonly width: number;
    }
  | {
      readonly kind: 'compare';
      readonly how: 'subtract' | 'and';
      readonly a: Operand;
      readonly b: Operand;
      readonly width: number;
      /** The branch of the same instruction looks at it, and no later one. */
      readonly isOwn?: boolean;
    }
  /** The bits of `field` are taken from the register, moved up by `by`, down where that is negative; the others stay. */
  | {
      readonly kind: 'insert-bits';
      readonly to: RegisterOperand;
      readonly from: Operand;
      readonly field: number;
      readonly by: number;
      readonly width: number;
    }
  | { readonly kind: 'push'; readonly from: Operand; readonly width: number }
  | { readonly kind: 'pop'; readonly to: Place | null; readonly width: number }
  | { readonly kind: 'exchange'; readonly a: Place; readonly b: Place; readonly width: number }
  /** Writes something unknown, made of what the same registers and `reads` hold. */
  | {
      readonly kind: 'forget';
      readonly registers: readonly number[];
      readonly memory: MemoryOperand | null;
      readonly reads?: readonly number[];
    }
  /** A string instruction writes at register `at`, `count` (a register; null: 1) times `width` bytes, upwards, and moves it on. */
  | { readonly kind: 'fill'; readonly at: number; readonly count: number | null; readonly width: number }
  /** A write of control register 0. */
  | { readonly kind: 'set-control'; readonly from: Operand };

/**
 * `equal`: taken when the last comparison's operands are equal (or when their AND is 0). `below` and `above` order them
 * as unsigned numbers, `less` and `greater` as signed ones.
 */
export type Condition =
  | 'equal'
  | 'not-equal'
  | 'below'
  | 'not-below'
  | 'above'
  | 'not-above'
  | 'less'
  | 'not-less'
  | 'greater'
  | 'not-greater'
  | 'other';

/** What holds where a branch is not taken. */
export const OPPOSITE: Readonly<Record<Condition, Condition>> = {
  equal: 'not-equal',
  'not-equal': 'equal',
  below: 'not-below',
  'not-below': 'below',
  above: 'not-above',
  'not-above': 'above',
  less: 'not-less',
  'not-less': 'less',
  greater: 'not-greater',
  'not-greater': 'greater',
  other: 'other',
};

export type Flow =
  | { readonly kind: 'next' }
  | { readonly kind: 'jump'; readonly target: number }
  | { readonly kind: 'branch'; readonly target: number; readonly condition: Condition }
  | { readonly kind: 'jump-through'; readonly operand: Operand }
  | { readonly kind: 'call'; readonly target: number }
  | { readonly kind: 'call-through'; readonly operand: Operand }
  /** `pops`: bytes of arguments that the callee takes off the stack. */
  | { readonly kind: 'return'; readonly pops: number }
  /** Execution does not go on here: a trap, or bytes that are no instruction. */
  | { readonly kind: 'stop' };

export interface Instruction {
  readonly rva: number;
  readonly length: number;
  readonly steps: readonly Step[];
  readonly flow: Flow;
  /** Marks of those who build graphs, in place of sets of addresses: flow.ts. */
  graph: number;
  leads: number;
}

/** Decodes one instruction, the same object for the same rva; bytes that are none give `stop`. Total. */
export interface InstructionSource {
  at(rva: number): Instruction;
}

export const register = (number: number, width: number, shift = 0): RegisterOperand => ({
  kind: 'register',
  register: number,
  width,
  shift,
});
export const literal = (value: number): ConstantOperand => ({ kind: 'constant', value });

/** Of 64 bits, by its halves. */
export function wideLiteral(low: number, high: number): ConstantOperand | WideOperand {
  const value = (high | 0) * 2 ** 32 + (low >>> 0);
  return Number.isSafeInteger(value) ? literal(value) : { kind: 'wide', low: low >>> 0, high: high >>> 0 };
}

export const addressAt = (rva: number, isPage = false): AddressOperand => ({ kind: 'address', rva, isPage });
export const memoryAt = (base: number, displacement: number, width: number, index = -1, scale = 1): MemoryOperand => ({
  kind: 'memory',
  base,
  index,
  scale,
  displacement,
  inImage: false,
  segment: false,
  width,
});
export const NEXT: Flow = { kind: 'next' };
export const STOP: Flow = { kind: 'stop' };

/** Execution may go on at the next instruction. */
export const fallsThrough = ({ kind }: Flow): boolean =>
  kind === 'next' || kind === 'branch' || kind === 'call' || kind === 'call-through';

/** Memory at an address that the instruction itself says. */
export const isDirect = (operand: Operand): boolean =>
  operand.kind === 'memory' && operand.inImage && operand.base < 0 && operand.index < 0;
