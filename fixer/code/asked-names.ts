/**
 * What functions that find others by name are asked for, as far as the code shows it: the argument is followed to the
 * text in the image, through the UNICODE_STRING that it fills and the functions that pass it on.
 */
import { type Atom, imageAtom, plainOrigin, sameAtom } from './atom.js';
import { CallSites } from './call-sites.js';
import type { CodeFunction } from './code-function.js';
import { type Asking, NameCalls, type Sought } from './name-calls.js';
import type { Program } from './program.js';
import { referrersOf } from './referenced.js';
import { isOfCaller } from './substitute.js';
import { imageRva, UNKNOWN, type Value } from './value.js';

/** `foreign`: what is asked for is decided outside of the image, or made at run time. */
export type Shown = 'named' | 'foreign' | 'unknown';

/** Functions that pass a name on, and structures that are filled in from one another. */
const DEEPEST = 8;
export class AskedNames {
  readonly #program: Program;
  readonly #isNameAt: (rva: number) => boolean;
  /** rvas of the names that were come to. */
  #reached = new Set<number>();
  readonly #known = new Map<string, Shown>();
  readonly #calls: NameCalls;
  readonly #sites: CallSites;

  /** @param isName a name starts there, in the file */
  constructor(program: Program, isName: (rva: number) => boolean) {
    this.#program = program;
    this.#isNameAt = isName;
    this.#sites = new CallSites(program);
    this.#calls = new NameCalls(program);
  }

  /**
   * By call of a function that finds others in this one: what it is asked for; and where that is not known, rvas of what
   * it is not, which calls are given for another purpose.
   */
  of(code: CodeFunction): { readonly shown: readonly Shown[]; readonly used: ReadonlySet<number> } {
    const used = new Set<number>();
    const calls = this.#calls.of(code);
    const shown = calls.flatMap((call) => {
      const sought = this.#calls.soughtBy(call.callee);
      if (sought === null) return [];
      this.#reached = new Set();
      const one = this.#shown(code, call, sought, 0);
      if (one === 'named') for (const rva of this.#reached) used.add(rva);
      return [one];
    });
    if (shown.includes('unknown'))
      for (const call of calls) if (!this.#mayBePassedOn(call)) for (const rva of imageRvas(call.given)) used.add(rva);
    return { shown, used };
  }

  /** What the call is given is asked for, or may be put where it is asked for. */
  #mayBePassedOn(call: Asking): boolean {
    if (this.#calls.soughtBy(call.callee) !== null) return true;
    // What is filled in where nobody knows may be what is passed on.
    if (this.#calls.fillOf(call.callee) !== null) return !isPlace(call.given[this.#calls.first]);
    // The driver's own function, that may do the same.
    return call.callee.kind === 'code' && call.given.some(isOnStack);
  }

  #isName(rva: number): boolean {
    if (!this.#isNameAt(rva)) return false;
    this.#reached.add(rva);
    return true;
  }

  #shown(code: CodeFunction, call: Asking, { at, isText }: Sought, depth: number): Shown {
    const value = call.given[at] ?? UNKNOWN;
    return this.#follow(code, value, isText, call.letters[at] ?? null, depth);
  }

  /** @param letters where `value` is the address of a structure on the stack: its pointer to the letters, if known */
  #follow(code: CodeFunction, { atoms }: Value, isText: boolean, letters: Value | null, depth: number): Shown {
    let shown: Shown = atoms === null || atoms.length === 0 ? 'unknown' : 'named';
    for (const atom of atoms ?? []) {
      let one: Shown = 'unknown';
      const origin = plainOrigin(atom);
      if (atom.kind === 'constant') one = 'named';
      else if (atom.kind === 'image') one = this.#inImage(atom.rva, isText, depth);
      else if (atom.kind === 'table-entry' && atom.plus === null) one = this.#leads(atom.table) ? 'named' : 'unknown';
      else if (atom.kind === 'stack')
        one = letters === null ? this.#filled(code, atom, depth) : this.#follow(code, letters, true, null, depth);
      else if (origin?.kind === 'global') one = this.#leads(origin.rva) ? 'named' : 'unknown';
      else if (origin !== null && isOfCaller(origin)) one = this.#fromCallers(code, origin.key, isText, depth);
      if (one === 'foreign' || shown === 'named') shown = one;
      if (shown === 'foreign') break;
    }
    return shown;
  }

  /** A name, or a structure that leads to one from the start or is filled in by code. */
  #inImage(rva: number, isText: boolean, depth: number): Shown {
    if (this.#isName(rva)) return 'named';
    if (isText) return 'foreign';
    if (this.#leads(rva + this.#program.convention.pointerWidth)) return 'named';
    const atom = imageAtom(rva);
    const places = this.#program.references.to([rva]).get(rva) ?? [];
    const all = this.#program.functionsAt(places).map((each) => this.#filled(each.code, atom, depth));
    if (all.includes('foreign')) return 'foreign';
    return all.includes('named') ? 'named' : 'unknown';
  }

  /** The pointer there leads to a name. */
  #leads(rva: number): boolean {
    const { memory, convention } = this.#program;
    const [atom] = memory.initial(rva, convention.pointerWidth)?.atoms ?? [];
    return atom?.kind === 'image' && this.#isName(atom.rva);
  }

  /** Sought once. @param meanwhile what holds where it leads back to itself */
  #once(key: string, meanwhile: Shown, find: () => Shown): Shown {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, meanwhile);
    const shown = find();
    this.#known.set(key, shown);
    return shown;
  }

