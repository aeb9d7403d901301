/** Jumps that go where only values tell: through tables of a switch, or out of the function. */
import type { BlockRunner } from './block-runner.js';
import type { Block, FlowGraph } from './flow.js';
import { inRanges, type Range } from './functions.js';
import { isDirect } from './instruction.js';
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

/**
 * Where the jump at the end of a block goes inside the function: nowhere for a tail call, and 'lost' for a switch whose
 * cases nobody knows.
 * @param entry what holds before the block
 */
export function switchTargets(
  block: Block,
  entry: State,
  runner: BlockRunner,
  environment: Environment,
  ranges: readonly Range[],
): readonly number[] | 'lost' {
  const last = block.instructions.at(-1);
  if (last?.flow.kind !== 'jump-through') return [];
  const state = entry.copy();
  // The jump at its end changes nothing.
  runner.run(block, state, null);
  const atom = single(runner.interpreter.read(last.flow.operand, state));
  const inside = (rva: number): boolean => inRanges(ranges, rva);
  const targets = atom?.kind === 'table-entry' ? environment.readTable(atom, inside) : [];
  if (targets.length > 0) return targets;
  // A tail call has given its frame back.
  const top = single(state.registers[environment.convention.stackPointer] ?? UNKNOWN);
  const isSwitch = atom?.kind === 'table-entry' || (top?.kind === 'stack' && top.base === 0 && top.offset !== 0);
  return isSwitch ? 'lost' : [];
}
