/** Registers and stack at one point of a function, as far as they are known. */
import { dependsOn, lowestStack, mayCountUp } from './alternatives.js';
import { type Atom, plainOrigin } from './atom.js';
import type { Origin } from './origin.js';
import { type Comparison, OWN } from './slot.js';
import { StackSlots } from './stack-slots.js';
import { joinCounting, sameValue, single, stackAddress, UNKNOWN, type Value } from './value.js';

export class State extends StackSlots {
  readonly registers: Value[];
  /** By stack base, or OWN: the lowest offset whose address somebody else has. Objects grow upwards from there. */
  escaped: ReadonlyMap<number, number>;
  /** A copy may have the same map. */
  #isEscapedShared: boolean;
  /** A negative index is not, or no longer, known: what it is added to is the end of an array. */
  goesDown: boolean;
  /**
   * Others find what lies around an address that they have: a routine of this image that is called back, or whoever looks
   * where the address is kept. They may run at any call.
   */
  isExposed: boolean;
  comparison: Comparison | null;

  /** @param from what else is known; nothing for null */
  constructor(registers: Value[], from: State | null = null) {
    super(from);
    this.registers = registers;
    this.escaped = from === null ? NOTHING : from.escaped;
    this.#isEscapedShared = true;
    if (from !== null) from.#isEscapedShared = true;
    this.goesDown = from === null ? false : from.goesDown;
    this.isExposed = from === null ? false : from.isExposed;
    this.comparison = from === null ? null : from.comparison;
  }

  /** What it costs to go on with the state along one more edge, in steps. */
  get weight(): number {
    return 1 + ((this.slotCount + this.escaped.size) >> 5);
  }

  copy(): State {
    return new State(this.registers.slice(), this);
  }

  /**
   * Takes in what another path knows; true when that changed anything.
   * @param isCounting the block was come back to often: what still grows is a counter, not a choice
   */
  merge(other: State, isCounting = false): boolean {
    let changed = false;
    const { registers } = this;
    for (let index = 0; index < registers.length; index++) {
      const mine = registers[index] as Value;
      const theirs = other.registers[index] as Value;
      if (mine === theirs) continue;
      const merged = this.mergeValue(mine, theirs, isCounting);
      if (merged === mine) continue;
      registers[index] = merged;
      changed = true;
    }
    if (this.mergeSlots(other, isCounting)) changed = true;
    if (this.escaped !== other.escaped) {
      for (const [base, offset] of other.escaped) {
        if ((this.escaped.get(base) ?? Number.POSITIVE_INFINITY) <= offset) continue;
        this.escape(base, offset);
        changed = true;
      }
    }
    if (other.goesDown && !this.goesDown) {
      this.goesDown = true;
      changed = true;
    }
    if (other.isExposed && !this.isExposed) {
      this.isExposed = true;
      changed = true;
    }
    if (this.comparison !== other.comparison) this.comparison = null;
    return changed;
  }

  protected override mergeValue(mine: Value, theirs: Value, isCounting: boolean): Value {
    const merged = joinCounting(mine, theirs, isCounting);
    if (merged === mine || sameValue(merged, mine)) return mine;
    this.#escapeLost(mine, theirs, merged);
    return merged;
  }

