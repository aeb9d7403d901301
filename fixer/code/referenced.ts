/** Which stretches of bytes between functions are code: those that something leads to which is certainly code. */
import { takesAddressArm64 } from './call-sites.js';
import type { CodeFunction } from './code-function.js';
import { refersAt } from './interest.js';
import type { Program } from './program.js';

export class Referenced {
  readonly #program: Program;
  /** By entry. */
  readonly #known = new Map<number, boolean>();

  constructor(program: Program) {
    this.#program = program;
  }

  has(code: CodeFunction): boolean {
    let known = this.#known.get(code.entry);
    if (known === undefined) {
      known = this.#find(code);
      this.#known.set(code.entry, known);
    }
    return known;
  }

  /** Goes up the callers, to one that is certain. */
  #find(code: CodeFunction): boolean {
    const above = new Map<number, CodeFunction | null>([[code.entry, null]]);
    const open = [code];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.#known.get(next.entry) === true || this.#isRoot(next)) {
        // What it leads to is certain as well.
        for (let at: CodeFunction | null = next; at !== null; at = above.get(at.entry) ?? null)
          this.#known.set(at.entry, true);
        return true;
      }
      if (this.#known.get(next.entry) === false) continue;
      for (const caller of this.#callersOf(next)) {
        if (above.has(caller.entry)) continue;
        above.set(caller.entry, next);
        open.push(caller);
      }
    }
    for (const entry of above.keys()) this.#known.set(entry, false);
    return false;
  }

  /** Unwind data, a pointer or the header, which names the entry point, make it code. */
  #isRoot(code: CodeFunction): boolean {
    const { image, functions, pointers, convention } = this.#program;
    const { entry } = code;
    if (entry === image.optionalHeader.addressOfEntryPoint) return true;
    const isListed = functions.isListed(code) && !(convention.machine === 'x86' && this.#program.isStub(code));
    return isListed || pointers.targets.has(entry) || pointers.codeTargets.has(entry);
  }

  *#callersOf(code: CodeFunction): Generator<CodeFunction> {
    const { functions, image, namesExactly, source } = this.#program;
    const { entry } = code;
    const isCertain = (position: number): boolean =>
      'target' in source.at(position).flow || takesAddressArm64(image, position, entry);
    if (!namesExactly && this.#program.isStub(code)) {
      // Linkers put the stubs beside the functions whose addresses drivers give to Windows.
      for (const position of this.#program.placesNaming(entry, LOOK)) {
        const caller = functions.containing(position);
        if (caller === null || caller.entry === entry) continue;
        const { flow } = source.at(position);
        if ('target' in flow ? flow.target === entry : completesIn(image, caller, position, entry)) yield caller;
      }
      return;
    }
    // On ARM64 what makes the address of a page may mean anything on it, and leaves are many.
    for (const { caller, position } of referrersOf(this.#program, code))
      if (namesExactly || functions.isListed(caller) || isCertain(position)) yield caller;
  }
}

const LOW = 0xfff;
/** Bytes of a function behind an ADRP that are gone over. */
const FARTHEST = 4096;

/** ADR, or ADRP whose page an ADD may complete to `entry`: any that has its low bits, as what ADRP made is kept and copied. */
function completesIn(image: Program['image'], { ranges }: CodeFunction, position: number, entry: number): boolean {
  const end = ranges.find((range) => range.begin <= position && position < range.end)?.end ?? position;
  const bytes = image.readRva(position, Math.min(end - position, FARTHEST));
  if (!bytes.ok) return true;
  const view = new DataView(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
  if (view.byteLength < 4 || view.getUint32(0, true) >>> 31 === 0 || end - position > FARTHEST) return true;
  for (let at = 4; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    if ((word & 0xffc00000) >>> 0 === 0x91000000 && ((word >>> 10) & LOW) === (entry & LOW)) return true;
  }
  return false;
}

/** Steps that going over what is behind an ADRP costs. */
const LOOK = 8;

/** The other functions that name this one's start, with each place where they do. */
export function* referrersOf(
  program: Program,
  { entry }: CodeFunction,
): Generator<{ readonly caller: CodeFunction; readonly position: number }> {
  for (const position of program.placesNaming(entry, 1)) {
    const caller = program.functions.containing(position);
    if (caller === null || caller.entry === entry) continue;
    if (refersAt(program.analysis(caller), position, entry)) yield { caller, position };
  }
}
