/** From a checked image to a fixed file, or to the reason why it stays as it is. */
import { applyPlan } from '../../fixer/fix/apply.js';
import { type FixOptions, type Plan, planFixes } from '../../fixer/fix/plan.js';
import type { Refusal } from '../../fixer/fix/refusal.js';
import { keyOf, targetsOf, type Verification, verifyPlan } from '../../fixer/fix/verify.js';
import type { Image } from '../../fixer/pe/image.js';
import type { CheckResult } from '../../fixer/rules/check.js';
import type { Suppress } from '../configuration/suppressions.js';
import { hasCatalogNear } from '../files/catalog-names.js';
import type { FileFailure } from '../files/failure.js';
import { writeOut } from '../files/output.js';
import { protectedReason } from '../files/protected.js';
import { reported, statusOf } from '../inspection/image-report.js';
import type { Inspected } from '../inspection/inspect.js';
import type { PackageOfImage } from '../packages/package-image.js';
import { escapeForTerminal } from '../report/escape.js';
import type { ImageReport, PlanReport, ReportedFinding } from '../report/model.js';
import type { SignCommand } from '../signing/command.js';
import { acceptedRefusals, withoutAccepted } from './accepted.js';
import { type FixedCopy, obstacleTo, writeFixed } from './write-fixed.js';

export interface FixSettings {
  readonly dryRun: boolean;
  /** The fixed copy of this image; null: in place. */
  readonly out: FixedCopy | null;
  readonly backup: boolean;
  /** Null for a file that is not known to be in one. */
  readonly package: PackageOfImage | null;
  readonly force: boolean;
  readonly signCommand: SignCommand | null;
  /** Read the code for stores into sections that lose write access. */
  readonly readCode: boolean;
  readonly planOptions: FixOptions;
}

type Material = NonNullable<Inspected['material']>;

export async function fixImage(
  report: ImageReport,
  material: Material,
  fix: FixSettings,
  suppress: Suppress,
  named: boolean,
): Promise<ImageReport> {
  const { bytes, image, result } = material;
  // What the configuration accepts is not fixed either.
  const wanted = { ...result, findings: result.findings.filter((finding) => suppress(report.path, finding) === null) };
  const planOptions = { ...fix.planOptions, ...(await storeProof(result, fix)) };
  const plan = withoutMinorRefusals(planFixes(image, wanted, planOptions), named);
  const archive = fix.package?.archive ?? null;
  if (plan.edits.length > 0 && archive !== null)
    return refusedOrUnchanged(report, block(plan, 'in-archive', inArchive(archive)));
  if (plan.edits.length === 0 || plan.blocked !== null) return refusedOrUnchanged(report, notSigned(plan, report, fix));
  const place = fix.out === null && !fix.force ? protectedReason(report.path, process.env) : null;
  if (place !== null) return refusedOrUnchanged(report, block(plan, 'protected', place));

  const applied = applyPlan(bytes, plan);
  if (!applied.ok) return refusedOrUnchanged(report, { ...plan, blocked: applied.refusal });
  const verification = verifyPlan(bytes, applied.bytes, plan, withoutAccepted(material.options, report), planOptions, {
    ...result,
    image,
  });
  if (!verification.ok) {
    return refusedOrUnchanged(
      report,
      block(
        plan,
        'verification-failed',
        `Nothing was written, because the fixed image is not what the plan promised: ${verification.problems.join('; ')}. Please report this.`,
      ),
    );
  }
  const covered = await coveredByCatalogs(report.path, image, applied.bytes, fix.package?.catalogs ?? []);
  const obstacle = fix.dryRun ? obstacleTo(report.path, bytes, fix) : null;
  if (obstacle !== null) return notWritten(report, plan, obstacle);
  if (fix.dryRun)
    return finished(report, plan, verification, suppress, {
      outcome: 'planned',
      writtenTo: null,
      backup: null,
      size: report.size,
      notes: covered,
    });
  for (const note of covered) writeOut(2, `hvci-fix: ${escapeForTerminal(`${report.path}: ${note}`)}\n`);
  const signed = verification.result?.signed === true;
  const written = await writeFixed(report.path, bytes, applied.bytes, material.identity, fix, signed);
  if (!written.ok) return notWritten(report, plan, written);
  const notes = [...written.notes, ...covered];
  return finished(
    report,
    plan,
    verification,
    suppress,
    { outcome: 'fixed', ...written, notes },
    fix.signCommand !== null,
  );
}

/** Said before anything is written. Loaded where there is a catalog. */
async function coveredByCatalogs(
  path: string,
  image: Image,
  after: Uint8Array,
  catalogs: NonNullable<FixSettings['package']>['catalogs'],
): Promise<readonly string[]> {
  if (catalogs.length === 0 && !hasCatalogNear(path)) return [];
  const { invalidatedCatalogs } = await import('../packages/catalog/invalidated.js');
  return invalidatedCatalogs(path, image, after, catalogs);
}

/** Loaded where a fix takes write access away, which few drivers need. */
async function storeProof({ findings }: CheckResult, { readCode }: FixSettings): Promise<Pick<FixOptions, 'code'>> {
  if (!readCode || !findings.some(({ code }) => code === 'HVCI2003' || code === 'HVCI2004')) return {};
  const { codeEngine } = await import('../inspection/code-engine.js');
  return { code: codeEngine() };
}

const inArchive = (archive: string): string =>
  `${archive} is not written to. Unpack it, fix the driver in the folder, make the catalog and the archive again, and sign them.`;

