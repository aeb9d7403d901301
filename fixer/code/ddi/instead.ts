/** The value to write in place of one that asks for executable memory: the same in all else. Bits are wdm.h's and winnt.h's. */
import type { ArgumentKind } from './ddi.js';
import { judgeValue, sourceName } from './predicates.js';

/** Each PAGE_EXECUTE* without execution; what only ran is read. */
const PROTECTIONS: Readonly<Record<number, number>> = { 16: 0x02, 32: 0x02, 64: 0x04, 128: 0x08 };

const INSTEAD: Partial<Readonly<Record<ArgumentKind, (value: number) => number>>> = {
  // MustSucceed (2) went with Windows 2000; of a session's types that are not executable there is one, without alignment.
  'pool-type': (value) => ((value & 32) === 0 ? value & ~2 : value & ~6) | 0x200,
  'lookaside-flags': (value) => value | 0x200,
  'pool-flags': (value) => (value & ~0x80) | 0x40,
  'page-protection': (value) => (value & ~0xff) | (PROTECTIONS[value & 0xff] ?? value & 0xff),
  'page-priority': (value) => value | 0x40000000,
};

/** More pairs say less than the rule does. */
const MOST_PAIRS = 3;

/**
 * What to pass, as in source code: one value where all executable ones of `values` come to the same, else
 * `PAGE_READONLY for PAGE_EXECUTE_READ, PAGE_READWRITE for PAGE_EXECUTE_READWRITE`; null for more than that.
 */
export function insteadOf(kind: ArgumentKind, values: readonly number[]): string | null {
  const change = INSTEAD[kind];
  if (change === undefined) return null;
  const pairs = values
    .filter((value) => judgeValue(kind, value) === 'violation')
    .map((value) => ({ from: sourceName(kind, value), to: sourceName(kind, change(value)) }));
  const [first] = pairs;
  if (first === undefined) return null;
  if (pairs.every(({ to }) => to === first.to)) return first.to;
  return pairs.length > MOST_PAIRS ? null : pairs.map(({ from, to }) => `${to} for ${from}`).join(', ');
}
