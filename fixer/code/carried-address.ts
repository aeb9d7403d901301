/** Whether an instruction that makes an address is followed by what stores through it: a look at a few, without analysis. */
import type { Convention } from './convention.js';
import type { Flow, InstructionSource, MemoryOperand, Operand, Step } from './instruction.js';

/** Instructions that are looked at. */
const NEAR = 24;

/**
 * @param rva of the instruction that makes the address, in a register or on the stack
 * @param isWriter tells of a call whether it writes to what its first argument points to
 */
export function isStoredThrough(
  source: InstructionSource,
  rva: number,
  convention: Convention,
  isWriter: (flow: Flow) => boolean,
): boolean {
  const made = source.at(rva);
  const carried = new Carried(convention);
  for (const step of made.steps) carried.start(step);
  let at = rva + made.length;
  for (let count = 0; count < NEAR && carried.isAnywhere; count++) {
    const { flow, length, steps } = source.at(at);
    for (const step of steps) {
      if (carried.isStoredThrough(step)) return true;
      carried.follow(step);
    }
    at += length;
    if (flow.kind === 'jump') at = flow.target;
    else if (flow.kind === 'call' || flow.kind === 'call-through') {
      if (carried.isFirstArgument && isWriter(flow)) return true;
      carried.forgetVolatile();
    } else if (flow.kind !== 'next' && flow.kind !== 'branch') return false;
  }
  return false;
}

/** The registers and places on the stack that hold the address, or one made of it. */
class Carried {
  readonly #registers = new Set<number>();
  readonly #slots = new Set<string>();
  readonly #convention: Convention;

  constructor(convention: Convention) {
    this.#convention = convention;
  }

  get isAnywhere(): boolean {
    return this.#registers.size + this.#slots.size > 0;
  }

  get isFirstArgument(): boolean {
    const [first] = this.#convention.argumentRegisters;
    return first !== undefined && this.#registers.has(first);
  }

  start(step: Step): void {
    if (step.kind === 'address-of' || step.kind === 'copy') this.#write(step.to, true);
  }

  isStoredThrough(step: Step): boolean {
    if (step.kind === 'fill') return this.#registers.has(step.at);
    if (step.kind === 'exchange') return this.#isHeldBy(step.a) || this.#isHeldBy(step.b);
    if (step.kind === 'forget') return step.memory !== null && this.#isHeldBy(step.memory);
    return 'to' in step && step.to !== null && this.#isHeldBy(step.to);
  }

  follow(step: Step): void {
    if (step.kind === 'forget') for (const register of step.registers) this.#registers.delete(register);
    if ('to' in step && step.to !== null) this.#write(step.to, this.#holds(step));
  }

  forgetVolatile(): void {
    for (const register of this.#convention.volatile) this.#registers.delete(register);
  }

  #write(to: Operand, holds: boolean): void {
    if (to.kind === 'register') {
      if (holds) this.#registers.add(to.register);
      else this.#registers.delete(to.register);
    } else if (to.kind === 'memory' && this.#isOnStack(to)) {
      if (holds) this.#slots.add(keyOf(to));
      else this.#slots.delete(keyOf(to));
    }
  }

  #holds(step: Step): boolean {
    if (step.kind === 'copy') return this.#isAddress(step.from);
    if (step.kind === 'compute') return this.#isAddress(step.a) || this.#isAddress(step.b);
    if (step.kind === 'choose') return step.from.some((each) => this.#isAddress(each));
    return step.kind === 'address-of' && this.#isHeldBy(step.memory);
  }

  /** The address is part of the operand's own. */
  #isHeldBy(operand: Operand): boolean {
    return operand.kind === 'memory' && (this.#registers.has(operand.base) || this.#registers.has(operand.index));
  }

  #isAddress(operand: Operand): boolean {
    if (operand.kind === 'register') return this.#registers.has(operand.register);
    return operand.kind === 'memory' && this.#isOnStack(operand) && this.#slots.has(keyOf(operand));
  }

  #isOnStack({ base, index }: MemoryOperand): boolean {
    const { stackPointer, framePointer } = this.#convention;
    return index < 0 && (base === stackPointer || base === framePointer);
  }
}

const keyOf = ({ base, displacement }: MemoryOperand): string => `${base} ${displacement}`;
