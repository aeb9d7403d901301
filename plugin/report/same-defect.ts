/** Calls that pass the same wrong value to the same function: a reader wants the words once and then the places. */
import { shownPoolTag } from '../../fixer/code/ddi/pool-tag.js';
import type { ReportedFinding } from './model.js';
import { hex } from './numbers.js';

/** Findings of one group, those of the same defect together, in the order of their first. */
export function bySameDefect(group: readonly ReportedFinding[]): ReportedFinding[][] {
  const buckets = new Map<string, ReportedFinding[]>();
  group.forEach((finding, index) => {
    const key = defectOf(finding) ?? `${index}`;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [finding]);
    else bucket.push(finding);
  });
  return [...buckets.values()];
}

/** What is wrong, without where; null for findings that are not about a call. */
export function defectOf({ data }: ReportedFinding): string | null {
  const { ddi, parameter, outcome, values, chain, globals } = data;
  if (typeof ddi !== 'string' || !Array.isArray(values)) return null;
  // Callers of one wrapper belong together, those of two do not.
  const wrappers = Array.isArray(chain) ? chain.slice(1) : [];
  return JSON.stringify([ddi, parameter, outcome, values, wrappers, globals]);
}

/** What tells one call from the others beside its place: `returns to rva 0xb111, pool tag 'PMEM'`. */
export function callDetails({ data }: ReportedFinding): string[] {
  const { returnRva, tag } = data;
  return [
    ...(typeof returnRva === 'number' ? [`returns to rva ${hex(returnRva)}`] : []),
    ...(typeof tag === 'string' ? [`pool tag ${shownPoolTag(tag)}`] : []),
  ];
}
