/** Jumps that go where only values tell: through tables of a switch, or out of the function. */

import type { TableEntry } from './atom.js';
import type { BlockRunner } from './block-runner.js';
import type { Block, FlowGraph } from './flow.js';
import { mostCases, onlyBefore } from './index-bound.js';
import { isDirect } from './instruction.js';
import { isInside, type Range } from './ranges.js';
import type { State } from './state.js';
import { single, UNKNOWN } from './value.js';
import type { Environment } from './visitor.js';

/** Blocks that end in such a jump, unless values have told already. */
export function openSwitches(graph: FlowGraph, jumps: ReadonlyMap<number, readonly number[]>): Block[] {
  return [...graph.blocks.values()].filter(({ instructions }) => {
    const last = instructions.at(-1);
    return last?.flow.kind === 'jump-through' && !isDirect(last.flow.operand) && !jumps.has(last.rva);
  });
}

/** A table, and how many entries it has at most. */
export interface Table {
  readonly entry: TableEntry;
  readonly most: number;
}

/**
 * The table that the jump at the end of a block reads its target from: null for a tail call, and 'lost' for a switch whose
 * cases nobody knows.
 * @param entry what holds before the block
 */
function switchTable(
  block: Block,
  entry: State,
  runner: BlockRunner,
  { convention }: Environment,
): TableEntry | null | 'lost' {
  const last = block.instructions.at(-1);
  if (last?.flow.kind !== 'jump-through') return null;
  const state = entry.copy();
  // The jump at its end changes nothing.
  runner.run(block, state, null);
  const atom = single(runner.interpreter.read(last.flow.operand, state));
  if (atom?.kind === 'table-entry') return atom;
  // A tail call has given its frame back.
  const top = single(state.registers[convention.stackPointer] ?? UNKNOWN);
  return top?.kind === 'stack' && top.base === 0 && top.offset !== 0 ? 'lost' : null;
}

/**
 * Where jumps through the tables go inside the function, by the rva of the jump; 'lost' where a table tells nothing. Where one
 * ends no table says: at the latest where the next one begins.
 */
function switchTargets(
  tables: ReadonlyMap<number, Table>,
  ranges: readonly Range[],
  { readTable }: Environment,
): Map<number, readonly number[] | 'lost'> {
  // A pointer to the function itself, right behind the table, is none of its cases.
  const inside = (rva: number): boolean => rva !== ranges[0]?.begin && isInside(ranges, rva);
  const begins = [...tables.values()].map(({ entry }) => entry.table).sort((a, b) => a - b);
  const targets = new Map<number, readonly number[] | 'lost'>();
  for (const [jump, { entry, most }] of tables) {
    const next = begins.find((begin) => begin > entry.table) ?? Number.POSITIVE_INFINITY;
    const end = Math.min(next, entry.table + entry.width * Math.min(most, entry.most));
    const found = readTable(entry, end, inside);
    targets.set(jump, found.length > 0 ? found : 'lost');
  }
  return targets;
}

/** Of one function: its tables by the jump that reads them, where they lead, and where its code lies. */
export interface Switches {
  readonly tables: Map<number, Table>;
  readonly jumps: Map<number, readonly number[]>;
  readonly ranges: readonly Range[];
}

/**
 * Finds jumps through tables whose targets were not known before.
 * @param open the blocks that end in such jumps
 * @param states what holds before each block
 */
export function addTables(
  graph: FlowGraph,
  open: readonly Block[],
  states: ReadonlyMap<number, State>,
  { tables, jumps, ranges }: Switches,
  runner: BlockRunner,
): { readonly isNew: boolean; readonly lost: readonly number[] } {
  const { environment } = runner;
  const known = tables.size;
  // What computes leaves the flags alone.
  const keepsFlags = environment.convention.machine === 'arm64';
  const lost: number[] = [];
  const leading = onlyBefore(graph);
  for (const block of open) {
    const last = block.instructions.at(-1);
    const entry = states.get(block.start);
    if (last === undefined || entry === undefined) continue;
    const table = switchTable(block, entry, runner, environment);
    if (table === 'lost') lost.push(last.rva);
    else if (table !== null)
      tables.set(last.rva, { entry: table, most: mostCases(leading, block, table.width, keepsFlags) });
  }
  for (const [jump, targets] of switchTargets(tables, ranges, environment)) {
    if (targets === 'lost') lost.push(jump);
    else jumps.set(jump, targets);
  }
  return { isNew: tables.size > known, lost };
}
