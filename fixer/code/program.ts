/** An image's code as a whole: its functions, analysed when somebody asks, and what they call. */
import type { Image } from '../pe/image.js';
import { FunctionAnalysis } from './analysis.js';
import { plainOrigin } from './atom.js';
import { type WriteBelow, WritesBelow } from './below.js';
import { Budget } from './budget.js';
import { CalleePops } from './callee-pops.js';
import type { CodeFunction } from './code-function.js';
import { CONVENTIONS, type CodeMachine, type Convention, PARAMETERS } from './convention.js';
import { frameworkDdi } from './ddi/catalogue.js';
import type { Ddi } from './ddi/ddi.js';
import { type FunctionTableBinding, findBinding, mayNameFunction } from './framework.js';
import { FunctionTable } from './functions.js';
import { guardSlots } from './guard.js';
import type { Imported } from './imported.js';
import type { InstructionSource } from './instruction.js';
import { readJumpTable } from './jump-table.js';
import { keeperSlots } from './keepers.js';
import { ImageMemory } from './memory.js';
import type { Origin } from './origin.js';
import type { Pointers } from './pointers.js';
import { isInside } from './ranges.js';
import { Referenced } from './referenced.js';
import { ReferenceScanner, type References } from './references.js';
import { Stubs } from './stubs.js';
import { Unsteady } from './unsteady.js';
import { single, type Value } from './value.js';
import type { Call, Environment } from './visitor.js';

/** What a call reaches. */
export type Callee =
  | { readonly kind: 'import'; readonly slot: number }
  | { readonly kind: 'framework'; readonly ddi: Ddi }
  | { readonly kind: 'code'; readonly entry: number }
  | { readonly kind: 'unknown' };

export class Program {
  readonly image: Image;
  readonly convention: Convention;
  readonly imported: Imported;
  readonly functions: FunctionTable;
  readonly references: ReferenceScanner;
  readonly pointers: Pointers;
  readonly memory: ImageMemory;
  readonly binding: FunctionTableBinding | null;
  readonly source: InstructionSource;
  readonly budget: Budget;
  readonly #environment: Environment;
  readonly #analyses = new Map<number, FunctionAnalysis>();
  readonly #stubs: Stubs;
  readonly #referenced = new Referenced(this);
  readonly #guard: { readonly check: number | null; readonly dispatch: number | null };

