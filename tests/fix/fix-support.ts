/** A whole run of the fixer over a built image, with what it must hold in every case. */
import type { ExecutionContext } from 'ava';
import { applyPlan } from '../../fixer/fix/apply.js';
import { type FixOptions, type Plan, planFixes } from '../../fixer/fix/plan.js';
import { verifyPlan } from '../../fixer/fix/verify.js';
import { type Image, parseImage } from '../../fixer/pe/image.js';
import { type CheckOptions, type CheckResult, check } from '../../fixer/rules/check.js';
import type { BuiltImage } from '../support/image-builder.js';
import { checkSumOf } from '../support/image-builder-checksum.js';

export function imageOf(bytes: Uint8Array): Image {
  const image = parseImage(bytes);
  if (!image.ok) throw new Error(image.error.message);
  return image.value;
}

export function planOf(bytes: Uint8Array, fix: FixOptions = {}, options: CheckOptions = {}): Plan {
  const image = imageOf(bytes);
  return planFixes(image, check(image, options), fix);
}

export interface Run {
  readonly plan: Plan;
  readonly bytes: Uint8Array;
  readonly result: CheckResult;
}

/**
 * Plans, applies, verifies; asserts that the input is untouched, that only planned bytes changed, that the checksum is
 * right by the slow algorithm, and that nothing is left to do.
 */
export function fixed(t: ExecutionContext, built: BuiltImage, fix: FixOptions = {}): Run {
  const before = built.bytes.slice();
  const plan = planOf(built.bytes, fix);
  t.is(plan.blocked, null);
  const applied = applyPlan(built.bytes, plan);
  if (!applied.ok) throw new Error(applied.refusal.message);
  t.deepEqual(Buffer.from(built.bytes), Buffer.from(before), 'the input stays as it was');
  const verification = verifyPlan(built.bytes, applied.bytes, plan, {}, fix);
  t.deepEqual(verification.problems, []);
  const view = new DataView(applied.bytes.buffer);
  t.is(view.getUint32(built.checkSum, true), checkSumOf(applied.bytes, built.checkSum), 'CheckSum');
  const changed = changedOffsets(before, applied.bytes);
  const planned = new Set(plan.edits.flatMap(({ offset, length }) => Array.from({ length }, (_, at) => offset + at)));
  t.deepEqual(
    changed.filter((at) => !planned.has(at)),
    [],
    'bytes that no edit names',
  );
  t.deepEqual(planOf(applied.bytes, fix).edits, [], 'a second plan');
  return { plan, bytes: applied.bytes, result: check(imageOf(applied.bytes)) };
}

/** Offsets that differ in the part that both have. */
export function changedOffsets(before: Uint8Array, after: Uint8Array): number[] {
  const changed: number[] = [];
  for (let at = 0; at < Math.min(before.length, after.length); at++) if (before[at] !== after[at]) changed.push(at);
  return changed;
}

export const codesOf = (result: CheckResult): string[] => result.findings.map(({ code }) => code);

/** [field, before, after] of each edit, the checksum left out. */
export const editsOf = (plan: Plan): [string, string, string][] =>
  plan.edits
    .filter(({ field }) => field !== 'optionalHeader.checkSum')
    .map(({ field, before, after }) => [field, before, after]);
