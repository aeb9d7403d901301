/**
 * Lines in MSBuild's canonical form, `origin : error CODE: text`, which Exec, Visual Studio's error list, Ninja and
 * most editors understand. A remark has the category `message`, which MSBuild does not count as anything.
 */
import { hex } from '../../fixer/pe/hex.js';
import { isDamaged } from '../../fixer/rules/undecidable.js';
import { escapeForMsbuildOrigin, escapeForMsbuildText } from './escape.js';
import { whereWords } from './finding-text.js';
import type { ImageReport, ReportedFinding, Reporter } from './model.js';
import { grouped } from './numbers.js';
import { errorRemedy, interruptedWords, unusedSymbols } from './wording.js';

export interface MsbuildOptions {
  /** Errors and warnings only. */
  readonly quiet: boolean;
  /** What could not be decided is told even then: a build that says nothing looks clean. */
  readonly tellsUndetermined?: boolean;
}

/** An error list with thousands of entries of one code hides the others; after so many, one line has the number. */
const MAX_LINES_OF_ONE_CODE = 20;

type Category = 'error' | 'warning' | 'message';

/** Streams one line for each finding; nothing for clean images, nothing at the end of a run that came to it. */
export function createMsbuildReporter(options: MsbuildOptions): Reporter {
  return {
    image: ({ report, named }) => imageLines(report, named, options).join(''),
    end: ({ interrupted }) =>
      interrupted === undefined
        ? ''
        : `hvci-fix : error : ${interruptedWords(interrupted)}; the rest was not checked.\n`,
  };
}

function imageLines(
  report: ImageReport,
  named: boolean,
  { quiet, tellsUndetermined = !quiet }: MsbuildOptions,
): string[] {
  const lines: string[] = [];
  if (report.status === 'unreadable' || report.error !== undefined) lines.push(errorLine(report, named));
  const seen = new Map<string, number>();
  for (const finding of report.findings) {
    const category = categoryOf(finding);
    if (finding.suppressed !== undefined || finding.baselined === true || (quiet && category === 'message')) continue;
    const key = `${category} ${finding.code}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (count <= MAX_LINES_OF_ONE_CODE) lines.push(line(report.path, category, finding.code, findingWords(finding)));
  }
  for (const [key, count] of seen) {
    const [category = 'message', code = ''] = key.split(' ');
    const hidden = count - MAX_LINES_OF_ONE_CODE;
    if (hidden > 0) {
      const text = `and ${grouped(hidden)} more of ${code}; hvci-fix --format json lists every one.`;
      lines.push(line(report.path, category as Category, code, text));
    }
  }
  for (const { code, reason } of report.undetermined) {
    // A value known at run time alone is nothing that a build could change.
    const category = isDamaged({ code }) ? 'warning' : 'message';
    if (tellsUndetermined || category !== 'message')
      lines.push(line(report.path, category, code, `could not be decided: ${reason}`));
  }
  if (!quiet)
    for (const note of unusedSymbols(report.coverage.notes)) lines.push(line(report.path, 'message', '', note));
  return lines;
}

/** A finding that has just been fixed is news, no longer an error. */
function categoryOf(finding: ReportedFinding): Category {
  return finding.outcome === 'fixed' || finding.severity === 'info' ? 'message' : finding.severity;
}

function findingWords(finding: ReportedFinding): string {
  if (finding.outcome === 'fixed') return `fixed: ${finding.message}`;
  const where = whereWords(finding);
  const place = where === '' ? '' : ` [${where}]`;
  const refusal = finding.refusal === null ? '' : ` Not fixed: ${finding.refusal}`;
  return `${finding.message} ${finding.hint}${refusal}${place}`;
}

/** As grave as the exit status: a file met in a folder that cannot be read is a line and no failure. */
function errorLine({ path, error, status }: ImageReport, named: boolean): string {
  const category = named || status !== 'unreadable' ? 'error' : 'warning';
  const what = status === 'unreadable' ? 'cannot be checked' : 'was not written';
  if (error === undefined) return line(path, category, '', what);
  const place = error.offset === null ? '' : ` [${error.path}, offset ${hex(error.offset)}]`;
  return line(
    path,
    category,
    '',
    `${what}: ${[error.message, errorRemedy(error.code)].filter(Boolean).join(' ')}${place}`,
  );
}

/** An empty code is allowed by the form, and better than one that no page explains. */
function line(path: string, category: Category, code: string, text: string): string {
  const origin = escapeForMsbuildOrigin(path);
  return `${origin} : ${category}${code === '' ? ' ' : ` ${code}`}: ${escapeForMsbuildText(text)}\n`;
}