  /** A pointer to the stack that nobody follows any more may be used to write, and an index that counts up to zero too. */
  #escapeLost(a: Value, b: Value, merged: Value): void {
    if (merged.atoms !== null) return;
    const low = lowestStack(a);
    const lower = lowestStack(b);
    if (low !== Number.POSITIVE_INFINITY) this.escapeAll(a, lower < low);
    if (lower !== Number.POSITIVE_INFINITY) this.escapeAll(b, lower < low);
    if (!this.goesDown && (mayCountUp(a) || mayCountUp(b))) this.goesDown = true;
  }

  /**
   * Every stack address that the value may be.
   * @param isDown who has it goes down from there
   */
  escapeAll({ atoms }: Value, isDown = false): void {
    if (atoms === null) return;
    for (let index = 0; index < atoms.length; index++) {
      const atom = atoms[index] as Atom;
      if (atom.kind === 'stack') this.escape(atom.base, isDown ? Number.NEGATIVE_INFINITY : atom.offset);
    }
  }

  /** The lowest place that the address and an unknown index may lead to. */
  lowestFrom({ offset }: { readonly offset: number }): number {
    return this.goesDown ? Number.NEGATIVE_INFINITY : offset;
  }

  /** An unknown index was added to the address, which is somebody else's from now on. */
  escapeFrom(address: { readonly base: number; readonly offset: number }): void {
    this.escape(address.base, this.lowestFrom(address));
  }

  /** Drops what a store may have changed that an unknown distance from the address. */
  forgetFrom(address: { readonly base: number; readonly offset: number }): void {
    this.forgetSlots(address.base, this.lowestFrom(address), Number.POSITIVE_INFINITY);
  }

  /** Windows, which knows nothing of the function's frame, may write from there upwards, but no further than to its end. */
  lend(offset: number): void {
    const known = this.escaped.get(0);
    if (known === undefined || offset < known) this.escape(OWN, offset);
  }

  /** Somebody else may write from here upwards. */
  escape(base: number, offset: number): void {
    const known = this.escaped.get(base);
    if (known !== undefined && offset >= known) return;
    if (this.#isEscapedShared) this.escaped = new Map(this.escaped);
    this.#isEscapedShared = false;
    (this.escaped as Map<number, number>).set(base, offset);
  }

  /** It becomes known that the stack of one base begins `by` bytes above another one: what is known of the two becomes one. */
  rebase(from: number, to: number, by: number): void {
    const { registers } = this;
    for (let index = 0; index < registers.length; index++) {
      const atom = single(registers[index] as Value);
      if (atom?.kind === 'stack' && atom.base === from) registers[index] = stackAddress(to, atom.offset + by);
    }
    for (const [base, lowest] of this.escaped) {
      if (base <= to) continue;
      // Where a third base begins nobody knows.
      const offset = base === from ? lowest + by : Number.NEGATIVE_INFINITY;
      this.escape(to, offset);
      this.forgetSlots(to, offset, Number.POSITIVE_INFINITY);
    }
    this.moveSlots(from, to, by);
  }

  /** Who has an address may write below it too. */
  escapeWhole(): void {
    this.escaped = new Map([...this.escaped.keys()].map((base) => [Math.max(base, 0), Number.NEGATIVE_INFINITY]));
    this.#isEscapedShared = false;
  }

  /**
   * Drops what somebody else may have written.
   * @param below how far below the addresses, 0 or a negative number of bytes
   */
  forgetEscaped(below = 0): void {
    this.forgetAbove(this.escaped, below);
  }

  /** Where others look, there is an address on the stack. */
  holdsAddress(): boolean {
    return this.escapedValues().some((value) => lowestStack(value) !== Number.POSITIVE_INFINITY);
  }

  /** Drops what a callee, and others meanwhile, may have written. */
  forgetCalled(): void {
    if (!this.isExposed) return this.forgetEscaped();
    for (const base of this.escaped.keys())
      this.forgetSlots(Math.max(base, 0), Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  /** What registers hold at the end of a path that leads here, and are not known to hold here. */
  lostOf(path: State): Value[] {
    return path.registers.filter((value, register) => value.atoms !== null && this.registers[register]?.atoms === null);
  }

  /** What somebody else may read. */
  escapedValues(): Value[] {
    return this.valuesAbove(this.escaped);
  }

  /** Every place that holds exactly `from` holds `to` instead. */
  override replace(from: Origin, to: Value): void {
    const { registers } = this;
    for (let index = 0; index < registers.length; index++) {
      if (plainOrigin(single(registers[index] as Value))?.key === from.key) registers[index] = to;
    }
    super.replace(from, to);
  }

  /** Drops what depends on what the call at `rva` returned before: it returns something else now. */
  override forgetResult(rva: number): void {
    const { registers } = this;
    for (let index = 0; index < registers.length; index++)
      if (dependsOn(registers[index] as Value, rva)) registers[index] = UNKNOWN;
    super.forgetResult(rva);
  }

  /** Leaves the addresses in registers, and what callers decide. */
  override forgetBefore(): void {
    for (let register = 0; register < this.registers.length; register++)
      if (this.registers[register]?.atoms?.[0]?.kind === 'constant') this.registers[register] = UNKNOWN;
    super.forgetBefore();
  }

  forgetRegister(register: number): void {
    this.registers[register] = UNKNOWN;
  }
}

const NOTHING: ReadonlyMap<number, number> = new Map();
