/** The end of the text report: totals where there are several images, and one sentence with the next command. */
import { quoteArgument } from './escape.js';
import type { ImageReport, Report, ReportedFinding } from './model.js';
import { counted, grouped } from './numbers.js';
import { holdsSignature, offWords } from './wording.js';

/** What the end needs to know of the images that went by; filled by `tallyImage`. */
export interface Tally {
  notApplicable: number;
  undetermined: number;
  withFindings: number;
  /** Edits of plans that were not carried out because of --dry-run; null where there was no such plan. */
  plannedEdits: number | null;
  fixedFiles: number;
  /** Fixed files that are unsigned now. */
  toSign: number;
  /** Only where the refusal counts: 32-bit drivers do not. */
  refusedFiles: number;
  /** Files whose fix could not be written, or signed. */
  failedFiles: number;
  /** Findings that are left, and accepted by the baseline. */
  baselined: number;
  /** Errors and warnings that the configuration accepts. */
  suppressed: number;
  /** Findings that `fix` would remove, and the files they are in. */
  safe: number;
  readonly safePaths: Set<string>;
  safeInSigned: boolean;
  /** The first of the gravest findings that `fix` does not remove. */
  worst: ReportedFinding | null;
}

export function emptyTally(): Tally {
  return {
    notApplicable: 0,
    undetermined: 0,
    withFindings: 0,
    plannedEdits: null,
    fixedFiles: 0,
    toSign: 0,
    refusedFiles: 0,
    failedFiles: 0,
    baselined: 0,
    suppressed: 0,
    safe: 0,
    safePaths: new Set(),
    safeInSigned: false,
    worst: null,
  };
}

const RANK = { error: 0, warning: 1, info: 2 } as const;

export function tallyImage(tally: Tally, report: ImageReport): void {
  if (report.status === 'not-applicable') tally.notApplicable++;
  if (report.status === 'findings') tally.withFindings++;
  if (report.undetermined.length > 0) tally.undetermined++;
  const { plan } = report;
  if (plan?.outcome === 'planned') tally.plannedEdits = (tally.plannedEdits ?? 0) + plan.edits.length;
  if (plan?.outcome === 'fixed') {
    tally.fixedFiles++;
    if (!report.signed) tally.toSign++;
  }
  if (plan?.failed && report.error !== undefined) tally.failedFiles++;
  else if (plan?.failed) tally.refusedFiles++;
  for (const finding of report.findings) {
    if (finding.suppressed !== undefined && finding.severity !== 'info') tally.suppressed++;
    if (finding.suppressed !== undefined || finding.outcome === 'fixed' || finding.outcome === 'planned') continue;
    if (finding.baselined === true) {
      tally.baselined++;
      continue;
    }
    if (finding.fix === 'safe' && finding.outcome === 'none' && report.archive === undefined) {
      tally.safe++;
      tally.safePaths.add(report.path);
      tally.safeInSigned ||= holdsSignature(report);
    } else if (tally.worst === null || RANK[finding.severity] < RANK[tally.worst.severity]) {
      tally.worst = finding;
    }
  }
}

/** Two lines: how many images of which kind, and what is left in them. */
export function totals(tally: Tally, summary: Report['summary']): string[] {
  const images = [`${grouped(summary.clean)} clean`];
  if (tally.withFindings > 0) images.push(`${grouped(tally.withFindings)} with findings`);
  if (tally.undetermined > 0) images.push(`${grouped(tally.undetermined)} not wholly decided`);
  if (tally.notApplicable > 0) images.push(`${grouped(tally.notApplicable)} not checked`);
  if (summary.unreadable > 0) images.push(`${grouped(summary.unreadable)} unreadable`);
  const left = [counted(summary.errors, 'error'), counted(summary.warnings, 'warning')];
  const done: string[] = [];
  if (summary.fixed > 0) done.push(` ${counted(summary.fixed, 'finding')} fixed.`);
  if (summary.refused > 0) done.push(` ${counted(summary.refused, 'fix', 'fixes')} refused.`);
  return [`${counted(summary.images, 'image')}: ${images.join(', ')}.`, `Left: ${left.join(', ')}.${done.join('')}`];
}

