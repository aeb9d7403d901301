/** Who calls a function, and with what: how an argument that a wrapper passes on is resolved. */

import { plainOrigin } from './atom.js';
import { argumentsOf, type CallSite, CallSites, knownOf, locationOf } from './call-sites.js';
import type { CodeFunction } from './code-function.js';
import type { Given } from './entry.js';
import type { Origin } from './origin.js';
import type { Program } from './program.js';
import { asCallerKnows, entryOrigins, substitute } from './substitute.js';
import { callUnder, reaches } from './suppositions.js';
import { UNKNOWN, type Value } from './value.js';

/** One call on the way from the outermost caller to the DDI. */
export interface ChainLink {
  /** rva of the call. */
  readonly rva: number;
  /** Bytes of the call instruction. */
  readonly length: number;
  /** rva of the function it is in. */
  readonly function: number;
  /** rva of the instruction after it; null for a jump, which leaves no return address. */
  readonly returnRva: number | null;
  /** The function is that jump alone: an import's stub, or an entry of a table that an incremental linker makes. */
  readonly isThunk: boolean;
}

/** Values of the arguments as one chain of callers decides them. */
export interface Resolution {
  /** As the arguments that were asked for; free of entry origins unless `open`. */
  readonly values: readonly (Value | null)[];
  /** Outermost first; the last link is the call of the DDI. */
  readonly chain: readonly ChainLink[];
  /** Why the callers are not all known, or null. */
  readonly open: string | null;
}

/** A function on the way down, the rva of its call, and what its arguments are as far as the callers decide them. */
interface Passage {
  readonly code: CodeFunction;
  readonly rva: number;
  readonly given: ReadonlyMap<Origin, Value>;
}

/** What decides between the values of a call, in the function that makes it. */
export interface Choice {
  /** The values are several, or none that is known. */
  isOpen(values: readonly (Value | null)[]): boolean;
  /** The values where the function starts with what is given: null where it does not come to the call, 'lost' unless known. */
  under(given: readonly Given[]): readonly (Value | null)[] | null | 'lost';
}

const DEEPEST = 5;
const MOST_RESOLUTIONS = 256;
/** Callers of a function that decides by what it is given, each of which costs an analysis of it. */
const MOST_DECIDING = 16;
/** Callers of a wrapper that are tried with what they pass. */
const MOST_TRIED = 64;
/** Functions that pass on what another one decides by. */
const MOST_PASSED = 3;

export class Callers {
  readonly #program: Program;
  readonly #sites: CallSites;

  constructor(program: Program) {
    this.#program = program;
    this.#sites = new CallSites(program);
  }

  /** Follows the values to where they are decided. */
  resolve(
    code: CodeFunction,
    values: readonly (Value | null)[],
    chain: readonly ChainLink[],
    choice: Choice,
  ): Resolution[] {
    const found: Resolution[] = [];
    this.#follow(code, values, chain, [], new Set(), found, choice);
    return found;
  }

