/** A function's instructions in blocks: from an entry, along jumps and branches. */
import { inRanges, type Range } from './functions.js';
import { type Condition, type Flow, type Instruction, type InstructionSource, OPPOSITE } from './instruction.js';

export interface Edge {
  readonly to: number;
  /** What the last comparison says when this edge is taken. */
  readonly when: Condition;
}

export interface Block {
  readonly start: number;
  /** rva after its last byte. */
  readonly end: number;
  readonly instructions: readonly Instruction[];
  readonly edges: readonly Edge[];
  /** Something is called, or a jump leaves the function or goes where only values tell. */
  readonly calls: boolean;
  /** False where no path leads from the block back to it. */
  readonly repeats: boolean;
}

export interface FlowGraph {
  /** In order of address. */
  readonly blocks: ReadonlyMap<number, Block>;
  /** True when the budget ran out: blocks are missing. */
  readonly cut: boolean;
}

/** Decoded instructions of one function, kept while its graph is built again with more roots. */
export class Decoded {
  readonly #source: InstructionSource;
  readonly #instructions = new Map<number, Instruction>();
  readonly budget: { left: number };

  constructor(source: InstructionSource, budget: { left: number }) {
    this.#source = source;
    this.budget = budget;
  }

  at(rva: number): Instruction {
    let instruction = this.#instructions.get(rva);
    if (instruction === undefined) {
      this.budget.left--;
      instruction = this.#source.at(rva);
      this.#instructions.set(rva, instruction);
    }
    return instruction;
  }

  has(rva: number): boolean {
    return this.#instructions.has(rva);
  }

  get instructions(): ReadonlyMap<number, Instruction> {
    return this.#instructions;
  }
}

/** @param jumps targets of jumps through tables, by the rva of the jump */
export function buildGraph(
  decoded: Decoded,
  ranges: readonly Range[],
  roots: readonly number[],
  jumps: ReadonlyMap<number, readonly number[]>,
): FlowGraph {
  const leaders = new Set<number>();
  const visited = new Set<number>();
  const work: number[] = [];
  const lead = (rva: number): void => {
    if (!inRanges(ranges, rva)) return;
    leaders.add(rva);
    if (!visited.has(rva)) work.push(rva);
  };
  for (const root of roots) lead(root);
  for (let start = work.pop(); start !== undefined; start = work.pop()) {
    let at = start;
    while (inRanges(ranges, at) && !visited.has(at) && decoded.budget.left > 0) {
      visited.add(at);
      const { flow, length } = decoded.at(at);
      const next = at + length;
      if (flow.kind === 'jump') lead(flow.target);
      else if (flow.kind === 'branch') {
        lead(flow.target);
        lead(next);
      } else if (flow.kind === 'jump-through') for (const target of jumps.get(at) ?? []) lead(target);
      if (flow.kind !== 'next' && flow.kind !== 'call' && flow.kind !== 'call-through') break;
      at = next;
    }
  }
  const blocks = new Map<number, Block & { repeats: boolean }>();
  for (const start of [...leaders].sort((a, b) => a - b)) {
    if (visited.has(start)) blocks.set(start, blockAt(decoded, ranges, leaders, visited, jumps, start));
  }
  markRepeats([...blocks.values()]);
  return { blocks, cut: decoded.budget.left <= 0 };
}

/** A path back to a block has an edge from it, or from behind it, to it, or to before it. */
function markRepeats(blocks: readonly { start: number; edges: readonly Edge[]; repeats: boolean }[]): void {
  const furthest = new Map<number, number>();
  for (const { start, edges } of blocks)
    for (const { to } of edges) if (to <= start) furthest.set(to, Math.max(start, furthest.get(to) ?? start));
  let end = -1;
  for (const block of blocks) {
    end = Math.max(end, furthest.get(block.start) ?? -1);
    block.repeats = block.start <= end;
  }
}

function blockAt(
  decoded: Decoded,
  ranges: readonly Range[],
  leaders: ReadonlySet<number>,
  visited: ReadonlySet<number>,
  jumps: ReadonlyMap<number, readonly number[]>,
  start: number,
): Block & { repeats: boolean } {
  const instructions: Instruction[] = [];
  const edges: Edge[] = [];
  const edge = (to: number, when: Condition = 'other'): void => {
    if (inRanges(ranges, to)) edges.push({ to, when });
  };
  let calls = false;
  let at = start;
  while (visited.has(at)) {
    const instruction = decoded.at(at);
    instructions.push(instruction);
    const { flow, length } = instruction;
    at += length;
    if (flow.kind !== 'next') calls ||= isCall(flow, ranges);
    if (flow.kind === 'jump') edge(flow.target);
    else if (flow.kind === 'branch') {
      edge(flow.target, flow.condition);
      edge(at, OPPOSITE[flow.condition]);
    } else if (flow.kind === 'jump-through') for (const target of jumps.get(instruction.rva) ?? []) edge(target);
    if (flow.kind !== 'next' && flow.kind !== 'call' && flow.kind !== 'call-through') break;
    if (leaders.has(at)) {
      edge(at);
      break;
    }
  }
  return { start, end: at, instructions, edges, calls, repeats: true };
}

const isCall = (flow: Flow, ranges: readonly Range[]): boolean =>
  flow.kind === 'call' ||
  flow.kind === 'call-through' ||
  flow.kind === 'jump-through' ||
  ((flow.kind === 'jump' || flow.kind === 'branch') && !inRanges(ranges, flow.target));

/** Starts of the blocks from which a path leads to one of `targets`, these included. */
export function ancestors({ blocks }: FlowGraph, targets: readonly Block[]): Set<number> {
  const before = new Map<number, number[]>();
  for (const { start, edges } of blocks.values()) {
    for (const { to } of edges) {
      const list = before.get(to);
      if (list === undefined) before.set(to, [start]);
      else list.push(start);
    }
  }
  const found = new Set(targets.map(({ start }) => start));
  for (const start of found) for (const each of before.get(start) ?? []) found.add(each);
  return found;
}
