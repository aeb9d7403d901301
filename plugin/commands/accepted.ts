/** What `fix` leaves out of its proof and of its verdict: findings that the configuration or the baseline accepts. */
import type { CheckOptions } from '../../fixer/rules/check.js';
import type { ImageReport, ReportedFinding } from '../report/model.js';

/** A rule whose findings are all accepted is left out of the proof, as it is out of the plan: a second plan would fix them. */
export function withoutAccepted(checkOptions: CheckOptions, { findings }: Pick<ImageReport, 'findings'>): CheckOptions {
  const accepted = new Set<string>();
  for (const { code, suppressed } of findings) if (suppressed !== undefined) accepted.add(code);
  for (const { code, suppressed } of findings) if (suppressed === undefined) accepted.delete(code);
  if (accepted.size === 0) return checkOptions;
  const off = Object.fromEntries([...accepted].map((code) => [code, 'off'] as const));
  return { ...checkOptions, severities: { ...checkOptions.severities, ...off } };
}

/** The messages of refusals that matter as little as the findings they were for: those of the baseline count for nothing. */
export function acceptedRefusals(findings: readonly ReportedFinding[]): ReadonlySet<string> {
  const accepted = new Set<string>();
  for (const { refusal, baselined } of findings) if (refusal !== null && baselined === true) accepted.add(refusal);
  for (const { refusal, baselined } of findings) if (refusal !== null && baselined !== true) accepted.delete(refusal);
  return accepted;
}
