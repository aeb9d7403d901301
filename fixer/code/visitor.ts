/** What an analysis of a function tells whoever goes over it, and what it needs to know of the whole image. */

import type { TableEntry } from './atom.js';
import type { WriteBelow } from './below.js';
import type { Budget } from './budget.js';
import type { CodeFunction } from './code-function.js';
import type { Convention, Location } from './convention.js';
import type { InstructionSource } from './instruction.js';
import type { ImageMemory } from './memory.js';
import type { Range } from './ranges.js';
import type { Value } from './value.js';

/** A call, or a jump that leaves the function: a tail call. */
export interface Call {
  readonly rva: number;
  /** Bytes of the instruction. */
  readonly length: number;
  /** rva of the instruction after the call; for a tail call, of nothing. */
  readonly returnRva: number | null;
  readonly target: number | null;
  /** What is called, where that is not a constant address. */
  readonly callee: Value;
  /** The image's memory that the address is read from, where the call says it; else null. */
  readonly slot: number | null;
  /** True where no path from the function's entry is known: values are those of this stretch alone. */
  readonly uncertain: boolean;
  /** What the callee finds at `location`. */
  argument(location: Location): Value;
  register(number: number): Value;
}

export interface Visitor {
  call?(call: Call): void;
  /**
   * The function returns.
   * @param escaped by stack base: the lowest offset whose address somebody else has
   */
  returns?(value: Value, escaped: ReadonlyMap<number, number>): void;
  /** What of a call the question is about. */
  asked?(call: Call): Iterable<Value>;
  /** The question is about what a store to memory of the image writes. */
  asksOf?(target: number, width: number): boolean;
  /** What is told of the call answers the question, whatever held before its block: nothing that led there is looked at. */
  isSettled?(call: Call): boolean;
  /** @param uncertain as `Call.uncertain` */
  store?(rva: number, target: number, width: number, value: Value, uncertain: boolean): void;
  /** A store at an unknown distance from `table`, an rva. */
  storeFrom?(rva: number, table: number, width: number, uncertain: boolean): void;
  /**
   * `store` is told what the first turn of a loop does, too: of a pointer that a loop moves on, where it begins. One store
   * may be told of several times.
   */
  readonly hearsLoops?: boolean;
  control?(rva: number, value: Value, uncertain: boolean): void;
  /** The address `target` in the image is given away: stored, or passed to a callee. */
  leak?(target: number): void;
  /** The import at `slot` is stored where somebody else finds it, or returned. */
  keep?(slot: number): void;
  /** It is where the analysis may lose sight of it: on the stack, or in a register that another path has something else in. */
  lose?(slot: number): void;
}

export interface Environment {
  readonly source: InstructionSource;
  readonly memory: ImageMemory;
  readonly convention: Convention;
  /** For the whole image. */
  readonly budget: Budget;
  /** Bytes of arguments that a callee, other than `preserves` tells of, takes off the stack (x86); null where unknown. */
  pops(target: number | null, slot: number | null, callee: Value): number | null;
  /** Calls that change no register but the scratch ones: the check function of control-flow guard. */
  preserves(slot: number | null, callee: Value): boolean;
  /** The slot of the import that a stub at the rva jumps on to; null where there is no such stub. */
  stubSlot(target: number): number | null;
  /** Slots of the import address table: functions of Windows that keep an address that they are given. */
  readonly keepers: ReadonlySet<number>;
  /** By callee, as `calleeKey` names it: what is known to write below an address that it is given. */
  readonly below: ReadonlyMap<number, readonly WriteBelow[]>;
  /** Looks at what is called with addresses on the stack; true where `below` tells more than before. */
  learn(calls: Iterable<Call>): boolean;
  /** Where filters and `__finally` blocks of the function write on its stack, in bytes from the stack pointer on entry. */
  unsteady(code: CodeFunction): readonly Range[];
  /** The targets that it holds; `end`: where something else begins, at the latest. */
  readTable(entry: TableEntry, end: number, inside: (rva: number) => boolean): number[];
}
