/** What functions of the driver return, where that decides: `PoolType()`, `ToPoolType(TRUE)`. */
import { type CallSite, CallSites, locationOf } from './call-sites.js';
import type { Given } from './entry.js';
import type { Origin } from './origin.js';
import type { Program } from './program.js';
import { isOfCaller, substitute } from './substitute.js';
import { forget, UNKNOWN, type Value } from './value.js';

/** Functions that return what another one returns. */
const DEEPEST = 3;

export class Results {
  readonly #program: Program;
  readonly #sites: CallSites;
  readonly #known = new Map<number, Value | null>();
  #depth = 0;

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
        return substitute(value, (origin) => (origin.kind === 'result' ? this.#of(origin.rva) : null));
    return value;
  }

  /** What the call at `rva` returns, in terms of the function that makes it. */
  #of(rva: number): Value | null {
    const known = this.#known.get(rva);
    if (known !== undefined) return known;
    // It may come back to itself.
    this.#known.set(rva, null);
    if (this.#depth >= DEEPEST) return null;
    this.#depth++;
    const found = this.#find(rva);
    this.#depth--;
    this.#known.set(rva, found);
    return found;
  }

  #find(rva: number): Value | null {
    const program = this.#program;
    const caller = program.functions.containing(rva);
    if (caller === null) return null;
    for (const { rva: at, flow } of program.analysis(caller).instructionsAt(rva)) {
      if (at !== rva || flow.kind !== 'call') continue;
      const code = program.functions.containing(flow.target);
      if (code === null || code.entry !== flow.target || code === caller) return null;
      const site = this.#sites.of(code, this.#sites.parameters).find((each) => each.rva === rva);
      if (site === undefined || site.uncertain) return null;
      const returned = program.analysis(code).returned(this.#givenAt(site));
      if (returned === null) return null;
      const passed = (origin: Origin): Value | null =>
        isOfCaller(origin) ? (site.values.get(origin.key) ?? UNKNOWN) : null;
      const value = this.told(substitute(this.told(returned), passed));
      return value.atoms === null ? null : value;
    }
    return null;
  }

  /** Arguments of which something is known. */
  #givenAt({ values }: CallSite): Given[] {
    return this.#sites.parameters.flatMap((origin) => {
      let value = values.get(origin.key) ?? UNKNOWN;
      if (value.atoms?.every(({ kind }) => kind === 'constant') !== true) value = forget(value);
      return value === UNKNOWN ? [] : [{ at: locationOf(origin), value }];
    });
  }
}
