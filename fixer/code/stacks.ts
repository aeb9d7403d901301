/** Where the stack pointer of a function is: what moves it, and the stacks that begin where nobody knows how deep it is. */
import { compute } from './arithmetic.js';
import type { Convention } from './convention.js';
import { MOST_STACKS } from './slot.js';
import type { State } from './state.js';
import { constant, single, stackAddress, type Value } from './value.js';

export class Stacks {
  readonly #bases = new Map<number, number>();
  readonly #pointer: number;
  /** There are more than are told apart: nothing that is known of them is certain. */
  isLost = false;

  constructor({ stackPointer }: Convention) {
    this.#pointer = stackPointer;
  }

  /** One of which only the distance from here on is known; `rva` is that of the instruction that makes it. */
  make(rva: number, state: State): Value {
    let base = this.#bases.get(rva);
    if (base === undefined) {
      base = Math.min(this.#bases.size + 1, MOST_STACKS - 1);
      if (base <= this.#bases.size) this.isLost = true;
      this.#bases.set(rva, base);
    }
    state.forgetSlots(base, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    return stackAddress(base, 0);
  }

  /** The stack pointer goes up by so many bytes. */
  move(state: State, by: number): void {
    const value = state.registers[this.#pointer] as Value;
    const atom = single(value);
    state.registers[this.#pointer] =
      atom?.kind === 'stack' ? stackAddress(atom.base, atom.offset + by) : compute('add', value, constant(by), 8);
  }
}
