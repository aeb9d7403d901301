/** What calls are passed: addresses on the stack, and what a question is about. */
import type { Location } from './convention.js';
import type { Block } from './flow.js';
import type { State } from './state.js';
import type { Value } from './value.js';
import type { Call, Visitor } from './visitor.js';

/** Goes over blocks whose states are known; over all of them for null. False where none of them is reached. */
export type Walk = (visitor: Visitor, blocks: readonly Block[] | null, prepare?: (state: State) => void) => boolean;

/** Every address on the stack that a callee is given, with the index of its parameter. */
export function eachStackArgument(
  walk: Walk,
  parameters: readonly Location[],
  found: (call: Call, parameter: number, base: number, offset: number) => void,
): void {
  const call = (each: Call): void => {
    for (const [index, at] of parameters.entries())
      for (const atom of each.argument(at).atoms ?? [])
        if (atom.kind === 'stack') found(each, index, atom.base, atom.offset);
  };
  walk({ call }, null);
}

/** @param alone without what the stack holds, and constants, before the blocks */
export function valuesOf(
  walk: Walk,
  blocks: readonly Block[],
  asked: NonNullable<Visitor['asked']>,
  alone = false,
): readonly Value[] {
  const values: Value[] = [];
  const call = (each: Call): void => void values.push(...asked(each));
  walk({ call }, blocks, alone ? (state) => state.forgetBefore() : undefined);
  return values;
}
