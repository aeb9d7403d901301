/** The report for a person at a terminal. */
import type { BaselineEntry } from '../baseline/entry.js';
import { createPaint, type Paint } from './ansi.js';
import { closingSentence, emptyTally, tallyImage, totals } from './conclusion.js';
import { escapeForTerminal } from './escape.js';
import { findingTitle, groupFindings, groupText } from './finding-text.js';
import type { ImageReport, ImageResult, Report, ReportedFinding, Reporter } from './model.js';
import { counted, grouped, hex } from './numbers.js';
import { planText } from './plan-text.js';
import { sectionTable } from './section-table.js';
import { errorRemedy, interruptedWords, kindWords, severityCounts } from './wording.js';
import { hang } from './wrap.js';

export interface TextOptions {
  readonly color: boolean;
  /** Errors and warnings only: no tables, no remarks, no clean images, no totals. */
  readonly quiet: boolean;
  /** Columns of the terminal; text is wrapped to it, but never below 60 or above 110. */
  readonly width: number;
}

/** Streams: a block for each image with findings, one line for any other, then totals and the next command. */
export function createTextReporter(options: TextOptions): Reporter {
  const paint = createPaint(options.color);
  const width = Math.min(Math.max(options.width, 60), 110);
  const tally = emptyTally();
  let previous: 'nothing' | 'line' | 'block' = 'nothing';

  function image(result: ImageResult): string {
    tallyImage(tally, result.report);
    const lines = imageLines(result, options.quiet, width, paint);
    if (lines.length === 0) return '';
    const kind = lines.length === 1 ? 'line' : 'block';
    const gap = previous === 'block' || (previous === 'line' && kind === 'block') ? '\n' : '';
    previous = kind;
    return `${gap}${lines.join('\n')}\n`;
  }

  function end(report: Omit<Report, 'images'>): string {
    const stopped = report.interrupted === undefined ? [] : [`${capitalised(interruptedWords(report.interrupted))}.`];
    if (options.quiet) return stopped.map((line) => `${line}\n`).join('');
    const lines: string[] = previous === 'nothing' ? [] : [''];
    for (const entry of report.absent ?? []) lines.push(...hang('', absentWords(entry), width));
    const ending = report.summary.images > 1 ? totals(tally, report.summary) : [];
    ending.push(...stopped, closingSentence(tally, report));
    for (const sentence of ending) lines.push(...hang('', sentence, width));
    return `${lines.join('\n')}\n`;
  }

  return { image, end };
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `In the baseline, but absent: HVCI2005 in .text of foo.sys.` */
function absentWords({ code, image, section, symbol, ddi, count }: BaselineEntry): string {
  const place = symbol ?? section;
  const where = [
    ...(ddi === null ? [] : [`call of ${ddi}`]),
    ...(place === null ? [] : [`in ${place}`]),
    `of ${image}`,
  ];
  const times = count === 1 ? '' : `, ${grouped(count)} times`;
  return `In the baseline, but absent: ${code} ${escapeForTerminal(where.join(' '))}${times}.`;
}

function imageLines(result: ImageResult, quiet: boolean, width: number, paint: Paint): string[] {
  const { report } = result;
  if (report.status === 'unreadable') return unreadableLines(report, width, paint);
  if (report.status === 'not-applicable') return quiet ? [] : [notApplicableLine(report, paint)];

  const active = report.findings.filter((finding) => finding.suppressed === undefined && !isAccepted(finding));
  const serious = active.some((finding) => finding.severity !== 'info');
  const brief = !serious && report.undetermined.length === 0 && !planMatters(report) && report.error === undefined;
  if (brief) return quiet ? [] : cleanLines(report, active, width, paint);
  return blockLines(result, active, quiet, width, paint);
}

/** By the baseline, and still there. */
const isAccepted = (finding: ReportedFinding): boolean => finding.baselined === true && finding.outcome !== 'fixed';

function planMatters({ plan }: ImageReport): boolean {
  return plan !== undefined && (plan.outcome !== 'unchanged' || plan.refusals.length > 0);
}

function blockLines(
  { report, sections }: ImageResult,
  active: readonly ReportedFinding[],
  quiet: boolean,
  width: number,
  paint: Paint,
): string[] {
  const signed = report.signed ? 'signed' : 'not signed';
  const shown = quiet ? active.filter((finding) => finding.severity !== 'info') : active;
  // A plan that --quiet shows is about something: where that is information alone, it is counted all the same.
  const counts = severityCounts(shown.length > 0 ? shown : active);
  const lines = [
    paint('strong', escapeForTerminal(report.path)),
    `${kindWords(report)}, ${counted(report.size, 'byte')}, ${signed}: ${counts}`,
  ];
  if (!quiet) lines.push('', ...sectionTable(sections, shown, report.plan, width, paint));
  for (const group of groupFindings(shown)) lines.push('', ...groupText(group, report, width, paint));
  if (report.undetermined.length > 0) lines.push('');
  for (const [reason, codes] of byReason(report)) {
    lines.push(`${paint('doubtful', 'undetermined')} ${paint('strong', codes.join(', '))}`);
    lines.push(...hang('  ', escapeForTerminal(reason), width));
  }
  const remarks = quiet ? [] : remarkLines(report, width, paint);
  if (remarks.length > 0) lines.push('', ...remarks);
  if (report.plan !== undefined) lines.push('', ...planText(report.plan, report.error !== undefined, width, paint));
  if (report.error !== undefined) lines.push('', ...unreadableLines(report, width, paint));
  return lines;
}

/** What one cause leaves open is said once. */
function byReason({ undetermined }: ImageReport): Map<string, string[]> {
  const reasons = new Map<string, string[]>();
  for (const { code, reason } of undetermined) {
    const codes = reasons.get(reason);
    if (codes === undefined) reasons.set(reason, [code]);
    else codes.push(code);
  }
  return reasons;
}

/** One line; each kind of remark adds one. */
function cleanLines(report: ImageReport, remarks: readonly ReportedFinding[], width: number, paint: Paint): string[] {
  const signed = report.signed ? ', signed' : '';
  const facts = paint('faint', `${kindWords(report)}, ${counted(report.size, 'byte')}${signed}`);
  const lines = [`${paint('good', 'clean')}        ${escapeForTerminal(report.path)}  ${facts}`];
  for (const group of groupFindings(remarks)) {
    const [first] = group;
    if (first === undefined) continue;
    lines.push(`  ${findingTitle(first, group.length, paint)}`);
    lines.push(...hang('    ', escapeForTerminal(first.message), width));
  }
  lines.push(...remarkLines(report, width, paint));
  for (const note of report.plan?.notes ?? []) lines.push(...noteLines(escapeForTerminal(note), width, paint));
  return lines;
}

function noteLines(note: string, width: number, paint: Paint): string[] {
  const [first = '', ...rest] = hang('  note    ', note, width);
  return [paint('faint', '  note    ') + first.slice('  note    '.length), ...rest];
}

/** How much of the code was decided, notes, and what the configuration hides. */
function remarkLines(report: ImageReport, width: number, paint: Paint): string[] {
  const { callSites, resolved, notes } = report.coverage;
  const remarks = notes.map(escapeForTerminal);
  if (report.duplicateOf !== undefined) remarks.unshift(`the same bytes as ${escapeForTerminal(report.duplicateOf)}`);
  if (resolved < callSites) {
    remarks.unshift(
      `${grouped(resolved)} of ${counted(callSites, 'call site')} decided; the others depend on run-time values.`,
    );
  }
  for (const { message, path, offset } of report.anomalies ?? []) {
    remarks.push(`${escapeForTerminal(message)} (${escapeForTerminal(path)}, offset ${hex(offset)})`);
  }
  const suppressed = new Map<string, string>();
  for (const { code, suppressed: by } of report.findings) if (by !== undefined) suppressed.set(code, by.reason);
  for (const [code, reason] of suppressed) remarks.push(`${code} is suppressed: ${escapeForTerminal(reason)}`);
  for (const [text, count] of baselineRemarks(report))
    remarks.push(count === 1 ? text : `${text}, ${grouped(count)} times`);
  return remarks.flatMap((remark) => noteLines(remark, width, paint));
}

/** `HVCI2005 in .text is in the baseline`, with how often. */
function baselineRemarks({ findings }: ImageReport): Map<string, number> {
  const remarks = new Map<string, number>();
  for (const finding of findings) {
    if (!isAccepted(finding)) continue;
    const place = finding.symbol ?? finding.section;
    const text = `${finding.code}${place === null ? '' : ` in ${escapeForTerminal(place)}`} is in the baseline`;
    remarks.set(text, (remarks.get(text) ?? 0) + 1);
  }
  return remarks;
}

function notApplicableLine(report: ImageReport, paint: Paint): string {
  const path = escapeForTerminal(report.path);
  const why = report.kind === 'not-pe' ? 'not a PE image' : `${kindWords(report)}, no kernel-mode driver`;
  return `${paint('remark', 'not checked')}  ${path}  ${paint('faint', why)}`;
}

function unreadableLines(report: ImageReport, width: number, paint: Paint): string[] {
  const { error } = report;
  const written = report.status === 'unreadable' ? 'unreadable' : 'not written';
  const head = `${paint('bad', written)}${' '.repeat(13 - written.length)}${escapeForTerminal(report.path)}`;
  if (error === undefined) return [head];
  const place = [
    ...(error.path === '' || error.path === report.path ? [] : [escapeForTerminal(error.path)]),
    ...(error.offset === null ? [] : [`offset ${hex(error.offset)}`]),
  ].join(', ');
  const at = place === '' ? '' : ` (${place})`;
  const remedy = errorRemedy(error.code);
  return [
    head,
    ...hang('  ', `${escapeForTerminal(error.message)}${at}`, width),
    ...(remedy === '' ? [] : hang('  ', remedy, width)),
  ];
}
