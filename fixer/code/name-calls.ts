/** Calls that pass names on: of functions that find others by name, of what fills in the strings, and of all else. */
import { originOf } from './call-sites.js';
import type { CodeFunction } from './code-function.js';
import { PARAMETERS } from './convention.js';
import { undecorated } from './imported.js';
import type { Callee, Program } from './program.js';
import type { Value } from './value.js';
import type { Call } from './visitor.js';

/** A call, with what it passes. */
export interface Asking {
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

export class NameCalls {
  /** Keys of what stands for the arguments in a callee. */
  readonly keys: readonly string[];
  /** Index of the first argument that functions of Windows are given. */
  readonly first: number;
  readonly #program: Program;
  readonly #calls = new Map<number, readonly Asking[]>();

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
    return { callee, given, letters };
  }
}
