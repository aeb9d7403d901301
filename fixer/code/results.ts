/** What calls of the image's own functions return: an argument may be made by a getter, or by who chooses for all others. */
import { knownOf, locationOf, originOf } from './call-sites.js';
import { PARAMETERS } from './convention.js';
import type { CodeFunction } from './functions.js';
import type { Origin } from './origin.js';
import type { Program } from './program.js';
import { asCallerKnows, substitute } from './substitute.js';
import { returned } from './suppositions.js';
import { fromOrigin, UNKNOWN, type Value } from './value.js';
import type { Call } from './visitor.js';

/** Functions that return what another one returns. */
const DEEPEST = 3;
/** Bytes of a function's code: what is larger is not gone over for what it returns. */
const LARGEST = 4096;
/** Instructions gone over for all that is returned: a tenth of what the image has (`BUDGET`), whose calls come first. */
const MOST_STEPS = 200_000;

interface Passed {
  readonly target: number;
  readonly values: ReadonlyMap<string, Value>;
}

export class Results {
  readonly #program: Program;
  readonly #parameters: readonly Origin[];
  /** By the call's rva. */
  readonly #known = new Map<number, Value>();
  #stepsLeft = MOST_STEPS;

  constructor(program: Program) {
    this.#program = program;
    this.#parameters = PARAMETERS[program.convention.machine].map(originOf);
  }

  /** The value with what is returned in place of the calls that return it, as far as that can be told. */
  expand(value: Value, depth = 0): Value {
    if (depth >= DEEPEST || !value.atoms?.some((atom) => atom.kind === 'origins' && atom.origins.some(isResult)))
      return value;
    return substitute(value, (origin) => (origin.kind === 'result' ? this.#of(origin, depth) : null));
  }

  /** By the call's rva: what is known of what those calls return that the values were made of; null where that is nothing. */
  behind(values: readonly (Value | null)[], depth = 0): ReadonlyMap<number, Value> | null {
    if (depth >= DEEPEST) return null;
    const found = new Map<number, Value>();
    for (const value of values)
      for (const atom of value?.atoms ?? [])
        for (const origin of atom.kind === 'origins' ? atom.origins : [])
          if (origin.kind === 'result') found.set(origin.rva, this.#of(origin, depth));
    return found.size === 0 ? null : found;
  }

  #of(origin: Origin & { kind: 'result' }, depth: number): Value {
    let value = this.#known.get(origin.rva);
    if (value === undefined) {
      // A function that calls itself returns what nobody follows.
      this.#known.set(origin.rva, fromOrigin(origin));
      value = this.#find(origin.rva, depth) ?? fromOrigin(origin);
      this.#known.set(origin.rva, value);
    }
    return value;
  }

  #find(rva: number, depth: number): Value | null {
    if (this.#stepsLeft <= 0) return null;
    const { budget } = this.#program;
    const before = budget.steps;
    const found = this.#returnedBy(rva, depth);
    this.#stepsLeft -= before - budget.steps;
    return found === null ? null : asCallerKnows(this.expand(found.value, depth + 1), found.passed);
  }

  /** What the callee of the call at `rva` returns, in its own terms, and what it is passed. */
  #returnedBy(
    rva: number,
    depth: number,
  ): { readonly value: Value; readonly passed: ReadonlyMap<string, Value> } | null {
    const program = this.#program;
    const caller = program.functions.containing(rva);
    const passed = caller === null ? null : this.#passedAt(caller, rva);
    const callee = passed === null ? null : program.functions.containing(passed.target);
    if (passed === null || callee === null || callee.entry !== passed.target) return null;
    if (callee.ranges.some(({ begin, end }) => end - begin > LARGEST)) return null;
    const analysis = program.analysis(callee);
    const given = knownOf(this.#parameters, passed.values);
    let value = returned(analysis, given);
    // What it is returned itself may decide what it makes of that.
    const returns = this.behind([value], depth + 1);
    if (returns !== null) value = returned(analysis, given, returns);
    return value === null || value.atoms === null ? null : { value, passed: passed.values };
  }

  /** What the call of one of the image's functions passes; null for other calls. */
  #passedAt(caller: CodeFunction, rva: number): Passed | null {
    let passed: Passed | null = null;
    const read = (each: Call): Value[] => this.#parameters.map((origin) => each.argument(locationOf(origin)));
    const call = (each: Call): void => {
      if (each.rva !== rva) return;
      const callee = this.#program.calleeOf(each);
      if (callee.kind !== 'code') return;
      const values = read(each);
      passed = {
        target: callee.entry,
        values: new Map(this.#parameters.map(({ key }, index) => [key, values[index] ?? UNKNOWN])),
      };
    };
    const asked = (each: Call): Value[] => (each.rva === rva ? read(each) : []);
    this.#program.analysis(caller).visit({ call, asked }, [rva]);
    return passed;
  }
}

const isResult = ({ kind }: Origin): boolean => kind === 'result';
