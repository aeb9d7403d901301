/** Bytes of arguments that callees take off the stack on x86; null where that is not known. */

import { plainOrigin } from './atom.js';
import { buildGraph } from './flow.js';
import { undecorated } from './imported.js';
import type { Program } from './program.js';
import { stdcallBytes } from './stdcall.js';
import { single, type Value } from './value.js';

/** Functions that end in a jump to one another. */
const DEEPEST = 4;

export class CalleePops {
  readonly #program: Program;
  readonly #known = new Map<number, number | null>();

  constructor(program: Program) {
    this.#program = program;
  }

  of(target: number | null, slot: number | null, callee: Value): number | null {
    const { names, ddis } = this.#program.imported;
    const origin = plainOrigin(single(callee));
    const imported = slot ?? (origin?.kind === 'import' ? origin.slot : null);
    if (imported !== null) {
      const name = names.get(imported);
      if (name != null) return ddis.get(imported)?.stdcallBytes ?? stdcallBytes(undecorated(name));
    }
    if (target !== null) return this.#ofCode(target, 0);
    const ddi = origin === null ? null : this.#program.frameworkOf(origin);
    return ddi?.stdcallBytes ?? null;
  }

  /** What all ends of the function agree on. */
  #ofCode(entry: number, depth: number): number | null {
    const known = this.#known.get(entry);
    if (known !== undefined) return known;
    const { functions, source, budget, imported } = this.#program;
    const code = functions.containing(entry);
    if (code === null || depth > DEEPEST) return null;
    // It may come back to itself.
    this.#known.set(entry, null);
    const graph = buildGraph(source, budget, code.ranges, [entry], new Map());
    if (graph.cut) return null;
    let pops: number | null = null;
    for (const { instructions } of graph.blocks.values()) {
      const flow = instructions.at(-1)?.flow;
      let found: number | null = null;
      if (flow?.kind === 'return') found = flow.pops;
      else if (flow?.kind === 'jump' && functions.containing(flow.target) !== code)
        found = this.#ofCode(flow.target, depth + 1);
      else if (flow?.kind === 'jump-through' && flow.operand.kind === 'memory' && flow.operand.inImage) {
        const name = imported.names.get(flow.operand.displacement);
        found = name == null ? null : stdcallBytes(undecorated(name));
      } else continue;
      if (found === null || (pops !== null && pops !== found)) return null;
      pops = found;
    }
    this.#known.set(entry, pops);
    return pops;
  }
}
