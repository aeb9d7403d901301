/** Calls that pass names on: of functions that find others by name, of what fills in the strings, and of all else. */
import { type Atom, plainOrigin } from './atom.js';
import { originOf } from './call-sites.js';
import type { CodeFunction } from './code-function.js';
import { PARAMETERS } from './convention.js';
import { undecorated } from './imported.js';
import type { Callee, Program } from './program.js';
import type { Value } from './value.js';
import type { Call } from './visitor.js';

/** A call, with what it passes. */
export interface Asking {
  readonly rva: number;
  readonly callee: Callee;
  /** As `PARAMETERS` lists them. */
  readonly given: readonly Value[];
  /** By argument that is an address on the stack: the pointer to the letters in the UNICODE_STRING there. */
  readonly letters: readonly (Value | null)[];
}

/** An argument that leads to a name: the address of a structure, or of its letters. */
export interface Sought {
  readonly at: number;
  readonly isText: boolean;
}

/** What fills in a structure, its first argument, from the second: letters, or a structure too. */
const FILLS = /^RtlInit(?:Unicode|Ansi|UTF8)?String(?:Ex)?$/;
const CONVERTS = /^(?:RtlAnsiStringToUnicodeString|RtlCopyUnicodeString)$/;
/** Arguments that are looked at on x86, where three registers come before the words on the stack. */
const MOST_ARGUMENTS = 7;
/** Bytes of code before a call that are gone over for a jump past it. */
const FARTHEST = 0x1000;

export class NameCalls {
  /** Keys of what stands for the arguments in a callee. */
  readonly keys: readonly string[];
  /** Index of the first argument that functions of Windows are given. */
  readonly first: number;
  readonly #program: Program;
  readonly #calls = new Map<number, readonly Asking[]>();
  /** By entry of a function: its calls by what they call, or by the place that they are given. */
  readonly #indexes = new Map<number, ReadonlyMap<string, readonly Asking[]>>();

  constructor(program: Program) {
    const { machine } = program.convention;
    this.#program = program;
    this.keys = PARAMETERS[machine].slice(0, MOST_ARGUMENTS).map((at) => originOf(at).key);
    this.first = machine === 'x86' ? 3 : 0;
  }

  of(code: CodeFunction): readonly Asking[] {
    let calls = this.#calls.get(code.entry);
    if (calls === undefined) {
      const found: Asking[] = [];
      this.#program.analysis(code).visit({ call: (call) => void found.push(this.#asking(call)) });
      calls = found;
      this.#calls.set(code.entry, calls);
    }
    return calls;
  }

  /** Those of its calls that call the function at `entry`. */
  ofCallee(code: CodeFunction, entry: number): readonly Asking[] {
    return this.#indexOf(code).get(`to ${entry}`) ?? [];
  }

  /** Those of its calls that may fill what lies at the place: it is the first argument of what fills, or any of others. */
  given(code: CodeFunction, place: string): readonly Asking[] {
    return this.#indexOf(code).get(place) ?? [];
  }

  /** Made once a function: of thousands of lookups in one each seeks its own place. */
  #indexOf(code: CodeFunction): ReadonlyMap<string, readonly Asking[]> {
    const known = this.#indexes.get(code.entry);
    if (known !== undefined) return known;
    const index = new Map<string, Asking[]>();
    for (const call of this.of(code)) {
      const { callee, given } = call;
      const keys = new Set(callee.kind === 'code' ? [`to ${callee.entry}`] : []);
      const filled = this.fillOf(callee) === null ? given : given.slice(this.first, this.first + 1);
      for (const { atoms } of filled)
        for (const atom of atoms ?? []) {
          const place = placeOf(atom);
          if (place !== null) keys.add(place);
        }
      for (const key of keys) {
        const calls = index.get(key);
        if (calls === undefined) index.set(key, [call]);
        else calls.push(call);
      }
    }
    this.#indexes.set(code.entry, index);
    return index;
  }

  /** A structure of the caller's is filled on every way to the call, as far as jumps past that show it. */
  isFilledBefore(code: CodeFunction, call: Asking, place: string): boolean {
    const filled = this.given(code, place).findLast(
      ({ callee, rva }) => rva < call.rva && this.fillOf(callee) !== null,
    );
    if (filled === undefined) return false;
    const range = code.ranges.find(({ begin, end }) => begin <= filled.rva && filled.rva < end);
    if (range === undefined || filled.rva - range.begin > FARTHEST) return false;
    for (let at = range.begin; at < filled.rva; ) {
      const { flow, length } = this.#program.source.at(at);
      if (length === 0 || flow.kind === 'jump-through') return false;
      if ('target' in flow && flow.kind !== 'call' && flow.target > filled.rva && flow.target <= call.rva) return false;
      at += length;
    }
    return true;
  }

  /** What the call fills a structure from; null where it is no such call. */
  fillOf(callee: Callee): Sought | null {
    const name = callee.kind === 'import' ? (this.#program.imported.names.get(callee.slot) ?? null) : null;
    if (name === null) return null;
    const plain = undecorated(name);
    if (!FILLS.test(plain) && !CONVERTS.test(plain)) return null;
    return { at: this.first + 1, isText: FILLS.test(plain) };
  }

  /** What of the call leads to the name that is asked for; null where it asks for none. */
  soughtBy(callee: Callee): Sought | null {
    const name = callee.kind === 'import' ? this.#program.imported.finders.get(callee.slot) : undefined;
    if (name === undefined) return null;
    const isSecond = name === 'RtlFindExportedRoutineByName';
    return { at: this.first + (isSecond ? 1 : 0), isText: isSecond || name === 'FltGetRoutineAddress' };
  }

  #asking(call: Call): Asking {
    const { convention } = this.#program;
    const locations = PARAMETERS[convention.machine].slice(0, MOST_ARGUMENTS);
    const given = locations.map((at) => call.argument(at));
    const top = call.register(convention.stackPointer).atoms?.[0];
    // An argument on the stack is told from the stack pointer as it is in the callee.
    const pushed = call.returnRva === null ? 0 : convention.returnAddress;
    const callee = this.#program.calleeOf(call);
    // Most calls pass no name on.
    const passes = callee.kind === 'code' || this.soughtBy(callee) !== null || this.fillOf(callee) !== null;
    const letters = (passes ? given : []).map(({ atoms }) => {
      const [atom] = atoms ?? [];
      if (atoms?.length !== 1 || atom?.kind !== 'stack' || top?.kind !== 'stack' || atom.base !== top.base) return null;
      const value = call.argument({ offset: atom.offset + convention.pointerWidth - top.offset + pushed });
      return value.atoms === null ? null : value;
    });
    return { rva: call.rva, callee, given, letters };
  }
}

/** A key of the address, within one function; null where it is no address that is known. */
export function placeOf(atom: Atom): string | null {
  if (atom.kind === 'stack') return `stack ${atom.base}:${atom.offset}`;
  if (atom.kind === 'image') return atom.isPage ? null : `image ${atom.rva}`;
  return plainOrigin(atom)?.key ?? null;
}
