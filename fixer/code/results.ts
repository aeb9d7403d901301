/** What calls of the image's own functions return: an argument may be made by a getter, or by who chooses for all others. */
import { argumentsOf, knownOf, originOf } from './call-sites.js';
import type { CodeFunction } from './code-function.js';
import { PARAMETERS } from './convention.js';
import type { Origin } from './origin.js';
import type { Program } from './program.js';
import { asCallerKnows, isOfCaller, substitute } from './substitute.js';
import { returned } from './suppositions.js';
import { fromOrigin, UNKNOWN, type Value } from './value.js';
import type { Call } from './visitor.js';

/** Functions that return what another one returns. */
const DEEPEST = 3;
/** Bytes of a function's code: what is larger is not gone over for what it returns. */
const LARGEST = 4096;
/** Part of the image's steps for all that is returned: its calls come first. */
const PART = 1 / 4;

interface Passed {
  readonly target: number;
  readonly values: ReadonlyMap<string, Value>;
}

export class Results {
  readonly #program: Program;
  readonly #parameters: readonly Origin[];
  /** By the call's rva. */
  readonly #known = new Map<number, Value>();
  #stepsLeft: number;

  constructor(program: Program) {
    this.#program = program;
    this.#stepsLeft = program.budget.steps * PART;
    this.#parameters = PARAMETERS[program.convention.machine].map(originOf);
  }

  /** The value with what is returned in place of the calls that return it, as far as that can be told. */
  expand(value: Value): Value {
    if (!value.atoms?.some((atom) => atom.kind === 'origins' && atom.origins.some(isResult))) return value;
    return substitute(value, (origin) => (origin.kind === 'result' ? this.#of(origin, 0, null) : null));
  }

  /** By the call's rva: what is returned by the calls that the values were made of, of those that return constants; null for none. */
  constantsBehind(values: readonly (Value | null)[]): ReadonlyMap<number, Value> | null {
    return constantsOf(this.#behind(values, 0, null));
  }

  #behind(values: readonly (Value | null)[], depth: number, given: Passed['values'] | null): Map<number, Value> {
    const found = new Map<number, Value>();
    for (const value of values)
      for (const atom of value?.atoms ?? [])
        for (const origin of atom.kind === 'origins' ? atom.origins : [])
          if (origin.kind === 'result' && !found.has(origin.rva)) found.set(origin.rva, this.#of(origin, depth, given));
    return found;
  }

  /** @param given what the function that makes the call was passed; null: nothing is known of that, or it is of no matter */
  #of(origin: Origin & { kind: 'result' }, depth: number, given: Passed['values'] | null): Value {
    if (given !== null) return this.#find(origin.rva, depth, given) ?? fromOrigin(origin);
    let value = this.#known.get(origin.rva);
    if (value === undefined) {
      // A function that calls itself returns what nobody follows.
      this.#known.set(origin.rva, fromOrigin(origin));
      value = this.#find(origin.rva, depth, null) ?? fromOrigin(origin);
      this.#known.set(origin.rva, value);
    }
    return value;
  }

  #find(rva: number, depth: number, given: Passed['values'] | null): Value | null {
    if (depth >= DEEPEST || this.#stepsLeft <= 0) return null;
    const program = this.#program;
    const caller = program.functions.containing(rva);
    const passed = caller === null ? null : this.#counted(() => this.#passedAt(caller, rva));
    const callee = passed === null ? null : program.functions.containing(passed.target);
    if (passed === null || callee === null || callee.entry !== passed.target) return null;
    if (callee.ranges.some(({ begin, end }) => end - begin > LARGEST)) return null;
    let { values } = passed;
    if (given !== null) values = new Map([...values].map(([key, value]) => [key, asCallerKnows(value, given)]));
    const start = knownOf(this.#parameters, values);
    const analysis = program.analysis(callee);
    let result = this.#counted(() => returned(analysis, start));
    const behind = this.#behind([result], depth + 1, values);
    const constants = constantsOf(behind);
    // What it is returned itself may decide what it makes of that.
    if (constants !== null) result = this.#counted(() => returned(analysis, start, constants));
    if (result === null || result.atoms === null) return null;
    return substitute(
      result,
      (origin) =>
        (origin.kind === 'result' ? behind.get(origin.rva) : values.get(origin.key)) ??
        (isOfCaller(origin) ? UNKNOWN : null),
    );
  }

  #counted<T>(look: () => T): T {
    const { budget } = this.#program;
    const before = budget.steps;
    const found = look();
    this.#stepsLeft -= before - budget.steps;
    return found;
  }

  /** What the call of one of the image's functions passes; null for other calls. */
  #passedAt(caller: CodeFunction, rva: number): Passed | null {
    let passed: Passed | null = null;
    const call = (each: Call): void => {
      if (each.rva !== rva) return;
      const callee = this.#program.calleeOf(each);
      if (callee.kind === 'code') passed = { target: callee.entry, values: argumentsOf(each, this.#parameters) };
    };
    const asked = (each: Call): Iterable<Value> =>
      each.rva === rva ? argumentsOf(each, this.#parameters).values() : [];
    this.#program.analysis(caller).visit({ call, asked }, [rva]);
    return passed;
  }
}

const isResult = ({ kind }: Origin): boolean => kind === 'result';

function constantsOf(values: ReadonlyMap<number, Value>): ReadonlyMap<number, Value> | null {
  const found = [...values].filter(([, { atoms }]) => atoms?.every(({ kind }) => kind === 'constant') === true);
  return found.length === 0 ? null : new Map(found);
}
