/** An image's code as a whole: its functions, analysed when somebody asks, and what they call. */
import type { Image } from '../pe/image.js';
import { isExecutable } from '../pe/sections.js';
import { type Call, type Environment, FunctionAnalysis } from './analysis.js';
import { type CodeMachine, CONVENTIONS, type Convention } from './convention.js';
import { frameworkDdi } from './ddi/catalogue.js';
import type { Ddi } from './ddi/ddi.js';
import { buildGraph, Decoded } from './flow.js';
import { type FunctionTableBinding, findBinding } from './framework.js';
import { type CodeFunction, FunctionTable } from './functions.js';
import type { Imported } from './imported.js';
import { undecorated } from './imported.js';
import type { InstructionSource } from './instruction.js';
import { ImageMemory } from './memory.js';
import type { Pointers } from './pointers.js';
import { ReferenceScanner } from './references.js';
import { stdcallBytes } from './stdcall.js';
import { type Atom, type Origin, plainOrigin, single, type Value } from './value.js';

/** Instructions decoded for one image at most: 5 MB of code that all calls something of interest. */
const BUDGET = 2_000_000;

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
  readonly budget = { left: BUDGET };
  readonly #environment: Environment;
  readonly #analyses = new Map<number, FunctionAnalysis>();
  readonly #pops = new Map<number, number | null>();
  readonly #guard: { readonly check: number | null; readonly dispatch: number | null };

  constructor(image: Image, machine: CodeMachine, imported: Imported, pointers: Pointers, source: InstructionSource, starts: readonly number[]) {
    this.image = image;
    this.convention = CONVENTIONS[machine];
    this.imported = imported;
    this.source = source;
    this.pointers = pointers;
    this.references = new ReferenceScanner(image, machine);
    this.functions = new FunctionTable(image, machine, source, starts);
    this.memory = new ImageMemory(image, new Set(imported.names.keys()));
    this.binding = imported.hasFramework ? findBinding(image) : null;
    this.#guard = guardSlots(image);
    this.#environment = {
      source,
      memory: this.memory,
      convention: this.convention,
      budget: this.budget,
      pops: (target, slot, callee) => this.#popsOf(target, slot, callee),
      preserves: (slot, callee) => this.#isGuard(this.#guard.check, slot, callee),
      readTable: (entry, inside) => this.#readTable(entry, inside),
    };
  }

  analysis(code: CodeFunction): FunctionAnalysis {
    let analysis = this.#analyses.get(code.entry);
    if (analysis === undefined) {
      analysis = new FunctionAnalysis(code, this.#environment);
      this.#analyses.set(code.entry, analysis);
    }
    return analysis;
  }

  /** Each function that holds one of the rvas, once, in order of address. */
  functionsAt(rvas: Iterable<number>): CodeFunction[] {
    const found = new Map<number, CodeFunction>();
    for (const rva of rvas) {
      const code = this.functions.containing(rva);
      if (code !== null) found.set(code.entry, code);
    }
    return [...found.values()].sort((a, b) => a.entry - b.entry);
  }

  /** What `call` reaches, through control-flow guard and through stubs that only jump on. */
  calleeOf(call: Call): Callee {
    if (this.#isGuard(this.#guard.dispatch, call.slot, call.callee)) return this.#throughValue(call.register(0));
    if (call.target !== null) {
      const { flow } = this.source.at(call.target);
      // _guard_dispatch_icall: jmp rax, or a jump through the pointer of the load configuration.
      if (this.convention.machine === 'x64' && flow.kind === 'jump-through') {
        const { operand } = flow;
        if (operand.kind === 'register' && operand.register === 0) return this.#throughValue(call.register(0));
        if (operand.kind === 'memory' && operand.inImage && operand.displacement === this.#guard.dispatch)
          return this.#throughValue(call.register(0));
      }
      return { kind: 'code', entry: call.target };
    }
    if (call.slot !== null) {
      if (this.imported.names.has(call.slot)) return { kind: 'import', slot: call.slot };
      const ddi = this.#inFrameworkArray(call.slot);
      if (ddi !== null) return { kind: 'framework', ddi };
    }
    return this.#throughValue(call.callee);
  }

  #throughValue(value: Value): Callee {
    const atom = single(value);
    if (atom?.kind === 'image') return { kind: 'code', entry: atom.rva };
    const origin = plainOrigin(atom);
    if (origin === null) return { kind: 'unknown' };
    if (origin.kind === 'import') return { kind: 'import', slot: origin.slot };
    const ddi = this.#frameworkOf(origin);
    return ddi === null ? { kind: 'unknown' } : { kind: 'framework', ddi };
  }

  #frameworkOf(origin: Origin): Ddi | null {
    const { binding } = this;
    if (binding === null) return null;
    if (origin.kind === 'global') return this.#inFrameworkArray(origin.rva);
    if (origin.kind !== 'member' || !binding.isPointer || origin.of.kind !== 'global' || origin.of.rva !== binding.table)
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

  #popsOf(target: number | null, slot: number | null, callee: Value): number | null {
    if (this.#isGuard(this.#guard.check, slot, callee)) return 0;
    const origin = plainOrigin(single(callee));
    const imported = slot ?? (origin?.kind === 'import' ? origin.slot : null);
    if (imported !== null) {
      const name = this.imported.names.get(imported);
      if (name != null) return this.imported.ddis.get(imported)?.stdcallBytes ?? stdcallBytes(undecorated(name));
    }
    if (target !== null) return this.#popsOfCode(target, 0);
    const ddi = origin === null ? null : this.#frameworkOf(origin);
    return ddi?.stdcallBytes ?? null;
  }

  #popsOfCode(entry: number, depth: number): number | null {
    const known = this.#pops.get(entry);
    if (known !== undefined) return known;
    const code = this.functions.containing(entry);
    if (code === null || depth > 4) return null;
    this.#pops.set(entry, null);
    const graph = buildGraph(new Decoded(this.source, this.budget), code.ranges, [entry], new Map());
    let pops: number | null = null;
    for (const { instructions } of graph.blocks.values()) {
      const flow = instructions.at(-1)?.flow;
      let found: number | null = null;
      if (flow?.kind === 'return') found = flow.pops;
      else if (flow?.kind === 'jump' && this.functions.containing(flow.target) !== code)
        found = this.#popsOfCode(flow.target, depth + 1);
      else if (flow?.kind === 'jump-through' && flow.operand.kind === 'memory' && flow.operand.inImage) {
        const name = this.imported.names.get(flow.operand.displacement);
        found = name == null ? null : stdcallBytes(undecorated(name));
      } else continue;
      if (found === null || (pops !== null && pops !== found)) return null;
      pops = found;
    }
    this.#pops.set(entry, pops);
    return pops;
  }

  /** Targets of a switch, as long as they stay in the function; the table's length is not known. */
  #readTable(entry: Atom & { kind: 'table-entry' }, inside: (rva: number) => boolean): number[] {
    const targets = new Set<number>();
    for (let index = 0; index < 1024; index++) {
      const bytes = this.image.readRva(entry.table + index * entry.width, entry.width);
      if (!bytes.ok) break;
      const target = this.#tableTarget(entry, bytes.value);
      if (target === null || !inside(target)) break;
      targets.add(target);
    }
    return [...targets];
  }

  #tableTarget(entry: Atom & { kind: 'table-entry' }, bytes: Uint8Array): number | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (entry.plus === null) {
      if (entry.width !== this.convention.pointerWidth) return null;
      const pointer = entry.width === 8 ? Number(view.getBigUint64(0, true)) : view.getUint32(0, true);
      return pointer - Number(this.image.optionalHeader.imageBase);
    }
    const raw =
      entry.width === 4
        ? view.getInt32(0, true)
        : entry.width === 2
          ? entry.signed ? view.getInt16(0, true) : view.getUint16(0, true)
          : entry.width === 1
            ? entry.signed ? view.getInt8(0) : view.getUint8(0)
            : null;
    return raw === null ? null : entry.plus + raw * 2 ** entry.shift;
  }
}

/** rvas of the pointers to the check and the dispatch function of control-flow guard. */
function guardSlots(image: Image): { check: number | null; dispatch: number | null } {
  const config = image.loadConfig;
  if (!config.ok || config.value === null) return { check: null, dispatch: null };
  const rva = (address: bigint | null): number | null => {
    if (address === null || address === 0n) return null;
    const found = Number(address) - Number(image.optionalHeader.imageBase);
    return found > 0 && found < image.optionalHeader.sizeOfImage ? found : null;
  };
  return { check: rva(config.value.guardCFCheckFunctionPointer), dispatch: rva(config.value.guardCFDispatchFunctionPointer) };
}

/** True where the rva lies in a section that may run. */
export function isCodeAt(image: Image, rva: number): boolean {
  const section = image.addressSpace.sectionAt(rva);
  return section !== null && isExecutable(section);
}
