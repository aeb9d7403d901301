/** Values of a callee in terms of its caller. */
import { compute } from './arithmetic.js';
import type { Origin } from './origin.js';
import { constant, fromOrigin, join, only, UNKNOWN, type Value } from './value.js';

export const isOfCaller = ({ kind }: Origin): boolean => kind === 'register' || kind === 'stack-argument';

/** Origins that a caller decides: what was in registers and on the stack when the function started. */
export function entryOrigins(values: readonly (Value | null)[]): Origin[] {
  const found = new Map<string, Origin>();
  for (const value of values) {
    for (const atom of value?.atoms ?? []) {
      if (atom.kind !== 'origins') continue;
      for (const origin of atom.origins) {
        if (isOfCaller(origin)) found.set(origin.key, origin);
      }
    }
  }
  return [...found.values()];
}

/** The value with every origin replaced that `lookup` knows; the others stay. */
export function substitute(value: Value, lookup: (origin: Origin) => Value | null): Value {
  if (value.atoms === null) return value;
  const results: Value[] = [];
  for (const atom of value.atoms) {
    if (atom.kind !== 'origins' || !atom.origins.some((origin) => lookup(origin) !== null)) {
      results.push(only(atom));
      continue;
    }
    let sum: Value | null = null;
    for (const origin of atom.origins) {
      const part = lookup(origin) ?? fromOrigin(origin);
      sum = sum === null ? part : compute('or', sum, part, 8);
    }
    let result = sum ?? UNKNOWN;
    if (atom.mask !== 0xffffffff) result = compute('and', result, constant(atom.mask), 8);
    if (atom.ones !== 0) result = compute('or', result, constant(atom.ones), 8);
    results.push(result);
  }
  return results.reduce(join);
}

/** A function's value as its caller knows it, by what that passes: nothing is known of the rest. */
export const asCallerKnows = (value: Value, passed: ReadonlyMap<string, Value>): Value =>
  substitute(value, (origin) => passed.get(origin.key) ?? (isOfCaller(origin) ? UNKNOWN : null));
