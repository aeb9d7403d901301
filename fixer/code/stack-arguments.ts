/** What calls are passed: addresses on the stack, and what a question is about. */
import type { Location } from './convention.js';
import type { Block } from './flow.js';
import { type Events, eventsFor } from './memory-writes.js';
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

/** The calls that are given an address on the stack which matters. */
export function callsGiven(
  walk: Walk,
  parameters: readonly Location[],
  matters: (base: number, offset: number) => boolean,
): Set<Call> {
  const calls = new Set<Call>();
  eachStackArgument(walk, parameters, (call, _, base, offset) => {
    if (matters(base, offset)) calls.add(call);
  });
  return calls;
}

/**
 * What calls and stores in the blocks have of what the visitor asks about.
 * @param alone without what the stack holds, and constants, before the blocks
 */
export function valuesOf(
  walk: Walk,
  interpreter: { events: Events | null },
  blocks: readonly Block[],
  { asked, asksOf }: Visitor,
  alone = false,
): readonly Value[] {
  const values: Value[] = [];
  const call = (each: Call): void => {
    if (asked !== undefined) values.push(...asked(each));
  };
  const store = (_rva: number, target: number, width: number, value: Value): void => {
    if (asksOf?.(target, width) === true) values.push(value);
  };
  if (asksOf !== undefined) interpreter.events = eventsFor({ store }, () => false);
  walk({ call }, blocks, alone ? (state) => state.forgetBefore() : undefined);
  interpreter.events = null;
  return values;
}