  /** What the function's calls fill the structure at that address from. */
  #filled(code: CodeFunction, address: Atom, depth: number): Shown {
    if (depth >= DEEPEST) return 'unknown';
    const { kind } = address;
    const at = kind === 'stack' ? `${address.base}:${address.offset}` : kind === 'image' ? address.rva : '';
    return this.#once(`${code.entry} ${kind} ${at}`, 'unknown', () => this.#findFilled(code, address, depth + 1));
  }

  #findFilled(code: CodeFunction, address: Atom, depth: number): Shown {
    let shown: Shown = 'unknown';
    for (const call of this.#calls.of(code)) {
      const fill = this.#calls.fillOf(call.callee);
      const at = fill === null ? call.given : call.given.slice(this.#calls.first, this.#calls.first + 1);
      if (!at.some(({ atoms }) => atoms?.some((atom) => sameAtom(atom, address)))) continue;
      let one: Shown = 'named';
      if (fill !== null) one = this.#shown(code, call, fill, depth);
      // What copies a name there, or is the driver's own.
      else if (!call.given.some((each) => this.#isGivenName(each))) continue;
      if (one !== 'named') return one;
      shown = one;
    }
    return shown;
  }

  #isGivenName(value: Value): boolean {
    const rva = imageRva(value);
    return rva !== null && this.#isName(rva);
  }

  #fromCallers(code: CodeFunction, key: string, isText: boolean, depth: number): Shown {
    const at = this.#calls.keys.indexOf(key);
    if (at < 0 || depth >= DEEPEST) return 'unknown';
    // A function that calls itself passes on what it was given once.
    return this.#once(`${code.entry} ${at} ${isText}`, 'named', () =>
      this.#findInCallers(code, { at, isText }, depth + 1),
    );
  }

  #findInCallers(code: CodeFunction, sought: Sought, depth: number): Shown {
    const callers = new Map(Array.from(referrersOf(this.#program, code), ({ caller }) => [caller.entry, caller]));
    if (this.#sites.openTo(code, callers.size) !== null) return 'foreign';
    let shown: Shown = 'named';
    for (const caller of callers.values()) {
      if (!this.#program.isReferenced(caller)) continue;
      const calls = this.#calls
        .of(caller)
        .filter(({ callee }) => callee.kind === 'code' && callee.entry === code.entry);
      if (calls.length === 0) shown = 'unknown';
      for (const call of calls) {
        const one = this.#shown(caller, call, sought, depth);
        if (one === 'foreign') return one;
        if (one === 'unknown') shown = one;
      }
    }
    return shown;
  }
}

const imageRvas = (values: readonly Value[]): number[] =>
  values.flatMap(({ atoms }) => (atoms ?? []).flatMap((atom) => (atom.kind === 'image' ? [atom.rva] : [])));

const isOnStack = ({ atoms }: Value): boolean => atoms?.[0]?.kind === 'stack';

/** One place that is known, on the stack or in the image. */
const isPlace = (value: Value | undefined): boolean =>
  value?.atoms?.length === 1 && (value.atoms[0]?.kind === 'stack' || value.atoms[0]?.kind === 'image');