  #follow(
    code: CodeFunction,
    values: readonly (Value | null)[],
    chain: readonly ChainLink[],
    passages: readonly Passage[],
    above: ReadonlySet<number>,
    found: Resolution[],
    choice: Choice,
  ): void {
    const wanted = entryOrigins(values);
    const done = (open: string | null): void => void found.push({ values, chain, open });
    if (wanted.length === 0) {
      if (!passages.every((passage) => this.#isPassed(passage))) return;
      const split = choice.isOpen(values) ? this.#split(code, chain, choice, 0) : null;
      if (split === null) done(null);
      else found.push(...split);
      return;
    }
    if (above.has(code.entry)) {
      // With what it was given it does the same once more.
      if (!values.every(isPassedOn)) done('a function that calls itself passes on something else than it was given');
      return;
    }
    if (above.size >= DEEPEST) return done('the argument is passed down through too many functions');
    if (found.length >= MOST_RESOLUTIONS) return done('too many callers');
    const sites = this.#sites.of(code, wanted);
    const open = this.#sites.openTo(code, sites.length);
    if (open !== null) done(open);
    const deeper = new Set(above).add(code.entry);
    for (const site of sites) {
      // Whether it comes to the call, and with what, other arguments may decide.
      const all = sites.length > MOST_TRIED ? site : this.#wholeOf(code, site);
      const lookup = (origin: Origin): Value | null => all.values.get(origin.key) ?? null;
      let here = inTermsOf(site.values, values);
      if (!site.uncertain && sites.length <= MOST_TRIED && choice.isOpen(here)) {
        const decided = choice.under(knownOf(this.#sites.parameters, all.values));
        if (decided === null) continue;
        if (decided !== 'lost') here = inTermsOf(all.values, decided).map((value, index) => better(value, here[index]));
      }
      const asked = all === site ? wanted : this.#sites.parameters;
      const given = new Map(asked.map((origin) => [origin, lookup(origin) ?? UNKNOWN]));
      const own = { code, rva: chain[0]?.rva ?? 0, given };
      const below = passages.map((each) => ({ ...each, given: substituted(each.given, lookup) }));
      const link = linkOf(this.#program, site, site.caller);
      if (site.uncertain) {
        found.push({
          values: here,
          chain: [link, ...chain],
          open: 'the caller’s code is reached in a way that is not understood',
        });
        continue;
      }
      const inCaller = this.#throughCall(site, choice, inTermsOf);
      this.#follow(site.caller, here, [link, ...chain], [own, ...below], deeper, found, inCaller);
    }
  }

  /** The call with all its arguments. */
  #wholeOf(code: CodeFunction, site: CallSite): CallSite {
    return this.#sites.of(code, this.#sites.parameters).find(({ rva }) => rva === site.rva) ?? site;
  }

  /**
   * One resolution for each caller of a function that decides by what it is given: `Allocate(size, FALSE)` is not what it
   * is for TRUE. Null where the callers are not all known, or tell nothing.
   */
  #split(code: CodeFunction, chain: readonly ChainLink[], choice: Choice, depth: number): Resolution[] | null {
    const sites = this.#sites.of(code, this.#sites.parameters);
    if (sites.length > MOST_DECIDING || this.#program.analysis(code).gaveUp) return null;
    if (this.#sites.openTo(code, sites.length) !== null) return null;
    const found: Resolution[] = [];
    let tells = false;
    for (const site of sites) {
      if (site.uncertain || site.caller === code) return null;
      const links = [linkOf(this.#program, site, site.caller), ...chain];
      const values = choice.under(knownOf(this.#sites.parameters, site.values));
      if (values === 'lost') return null;
      if (values === null) tells = true;
      else if (!choice.isOpen(values)) {
        tells = true;
        found.push({ values, chain: links, open: null });
      } else {
        const passedOn = this.#throughCall(site, choice, (_, decided) => decided);
        const deeper =
          depth < MOST_PASSED && entryOrigins([...site.values.values()]).length > 0
            ? this.#split(site.caller, links, passedOn, depth + 1)
            : null;
        if (deeper !== null) tells = true;
        found.push(...(deeper ?? [{ values, chain: links, open: null }]));
      }
    }
    return tells ? found : null;
  }

  /** Values of the call at the end of the chain, as the callers on it give them: what decides nothing, but is told of. */
  along(code: CodeFunction, chain: readonly ChainLink[], values: readonly (Value | null)[]): readonly (Value | null)[] {
    let at = code;
    let told = values;
    for (let index = chain.length - 2; index >= 0; index--) {
      const wanted = entryOrigins(told);
      if (wanted.length === 0) break;
      const site = this.#sites.of(at, wanted).find(({ rva }) => rva === chain[index]?.rva);
      if (site === undefined) break;
      told = inTermsOf(site.values, told);
      at = site.caller;
    }
    return told;
  }

  /** The choice as it depends on what the caller starts with; `told` puts what it decides in that one's terms, or leaves it. */
  #throughCall(site: CallSite, choice: Choice, told: typeof inTermsOf): Choice {
    return {
      isOpen: choice.isOpen,
      under: (start) => {
        const passed = this.#passedBy(site, start);
        if (passed === null || passed === 'lost') return passed;
        const decided = choice.under(knownOf(this.#sites.parameters, passed));
        return decided === null || decided === 'lost' ? decided : told(passed, decided);
      },
    };
  }

  /** The arguments of a call where the caller starts with what is given: as `callUnder` tells. */
  #passedBy(site: CallSite, start: readonly Given[]): ReadonlyMap<string, Value> | null | 'lost' {
    const { parameters } = this.#sites;
    return callUnder(this.#program.analysis(site.caller), site.rva, start, (call) => argumentsOf(call, parameters));
  }

  /** A wrapper may look at what it was given and not come to the call with it. */
  #isPassed({ code, rva, given }: Passage): boolean {
    const known = [...given].filter(([, { atoms }]) => atoms?.every(({ kind }) => kind === 'constant') === true);
    if (known.length === 0) return true;
    const start = known.map(([origin, value]) => ({ at: locationOf(origin), value }));
    return reaches(this.#program.analysis(code), rva, start);
  }
}

/** The call as a link of a chain. */
export const linkOf = (
  program: Program,
  { rva, length, returnRva }: Pick<ChainLink, 'rva' | 'length' | 'returnRva'>,
  code: CodeFunction,
): ChainLink => ({
  rva,
  length,
  function: code.entry,
  returnRva,
  isThunk: returnRva === null && (rva === code.entry || program.isStub(code)),
});

/** Of two that both hold: what only bits are known of says less than what may be followed further up. */
const better = (decided: Value | null, followed: Value | null = null): Value | null =>
  decided?.atoms === null && followed?.atoms != null ? followed : decided;

const isPassedOn = (value: Value | null): boolean =>
  value === null || value.atoms?.every((atom) => atom.kind === 'constant' || plainOrigin(atom) !== null) === true;

const inTermsOf = (passed: ReadonlyMap<string, Value>, values: readonly (Value | null)[]): readonly (Value | null)[] =>
  values.map((value) => value && asCallerKnows(value, passed));

const substituted = (given: ReadonlyMap<Origin, Value>, lookup: (origin: Origin) => Value | null) =>
  new Map([...given].map(([origin, value]) => [origin, substitute(value, lookup)]));
