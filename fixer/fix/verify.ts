/**
 * The proof after the fix: parse again, run every rule again. What was to go is gone, nothing new has come, the bytes
 * outside the plan are equal, and a second plan is empty. Whoever writes the file does so only where this says ok.
 */
import { firstDifference } from '../pe/first-difference.js';
import { type Image, parseImage } from '../pe/image.js';
import { type CheckOptions, type CheckResult, check } from '../rules/check.js';
import { CODE_RULE_CODES } from '../rules/codes.js';
import type { Finding } from '../rules/finding.js';
import { type FixOptions, type Plan, planFixes } from './plan.js';

export interface Verification {
  readonly ok: boolean;
  /** What is not as the plan promised; empty when ok. */
  readonly problems: readonly string[];
  /** What `check` says of the fixed image; null where it does not parse. */
  readonly result: CheckResult | null;
}

type Known = Pick<CheckResult, 'findings' | 'undetermined'> & { readonly image?: Image };

/**
 * `before` and `after` are whole files; the options are those the plan was made with. `known` is what `check` said of
 * `before` with these options, for a caller that still has it: then only `after` is checked. With the image that it was
 * said of, code is not read a second time where its every byte is the same.
 */
export function verifyPlan(
  before: Uint8Array,
  after: Uint8Array,
  plan: Plan,
  checkOptions: CheckOptions = {},
  fixOptions: FixOptions = {},
  known?: Known,
): Verification {
  const problems = [...bytesOutside(before, after, plan)];
  const was = known ?? checkBytes(before, checkOptions);
  const image = parseImage(after);
  if (was === null || !image.ok)
    return { ok: false, problems: [...problems, 'the fixed image cannot be parsed'], result: null };
  if (known?.image !== undefined) checkOptions.code?.carryOver(known.image, image.value);
  const result = check(image.value, checkOptions);

  const old = new Set(was.findings.map(keyOf));
  const isTarget = targetsOf(plan);
  for (const finding of result.findings) {
    if (!old.has(keyOf(finding)))
      problems.push(`the fix brings a new finding: ${finding.code} ${finding.section ?? finding.field ?? ''}`);
    else if (isTarget(finding))
      problems.push(`${finding.code} ${finding.section ?? finding.field ?? ''} is still there`);
  }
  const isLeft = new Set(result.findings.map(keyOf));
  for (const finding of was.findings)
    if (isAboutCalls(finding) && !isLeft.has(keyOf(finding)))
      problems.push(
        `${finding.code} is no longer found in ${finding.section ?? 'the image'}, though no code was changed`,
      );
  const wasUndetermined = new Set(was.undetermined.map(({ code }) => code));
  for (const { code } of result.undetermined)
    if (!wasUndetermined.has(code)) problems.push(`${code} can no longer be decided`);
  const second = planFixes(image.value, result, fixOptions);
  if (second.edits.length > 0)
    problems.push(`a second run would change ${second.edits.map(({ field }) => field).join(', ')} again`);
  return { ok: problems.length === 0, problems, result };
}

function checkBytes(bytes: Uint8Array, options: CheckOptions): CheckResult | null {
  const image = parseImage(bytes);
  return image.ok ? check(image.value, options) : null;
}

/**
 * A finding's identity over a fix: rule and place, never its text or value. An address behind a section's last byte
 * comes to lie in it when the alignment is raised, so relocations are told by their directory alone.
 */
export const keyOf = ({ code, section, field }: Pick<Finding, 'code' | 'section' | 'field'>): string =>
  `${code}\0${code === 'HVCI3001' ? '' : section}\0${field}`;

/** HVCI3004, a store, does go where the section that is stored into no longer runs; a call stays what it is. */
const isAboutCalls = ({ code }: Pick<Finding, 'code'>): boolean =>
  code !== 'HVCI3004' && CODE_RULE_CODES.includes(code);

/** Tells of a finding whether an edit of the plan was made for it. */
export function targetsOf(plan: Plan): (finding: Pick<Finding, 'code' | 'field'>) => boolean {
  const targets = new Set(plan.edits.flatMap(({ causes, field }) => causes.map((code) => `${code}\0${field}`)));
  return ({ code, field }) => targets.has(`${code}\0${field}`);
}

function* bytesOutside(before: Uint8Array, after: Uint8Array, plan: Plan): Generator<string> {
  const length = plan.truncateTo ?? before.length;
  if (after.length !== length) yield `the file is ${after.length} bytes long instead of ${length}`;
  const end = Math.min(before.length, after.length);
  let at = 0;
  for (const { offset, length: width } of [...plan.edits, { offset: end, length: 0 }]) {
    const changed = firstDifference(before, after, at, Math.max(at, Math.min(offset, end)));
    if (changed >= 0) return yield `the byte at offset ${changed} changed, which no edit asked for`;
    at = Math.min(end, Math.max(at, offset + width));
  }
}
