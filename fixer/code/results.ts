/** What functions of the driver return, where that decides: `PoolType()`, `ToPoolType(TRUE)`. */
import { CallSites, locationOf } from './call-sites.js';
import type { Given } from './entry.js';
import type { Program } from './program.js';
import { isOfCaller, substitute } from './substitute.js';
import { forget, UNKNOWN, type Value } from './value.js';

/** Functions that return what another one returns. */
const DEEPEST = 3;

export class Results {
  readonly #program: Program;
  readonly #sites: CallSites;
  readonly #known = new Map<number, Value | null>();
  /** Calls that are looked at: they may come back to themselves. */
  readonly #open = new Set<number>();

  constructor(program: Program, sites = new CallSites(program)) {
    this.#program = program;
    this.#sites = sites;
  }

  /** The value with what calls of the driver's own functions return, as far as that is known. */
  told(value: Value): Value {
    const { atoms } = value;
    if (atoms === null) return value;
    for (const atom of atoms)
      if (atom.kind === 'origins' && atom.origins.some(({ kind }) => kind === 'result'))
        return substitute(value, (origin) => (origin.kind === 'result' ? this.#of(origin.rva, null) : null));
    return value;
  }

  /**
   * What the call at `rva` returns: in terms of the function that makes it, or of whoever passes it `given`, by the key of
   * its parameter.
   */
  #of(rva: number, given: ReadonlyMap<string, Value> | null): Value | null {
    if (this.#open.has(rva) || this.#open.size >= DEEPEST) return null;
    const known = given === null ? this.#known.get(rva) : undefined;
    if (known !== undefined) return known;
    this.#open.add(rva);
    const found = this.#find(rva, given);
    this.#open.delete(rva);
    if (given === null) this.#known.set(rva, found);
    return found;
  }

  #find(rva: number, given: ReadonlyMap<string, Value> | null): Value | null {
    const program = this.#program;
    const caller = program.functions.containing(rva);
    if (caller === null) return null;
    const call = program
      .analysis(caller)
      .instructionsAt(rva)
      .find((each) => each.rva === rva);
    if (call?.flow.kind !== 'call') return null;
    const code = program.functions.containing(call.flow.target);
    if (code === null || code.entry !== call.flow.target || code === caller) return null;
    const site = this.#sites.of(code, this.#sites.parameters).find((each) => each.rva === rva);
    if (site === undefined || site.uncertain) return null;
    const passed =
      given === null ? site.values : new Map([...site.values].map(([key, value]) => [key, inTermsOf(value, given)]));
    const returned = program.analysis(code).returned(this.#knownOf(passed));
    if (returned === null) return null;
    const value = this.told(
      substitute(returned, (origin) => {
        if (origin.kind === 'result') return this.#of(origin.rva, passed);
        return isOfCaller(origin) ? (passed.get(origin.key) ?? UNKNOWN) : null;
      }),
    );
    return value.atoms === null ? null : value;
  }

  /** Arguments of which something is known. */
  #knownOf(passed: ReadonlyMap<string, Value>): Given[] {
    return this.#sites.parameters.flatMap((origin) => {
      let value = passed.get(origin.key) ?? UNKNOWN;
      if (value.atoms?.every(({ kind }) => kind === 'constant') !== true) value = forget(value);
      return value === UNKNOWN ? [] : [{ at: locationOf(origin), value }];
    });
  }
}

const inTermsOf = (value: Value, given: ReadonlyMap<string, Value>): Value =>
  substitute(value, (origin) => (isOfCaller(origin) ? (given.get(origin.key) ?? UNKNOWN) : null));