  constructor(
    image: Image,
    machine: CodeMachine,
    imported: Imported,
    pointers: Pointers,
    source: InstructionSource,
    starts: readonly number[],
    inside: ReadonlySet<number>,
  ) {
    this.image = image;
    this.convention = CONVENTIONS[machine];
    this.imported = imported;
    this.source = source;
    this.budget = new Budget(image.bytes.length);
    this.pointers = pointers;
    this.references = new ReferenceScanner(image, machine, pointers);
    this.functions = new FunctionTable(image, machine, source, starts, inside, pointers);
    this.memory = new ImageMemory(image, new Set(imported.names.keys()));
    this.binding = imported.hasFramework ? findBinding(image) : null;
    this.#guard = guardSlots(image);
    this.#stubs = new Stubs(image, machine, source, imported);
    const below = new Map<number, readonly WriteBelow[]>();
    const pops = new CalleePops(this);
    const keepers = keeperSlots(imported);
    const unsteady = new Unsteady(this);
    const writes = new WritesBelow(this, below, PARAMETERS[machine], keepers, unsteady);
    const isEntry = (rva: number): boolean => this.functions.containing(rva)?.entry === rva;
    this.#environment = {
      source,
      memory: this.memory,
      convention: this.convention,
      budget: this.budget,
      pops: (target, slot, callee) => pops.of(target, slot, callee),
      stubSlot: (target) => this.#stubs.slotOf(target),
      preserves: (slot, callee) => this.#isGuard(this.#guard.check, slot, callee),
      keepers,
      below,
      learn: (calls) => writes.learn(calls),
      unsteady: (code) => unsteady.of(code),
      readTable: (entry, end, inside) => readJumpTable(image, entry, end, { budget: this.budget, inside, isEntry }),
    };
  }

  /** More code than one analysis decodes: calls may have been missed. */
  get isCut(): boolean {
    const { left, isOver, isShort } = this.budget;
    return isShort || left <= 0 || isOver || this.functions.isCut;
  }

  /** Every function was gone over with what is known in it. */
  get isWhole(): boolean {
    return !this.isCut && !this.budget.hasGivenUp;
  }

  analysis(code: CodeFunction): FunctionAnalysis {
    let analysis = this.#analyses.get(code.entry);
    if (analysis === undefined) {
      analysis = new FunctionAnalysis(code, this.#environment);
      this.#analyses.set(code.entry, analysis);
    }
    return analysis;
  }

  /** Each function that holds one of the rvas, once, in order of address, with those that it holds. */
  functionsAt(rvas: Iterable<number>): { readonly code: CodeFunction; readonly positions: readonly number[] }[] {
    const found = new Map<number, { code: CodeFunction; positions: number[] }>();
    for (const rva of rvas) {
      const code = this.functions.containing(rva);
      if (code === null) continue;
      const known = found.get(code.entry);
      if (known === undefined) found.set(code.entry, { code, positions: [rva] });
      else known.positions.push(rva);
    }
    return [...found.values()].sort((a, b) => a.code.entry - b.code.entry);
  }

  /** Where code may name the function at `entry`, each for so many steps: on ARM64 that is every use of its page. */
  *placesNaming(entry: number, steps: number): Generator<number> {
    if (this.budget.isOver) return;
    for (const position of this.references.to([entry]).get(entry) ?? []) {
      this.budget.steps -= steps;
      if (this.budget.isOver) return;
      yield position;
    }
  }

  /**
   * False for a stretch of bytes between functions that nothing refers to: it may as well be data. Unwind data, a call,
   * a pointer or the header, which names the entry point, make it code.
   */
  isReferenced(code: CodeFunction): boolean {
    return this.#referenced.has(code);
  }

  /** True where references are the very bytes of an address; on ARM64 they are those of its page. */
  get namesExactly(): boolean {
    return this.convention.machine !== 'arm64';
  }

  /** Nothing but a jump to what an import address table slot holds. */
  isStub(code: CodeFunction): boolean {
    return this.#stubs.slotOf(code.entry) !== null;
  }

  /** The import address table slot that the code at `target` does nothing but jump through; null for other code. */
  stubSlot(target: number): number | null {
    return this.#stubs.slotOf(target);
  }

  /**
   * False where the function refers to nothing but the pointer to the framework's table, and to no distance in it that
   * belongs to a function of the catalogue: nearly all of a framework driver's functions.
   */
  mayCall(code: CodeFunction, references: References): boolean {
    const { binding, convention } = this;
    if (binding === null || !binding.isPointer || convention.machine === 'arm64') return true;
    const inside = (rva: number): boolean => isInside(code.ranges, rva);
    for (const [target, positions] of references) if (target !== binding.table && positions.some(inside)) return true;
    return code.ranges.some(({ begin, end }) => {
      const bytes = this.image.readRva(begin, end - begin);
      return !bytes.ok || mayNameFunction(bytes.value, convention.pointerWidth);
    });
  }

  /** What `call` reaches, through control-flow guard and through stubs that only jump on. */
  calleeOf(call: Call): Callee {
    if (this.#isGuarded(call)) return this.#throughValue(call.register(0));
    if (call.target !== null) return { kind: 'code', entry: call.target };
    if (call.slot !== null) {
      if (this.imported.names.has(call.slot)) return { kind: 'import', slot: call.slot };
      const ddi = this.#inFrameworkArray(call.slot);
      if (ddi !== null) return { kind: 'framework', ddi };
    }
    return this.#throughValue(call.callee);
  }

  /** What is called, where no constant address is. */
  calledValue(call: Call): Value | null {
    if (this.#isGuarded(call)) return call.register(0);
    return call.target === null ? call.callee : null;
  }

  /** The call goes through control-flow guard's dispatch function, to what RAX holds. */
  #isGuarded(call: Call): boolean {
    if (this.#isGuard(this.#guard.dispatch, call.slot, call.callee)) return true;
    if (call.target === null || this.convention.machine !== 'x64') return false;
    // _guard_dispatch_icall: jmp rax, or a jump through the pointer of the load configuration.
    const { flow } = this.source.at(call.target);
    if (flow.kind !== 'jump-through') return false;
    const { operand } = flow;
    if (operand.kind === 'register') return operand.register === 0;
    return operand.kind === 'memory' && operand.inImage && operand.displacement === this.#guard.dispatch;
  }

  #throughValue(value: Value): Callee {
    const atom = single(value);
    if (atom?.kind === 'image') return { kind: 'code', entry: atom.rva };
    const origin = plainOrigin(atom);
    if (origin === null) return { kind: 'unknown' };
    if (origin.kind === 'import') return { kind: 'import', slot: origin.slot };
    const ddi = this.frameworkOf(origin);
    return ddi === null ? { kind: 'unknown' } : { kind: 'framework', ddi };
  }

  /** The framework's function that is read from there. */
  frameworkOf(origin: Origin): Ddi | null {
    const { binding } = this;
    if (binding === null) return null;
    if (origin.kind === 'global') return this.#inFrameworkArray(origin.rva);
    if (
      origin.kind !== 'member' ||
      !binding.isPointer ||
      origin.of.kind !== 'global' ||
      origin.of.rva !== binding.table
    )
      return null;
    return frameworkDdi(origin.offset / this.convention.pointerWidth);
  }

  #inFrameworkArray(rva: number): Ddi | null {
    const { binding } = this;
    if (binding === null || binding.isPointer) return null;
    const index = (rva - binding.table) / this.convention.pointerWidth;
    return index < binding.count ? frameworkDdi(index) : null;
  }

  /** A pointer of the load configuration: by the slot itself, or by what the file holds there. */
  #isGuard(guard: number | null, slot: number | null, callee: Value): boolean {
    if (guard === null) return false;
    if (slot === guard) return true;
    const atom = single(callee);
    const origin = plainOrigin(atom);
    if (origin?.kind === 'global' && origin.rva === guard) return true;
    const initial = atom?.kind === 'image' ? single(this.memory.load(guard, this.convention.pointerWidth)) : null;
    return initial?.kind === 'image' && atom?.kind === 'image' && initial.rva === atom.rva;
  }
}