/** What the whole run comes to, and the command that helps next. */
export function closingSentence(tally: Tally, report: Omit<Report, 'images'>): string {
  const { summary, interrupted, rulesOff } = report;
  const left = summary.errors + summary.warnings;
  if (tally.refusedFiles + tally.failedFiles > 0) return stoppedWords(tally);
  if (tally.plannedEdits !== null) {
    const edits = tally.plannedEdits === 1 ? 'this edit' : `these ${grouped(tally.plannedEdits)} edits`;
    return `Nothing was written. Run the same command without --dry-run to make ${edits}.`;
  }
  if (tally.fixedFiles > 0) {
    const done =
      tally.toSign === 0 ? 'Fixed.' : 'Fixed. Sign next: a signature made before the fix is no longer valid.';
    return left === 0
      ? done
      : `Fixed what a header edit can fix. Next: ${explain(tally)} names the relink or source change for the rest.`;
  }
  if (left > 0 && tally.safe > 0) return `Next: ${fixCommand(tally)}.${restOf(tally)}`;
  if (left > 0) return `Next: ${explain(tally)} shows the cause and the relink or source change that removes it.`;
  if (interrupted !== undefined) return 'The rest was not checked, so there is no verdict: run it again.';
  if (summary.unreadable === summary.images) return 'Nothing could be checked; the reason and what to do are above.';
  const accepted = tally.baselined + tally.suppressed === 0 ? '' : acceptedWords(tally);
  const unseen = rulesOff === undefined ? '' : ` ${offWords(rulesOff)}`;
  if (summary.unreadable > 0 || tally.undetermined > 0)
    return `No error and no warning in what could be checked; what could not is named above.${accepted === '' ? '' : ` But ${accepted}`}${unseen}`;
  if (summary.clean === 0) return 'There was no driver to check; --treat-as driver checks any image as one.';
  if (tally.baselined > 0) return `No new error and no new warning: ${accepted}${unseen}`;
  if (accepted !== '') return `No other error and no other warning: ${accepted}${unseen}`;
  const remark = tally.safe === 0 ? '' : ` ${fixCommand(tally)}.`;
  if (unseen !== '') return `No error and no warning of the rules that ran.${unseen}${remark}`;
  return `No error and no warning: nothing was found that memory integrity refuses.${remark}`;
}

/** Refused is what must not be fixed; what could not be written or signed is another thing. */
function stoppedWords({ refusedFiles, failedFiles, fixedFiles, toSign }: Tally): string {
  const sign =
    fixedFiles === 0 || toSign === 0 ? '' : ' Sign next: a signature made before the fix is no longer valid.';
  if (fixedFiles > 0) {
    const what = [...(refusedFiles > 0 ? ['was refused'] : []), ...(failedFiles > 0 ? ['could not be written'] : [])];
    return `Fixed, but for what ${what.join(' or ')}; the reasons and what to do are above.${sign}`;
  }
  const parts = [
    ...(refusedFiles > 0 ? [`the fix of ${counted(refusedFiles, 'file')} was refused`] : []),
    ...(failedFiles > 0 ? [`the fix of ${counted(failedFiles, 'file')} could not be written`] : []),
  ].join(', and ');
  return `${parts.charAt(0).toUpperCase()}${parts.slice(1)}; the reason and what to do are above.`;
}

/** What is there and does not count must not look as if it were not there. */
function acceptedWords({ baselined, suppressed }: Tally): string {
  const parts: string[] = [];
  if (baselined > 0) parts.push(`${counted(baselined, 'finding')} in the baseline`);
  if (suppressed > 0) parts.push(`${counted(suppressed, 'finding')} that the configuration accepts`);
  return `${parts.join(' and ')} ${baselined + suppressed === 1 ? 'is' : 'are'} still there.`;
}

function explain({ worst }: Tally): string {
  return `\`hvci-fix explain ${worst?.code ?? 'CODE'}\``;
}

function fixCommand(tally: Tally): string {
  const [only = ''] = tally.safePaths;
  const path = (tally.safePaths.size === 1 ? quoteArgument(only) : null) ?? 'PATH...';
  const edits = tally.safe === 1 ? 'the one fix that is safe' : `the ${grouped(tally.safe)} fixes that are safe`;
  const when = tally.safeInSigned
    ? 'a signed image needs --strip-signature or --sign-with too'
    : 'run it before signing';
  return `\`hvci-fix fix ${path}\` makes ${edits}; ${when}`;
}

function restOf(tally: Tally): string {
  return tally.worst === null || tally.worst.severity === 'info' ? '' : ` For the rest: ${explain(tally)}.`;
}
