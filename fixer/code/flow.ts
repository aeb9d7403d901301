/** A function's instructions in blocks: from an entry, along jumps and branches. */
import { inRanges, type Range } from './functions.js';
import { type Condition, type Flow, type Instruction, type InstructionSource, NEXT, OPPOSITE } from './instruction.js';

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
  /** All of them, by rva, in no order. */
  readonly instructions: ReadonlyMap<number, Instruction>;
  /** True when the budget ran out: blocks are missing. */
  readonly cut: boolean;
}

/**
 * Plain loops here and wherever every instruction passes: an iterator makes an object a step in a process that has just
 * started, and collecting those is a tenth of a short run.
 *
 * @param jumps targets of jumps through tables, by the rva of the jump
 * @param before a graph of the same function with fewer roots: what it holds is paid for
 */
export function buildGraph(
  source: InstructionSource,
  budget: { left: number },
  ranges: readonly Range[],
  roots: readonly number[],
  jumps: ReadonlyMap<number, readonly number[]>,
  before: FlowGraph | null = null,
): FlowGraph {
  const leaders = new Set<number>();
  const visited = new Map<number, Instruction>();
  const work: number[] = [];
  const lead = (rva: number): void => {
    if (!inRanges(ranges, rva)) return;
    leaders.add(rva);
    if (!visited.has(rva)) work.push(rva);
  };
  for (const root of roots) lead(root);
  for (let start = work.pop(); start !== undefined; start = work.pop()) {
    let at = start;
    while (inRanges(ranges, at) && !visited.has(at) && budget.left > 0) {
      if (before === null || !before.instructions.has(at)) budget.left--;
      const instruction = source.at(at);
      visited.set(at, instruction);
      const { flow, length } = instruction;
      if (flow === NEXT) {
        at += length;
        continue;
      }
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
    if (visited.has(start)) blocks.set(start, blockAt(ranges, leaders, visited, jumps, start));
  }
  markRepeats([...blocks.values()]);
  return { blocks, instructions: visited, cut: budget.left <= 0 };
}

/** A path back to a block has an edge from it, or from behind it, to it, or to before it. */
function markRepeats(blocks: readonly { start: number; edges: readonly Edge[]; repeats: boolean }[]): void {
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

function blockAt(
  ranges: readonly Range[],
  leaders: ReadonlySet<number>,
  visited: ReadonlyMap<number, Instruction>,
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
  for (let instruction = visited.get(at); instruction !== undefined; instruction = visited.get(at)) {
    instructions.push(instruction);
    const { flow, length } = instruction;
    at += length;
    if (flow === NEXT) {
      if (!leaders.has(at)) continue;
      edge(at);
      break;
    }
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
