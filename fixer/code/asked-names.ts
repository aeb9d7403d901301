/**
 * What functions that find others by name are asked for, as far as the code shows it: the argument is followed to the
 * text in the image, through the UNICODE_STRING that it fills and the functions that pass it on.
 */
import { type Atom, imageAtom, plainOrigin } from './atom.js';
import { CallSites } from './call-sites.js';
import type { CodeFunction } from './code-function.js';
import { type Asking, NameCalls, placeOf, type Sought } from './name-calls.js';
import { type Overwriting, Overwritten } from './overwritten.js';
import type { Program } from './program.js';
import { referrersOf } from './referenced.js';
import { isOfCaller } from './substitute.js';
import { imageRva, UNKNOWN, type Value } from './value.js';

/** `foreign`: what is asked for is decided outside of the image, or made at run time. */
export type Shown = 'named' | 'foreign' | 'unknown';

/** Functions that pass a name on, and structures that are filled in from one another. */
const DEEPEST = 8;
/** Places in the image whose users are sought: each may be used in many functions, and all of the code is gone over for it. */
const MOST_PLACES = 1024;
/** And what is looked at in the code for them. Beyond both nothing explains the lookup: to count names costs as much. */
const MOST_LOOKED_AT = 100_000;

export class AskedNames {
  readonly #program: Program;
  readonly #lengthAt: (rva: number) => number;
  /** rvas of the names that were come to. */
  #reached = new Set<number>();
  readonly #known = new Map<string, Shown>();
  readonly #calls: NameCalls;
  readonly #sites: CallSites;
  readonly #overwritten: Overwritten;
  /** Places whose users were sought. */
  readonly #sought = new Set<number>();

  /** @param lengthAt bytes of the name that starts there in the file; 0 where none does */
  constructor(program: Program, lengthAt: (rva: number) => number) {
    this.#program = program;
    this.#lengthAt = lengthAt;
    this.#overwritten = new Overwritten(program);
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

  /** What the letters at `rva` are; null where they are no name. */
  #letters(rva: number): Shown | null {
    const length = this.#lengthAt(rva);
    if (length === 0) return null;
    if (this.#overwritten.isWritable(rva)) {
      if (!this.#maySeek(rva)) return 'foreign';
      if (this.#overwritten.of(rva, length).length > 0) return 'foreign';
    }
    this.#reached.add(rva);
    return 'named';
  }

  #maySeek(place: number): boolean {
    if (this.#sought.size < MOST_PLACES && this.#overwritten.looked < MOST_LOOKED_AT) this.#sought.add(place);
    return this.#sought.has(place);
  }

  #shown(code: CodeFunction, call: Asking, { at, isText }: Sought, depth: number): Shown {
    const value = call.given[at] ?? UNKNOWN;
    return this.#follow({ code, call }, value, isText, call.letters[at] ?? null, depth);
  }

  /** @param letters where `value` is the address of a structure on the stack: its pointer to the letters, if known */
  #follow(
    { code, call }: { readonly code: CodeFunction; readonly call: Asking },
    { atoms }: Value,
    isText: boolean,
    letters: Value | null,
    depth: number,
  ): Shown {
    let shown: Shown = atoms === null || atoms.length === 0 ? 'unknown' : 'named';
    for (const atom of atoms ?? []) {
      let one: Shown = 'unknown';
      const origin = plainOrigin(atom);
      if (atom.kind === 'constant') one = 'named';
      else if (atom.kind === 'image') one = this.#inImage(atom.rva, isText, depth);
      else if (atom.kind === 'table-entry' && atom.plus === null) one = this.#leads(atom.table) ?? 'unknown';
      else if (atom.kind === 'stack')
        one =
          letters === null ? this.#filled(code, atom, depth) : this.#follow({ code, call }, letters, true, null, depth);
      else if (origin?.kind === 'global') one = this.#leads(origin.rva) ?? 'unknown';
      else if (origin !== null && isOfCaller(origin))
        one =
          !isText && this.#calls.isFilledBefore(code, call, origin.key)
            ? this.#filled(code, atom, depth)
            : this.#fromCallers(code, origin.key, isText, depth);
      if (one === 'foreign' || shown === 'named') shown = one;
      if (shown === 'foreign') break;
    }
    return shown;
  }

  /** A name, or a structure that leads to one from the start or is filled in by code. */
  #inImage(rva: number, isText: boolean, depth: number): Shown {
    const letters = this.#letters(rva);
    if (letters !== null) return letters;
    if (isText) return 'foreign';
    const held = this.#leads(rva + this.#program.convention.pointerWidth);
    if (held !== null && (held !== 'named' || !this.#overwritten.isWritable(rva))) return held;
    if (!this.#maySeek(rva)) return 'foreign';
    const atom = imageAtom(rva);
    const places = this.#program.references.to([rva]).get(rva) ?? [];
    const all = this.#program.functionsAt(places).map((each) => this.#filled(each.code, atom, depth));
    if (all.includes('foreign')) return 'foreign';
    return held ?? (all.includes('named') ? 'named' : 'unknown');
  }

  /** What the pointer there leads to; null where that is no name from the start. */
  #leads(rva: number): Shown | null {
    const { memory, convention } = this.#program;
    const width = convention.pointerWidth;
    const [atom] = memory.initial(rva, width)?.atoms ?? [];
    const held = atom?.kind === 'image' ? this.#letters(atom.rva) : null;
    if (held !== 'named' || !this.#overwritten.isWritable(rva)) return held;
    if (!this.#maySeek(rva)) return 'foreign';
    // What it is set to later may be a name as well.
    const isNamed = ({ begin, end, value }: Overwriting): boolean =>
      begin === rva && end === rva + width && value.atoms?.every((each) => this.#isConstant(each)) === true;
    return this.#overwritten.of(rva, width).every(isNamed) ? 'named' : 'foreign';
  }

  #isConstant(atom: Atom): boolean {
    return atom.kind === 'constant' || (atom.kind === 'image' && this.#letters(atom.rva) === 'named');
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
    const place = placeOf(address);
    if (place === null) return 'unknown';
    return this.#once(`${code.entry} ${place}`, 'unknown', () => this.#findFilled(code, place, depth + 1));
  }

  #findFilled(code: CodeFunction, place: string, depth: number): Shown {
    let shown: Shown = 'unknown';
    for (const call of this.#calls.given(code, place)) {
      const fill = this.#calls.fillOf(call.callee);
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
    return rva !== null && this.#letters(rva) === 'named';
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
      const calls = this.#calls.ofCallee(caller, code.entry);
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