/** A section name that this image does not know matters for the file it was said of, not for each file of a folder. */
function withoutMinorRefusals(plan: Plan, named: boolean): Plan {
  if (named) return plan;
  return {
    ...plan,
    refusals: plan.refusals.filter(({ code }) => code !== 'section-not-found' && code !== 'not-execute-write'),
  };
}

const block = (
  plan: Plan,
  code: Refusal['code'] | 'protected' | 'in-archive',
  message: string,
): Plan & { blocked: Refusal } => ({
  ...plan,
  blocked: { code: code as Refusal['code'], cause: null, section: null, message },
});

/** Whoever asked for a signature may take a run that ended well for one. */
function notSigned(plan: Plan, { signed, status }: ImageReport, { signCommand }: FixSettings): Plan {
  if (signCommand === null || plan.blocked !== null || plan.refusals.length > 0) return plan;
  const why = status === 'clean' ? 'There was nothing to fix' : 'Nothing was fixed';
  const now = signed
    ? ' It keeps the signature that it has.'
    : status === 'clean'
      ? ' It has no signature: sign it in a step of its own.'
      : '';
  const note = `${why}, so ${signCommand.name} did not run.${now}`;
  return { ...plan, notes: [...plan.notes, note] };
}

function refusedOrUnchanged(report: ImageReport, plan: Plan): ImageReport {
  const findings = report.findings.map(refusing(plan));
  const refusals = plan.blocked === null ? plan.refusals : [plan.blocked, ...plan.refusals];
  const outcome = refusals.length > 0 ? 'refused' : 'unchanged';
  return { ...report, findings, plan: { ...planReport(plan, findings), outcome } };
}

/**
 * Gives a finding the refusal that concerns it. One about the header as a whole (raising the alignment) belongs to the
 * finding of that field, not to the sections'.
 */
function refusing(plan: Plan): (finding: ReportedFinding) => ReportedFinding {
  const isTarget = targetsOf(plan);
  const key = (code: string | null, section: string | null): string => `${code}\0${section}`;
  const refusals = new Map(plan.refusals.map((refusal) => [key(refusal.cause, refusal.section), refusal]));
  return (finding) => {
    if (finding.suppressed !== undefined) return finding;
    const whole = plan.blocked !== null && isTarget(finding) ? plan.blocked : undefined;
    const refusal = whole ?? refusals.get(key(finding.code, finding.section));
    return refusal === undefined ? finding : { ...finding, outcome: 'refused', refusal: refusal.message };
  };
}

function finished(
  report: ImageReport,
  plan: Plan,
  verification: Verification,
  suppress: Suppress,
  done: Pick<PlanReport, 'outcome' | 'writtenTo' | 'backup' | 'notes'> & { readonly size: number },
  signedAgain = false,
): ImageReport {
  const after = new Map((verification.result?.findings ?? []).map((finding) => [keyOf(finding), finding]));
  const outcome = done.outcome === 'planned' ? 'planned' : 'fixed';
  const refuse = refusing(plan);
  const findings = report.findings.map((finding): ReportedFinding => {
    if (finding.suppressed !== undefined) return finding;
    const left = after.get(keyOf(finding));
    if (left === undefined) return { ...finding, outcome };
    const { baselined } = finding;
    const now = outcome === 'fixed' ? reported(report.path, left, suppress) : finding;
    return refuse(baselined === undefined ? now : { ...now, baselined });
  });
  const { size, ...places } = done;
  const file =
    outcome === 'fixed'
      ? {
          size,
          signed: signedAgain || verification.result?.signed === true,
          status: statusOf(findings, report.undetermined),
        }
      : {};
  const base = planReport(plan, findings);
  return { ...report, ...file, findings, plan: { ...base, ...places, notes: [...base.notes, ...done.notes] } };
}

function notWritten(report: ImageReport, plan: Plan, failure: FileFailure): ImageReport {
  const isTarget = targetsOf(plan);
  const findings = report.findings.map(
    (finding): ReportedFinding =>
      isTarget(finding) ? { ...finding, outcome: 'refused', refusal: failure.message } : finding,
  );
  const { code, path, message } = failure;
  return {
    ...report,
    findings,
    error: { code, path, offset: null, message },
    plan: { ...planReport(plan, findings), outcome: 'refused', failed: true },
  };
}

/** Of a section that no fix touches unless the user names it. */
const isAskedFor = ({ code, section }: Refusal): boolean =>
  code === 'section-holds-code' || (section !== null && section !== 'INIT');

function planReport(plan: Plan, findings: readonly ReportedFinding[]): PlanReport {
  const refusals = plan.blocked === null ? plan.refusals : [plan.blocked, ...plan.refusals];
  const accepted = acceptedRefusals(findings);
  // Nobody can fix the alignment of a 32-bit driver in the header, and memory integrity does not ask: no failure.
  const counts =
    refusals.some((refusal) => (refusal.cause === null || isAskedFor(refusal)) && !accepted.has(refusal.message)) ||
    findings.some(
      ({ outcome, severity, baselined }) => outcome === 'refused' && severity !== 'info' && baselined !== true,
    );
  return {
    outcome: 'unchanged',
    failed: counts,
    writtenTo: null,
    backup: null,
    edits: plan.edits.map(({ causes, ...edit }) => ({ ...edit, cause: causes.join(', ') })),
    ...(plan.truncateTo === null ? {} : { truncateTo: plan.truncateTo }),
    refusals: refusals.map(({ code, section, message }) => ({ code, section, message })),
    notes: plan.notes,
  };
}
