/** A function's instructions in blocks: from an entry, along jumps and branches. */
import { BlockIndex } from './blocks-at.js';
import { type Budget, MOST_INSTRUCTIONS } from './budget.js';
import { type Condition, type Flow, type Instruction, type InstructionSource, NEXT, OPPOSITE } from './instruction.js';
import { isInside, type Range } from './ranges.js';

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
  /** Instructions that were decoded. */
  readonly count: number;
  /** True when the budget ran out, or the function is too large: blocks are missing. */
  readonly cut: boolean;
  readonly index: BlockIndex;
}

/** Each graph has a number, by which its instructions are marked while it is built. */
let graphs = 0;

/**
 * Plain loops here and wherever every instruction passes, and marks in place of sets: an iterator makes an object a step in
 * a process that has just started, a set copies itself as it grows, and collecting those is a tenth of a short run.
 *
 * @param jumps targets of jumps through tables, by the rva of the jump
 * @param before a graph of the same function with fewer roots: what it holds is paid for
 */
export function buildGraph(
  source: InstructionSource,
  budget: Budget,
  ranges: readonly Range[],
  roots: readonly number[],
  jumps: ReadonlyMap<number, readonly number[]>,
  before: FlowGraph | null = null,
): FlowGraph {
  const graph = ++graphs;
  const paid = before === null ? 0 : before.count;
  let count = 0;
  const starts: number[] = [];
  const work: Instruction[] = [];
  const lead = (rva: number): void => {
    if (!isInside(ranges, rva)) return;
    const instruction = source.at(rva);
    if (instruction.leads === graph) return;
    instruction.leads = graph;
    starts.push(rva);
    if (instruction.graph !== graph) work.push(instruction);
  };
  // The first of them is gone on from first, should there be too much.
  for (let index = roots.length - 1; index >= 0; index--) lead(roots[index] as number);
  for (let instruction = work.pop(); instruction !== undefined; instruction = work.pop()) {
    while (instruction.graph !== graph && budget.left > 0 && count < MOST_INSTRUCTIONS) {
      if (count++ >= paid) budget.left--;
      instruction.graph = graph;
      const { flow, rva } = instruction;
      const next: number = rva + instruction.length;
      if (flow !== NEXT) {
        if (flow.kind === 'jump') lead(flow.target);
        else if (flow.kind === 'branch') {
          lead(flow.target);
          lead(next);
        } else if (flow.kind === 'jump-through') for (const target of jumps.get(rva) ?? []) lead(target);
        if (!goesOn(flow)) break;
      }
      if (!isInside(ranges, next)) break;
      instruction = source.at(next);
    }
  }
  // Sorted without a comparison in JavaScript.
  const sorted = Uint32Array.from(starts).sort();
  const blocks: Built[] = [];
  const run: Instruction[] = [];
  for (let index = 0; index < sorted.length; index++) {
    const first = source.at(sorted[index] as number);
    if (first.graph === graph) blocks.push(blockAt(source, ranges, jumps, first, run));
  }
  markRepeats(blocks);
  const byStart = new Map<number, Block>();
  for (let index = 0; index < blocks.length; index++) {
    const block = blocks[index] as Built;
    byStart.set(block.start, block);
  }
  if (count >= MOST_INSTRUCTIONS) budget.isShort = true;
  return {
    blocks: byStart,
    count,
    cut: budget.left <= 0 || count >= MOST_INSTRUCTIONS,
    index: new BlockIndex(blocks, count),
  };
}

type Built = Block & { repeats: boolean };

/** The next instruction is part of the same block, unless something else leads there. */
const goesOn = (flow: Flow): boolean => flow.kind === 'next' || flow.kind === 'call' || flow.kind === 'call-through';

/** A path back to a block has an edge from it, or from behind it, to it, or to before it. */
function markRepeats(blocks: readonly Built[]): void {
  const furthest = new Map<number, number>();
  for (let index = 0; index < blocks.length; index++) {
    const { start, edges } = blocks[index] as Block;
    for (let at = 0; at < edges.length; at++) {
      const { to } = edges[at] as Edge;
      if (to <= start) furthest.set(to, Math.max(start, furthest.get(to) ?? start));
    }
  }
  let end = -1;
  for (const block of blocks) {
    end = Math.max(end, furthest.get(block.start) ?? -1);
    block.repeats = block.start <= end;
  }
}

/** @param run room to collect its instructions in; what it holds may be overwritten */
function blockAt(
  source: InstructionSource,
  ranges: readonly Range[],
  jumps: ReadonlyMap<number, readonly number[]>,
  first: Instruction,
  run: Instruction[],
): Built {
  const { graph } = first;
  let length = 0;
  let last = first;
  let next = first;
  let end = first.rva;
  let calls = false;
  let ends = false;
  do {
    last = next;
    run[length++] = last;
    const { flow } = last;
    end = last.rva + last.length;
    if (flow !== NEXT && flow.kind !== 'next') {
      calls ||= isCall(flow, ranges);
      ends = !goesOn(flow);
    }
    if (ends || !isInside(ranges, end)) break;
    next = source.at(end);
  } while (next.graph === graph && next.leads !== graph);
  const edges = edgesOf(last, end, ranges, jumps, !ends && next !== last && next.leads === graph);
  return { start: first.rva, end, instructions: run.slice(0, length), edges, calls, repeats: true };
}

/** @param falls the block ends because another one begins behind it */
function edgesOf(
  { flow, rva }: Instruction,
  end: number,
  ranges: readonly Range[],
  jumps: ReadonlyMap<number, readonly number[]>,
  falls: boolean,
): readonly Edge[] {
  if (flow.kind === 'branch') {
    const taken = isInside(ranges, flow.target) ? { to: flow.target, when: flow.condition } : null;
    const other = isInside(ranges, end) ? { to: end, when: OPPOSITE[flow.condition] } : null;
    if (taken === null) return other === null ? NO_EDGES : [other];
    return other === null ? [taken] : [taken, other];
  }
  if (flow.kind === 'jump') return isInside(ranges, flow.target) ? [{ to: flow.target, when: 'other' }] : NO_EDGES;
  if (flow.kind === 'jump-through') {
    const targets = jumps.get(rva)?.filter((to) => isInside(ranges, to)) ?? [];
    return targets.map((to) => ({ to, when: 'other' }));
  }
  return falls ? [{ to: end, when: 'other' }] : NO_EDGES;
}

const NO_EDGES: readonly Edge[] = [];

const isCall = (flow: Flow, ranges: readonly Range[]): boolean =>
  flow.kind === 'call' ||
  flow.kind === 'call-through' ||
  flow.kind === 'jump-through' ||
  ((flow.kind === 'jump' || flow.kind === 'branch') && !isInside(ranges, flow.target));

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

/** True where every byte that a path reaches is an instruction. */
export function isCode({ blocks }: FlowGraph): boolean {
  for (const { instructions } of blocks.values()) {
    const last = instructions.at(-1);
    if (last?.flow.kind === 'stop' && last.length === 1) return false;
  }
  return true;
}

/** Something is called, jumped to or returned to: what is data that reads as code seldom has that. */
export function leadsOn({ blocks }: FlowGraph): boolean {
  for (const { calls, instructions } of blocks.values())
    if (calls || instructions.at(-1)?.flow.kind === 'return') return true;
  return false;
}
