/** The findings of one image as text, those of one code together. */
import { sourceOf } from '../../fixer/rules/source-line.js';
import type { Paint, Tone } from './ansi.js';
import { escapeForTerminal } from './escape.js';
import type { ImageReport, ReportedFinding } from './model.js';
import { counted, grouped, hex } from './numbers.js';
import { bySameDefect, callDetails, defectOf } from './same-defect.js';
import { effectWords, fixWords, severityWord } from './wording.js';
import { hang, shorten } from './wrap.js';

/** A group of at most `ALL` is shown whole; of a larger one the first `FIRST` stand for the rest. */
const ALL = 6;
const FIRST = 4;
/** Calls differ in what is passed and through whom: each kind is shown once before places are repeated. */
const CALLS = 16;
const CALL_REMEDIES = 8;
/** Further places of the same defect that are listed. */
const ALSO = 8;
const MAX_SYMBOL = 80;

const RANK = { error: 0, warning: 1, info: 2 } as const;

/** Findings that read the same but for the place; errors first, otherwise in the order they were found. */
export function groupFindings(findings: readonly ReportedFinding[]): ReportedFinding[][] {
  const groups = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const key = [finding.code, finding.severity, finding.effect, finding.fix, finding.outcome].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].sort((a, b) => rankOf(a) - rankOf(b));
}

function rankOf(group: readonly ReportedFinding[]): number {
  return group[0] === undefined ? 0 : RANK[group[0].severity];
}

const TONES = { error: 'bad', warning: 'doubtful', info: 'remark' } as const satisfies Record<string, Tone>;

/** `error HVCI2003 execute-write-section`, and what has been done about it. */
export function findingTitle(finding: ReportedFinding, times: number, paint: Paint): string {
  const word = paint(TONES[finding.severity], severityWord(finding.severity));
  const count = times > 1 ? `, ${grouped(times)} times` : '';
  const done = finding.outcome === 'none' ? '' : ` ${paint(outcomeTone(finding), `[${finding.outcome}]`)}`;
  return `${word} ${paint('strong', finding.code)} ${escapeForTerminal(finding.name)}${count}${done}`;
}

function outcomeTone(finding: ReportedFinding): Tone {
  return finding.outcome === 'refused' ? 'bad' : 'good';
}

/** The whole paragraph of one group: title, messages with their places, effect, remedy, fix. */
export function groupText(
  group: readonly ReportedFinding[],
  report: ImageReport,
  width: number,
  paint: Paint,
): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const lines = [findingTitle(first, group.length, paint)];
  // What is done needs no advice; the plan below lists the edits.
  const done = first.outcome === 'fixed';
  const isCalls = defectOf(first) !== null;
  const inOrder = bySameDefect(group);
  // Calls with different remedies: each stands below those that it is for.
  const isEach = isCalls && !done && inOrder.length <= CALLS && group.some(({ hint }) => hint !== first.hint);
  const defects = isEach ? bySameRemedy(inOrder) : inOrder;
  const shown = defects.length <= (isCalls ? CALLS : ALL) ? defects : defects.slice(0, isCalls ? CALLS : FIRST);
  let hidden = group.length;
  for (const [index, [finding, ...others]] of shown.entries()) {
    if (finding === undefined) continue;
    if (!done) lines.push(...hang('  ', escapeForTerminal(finding.message), width));
    const where = whereWords(finding);
    if (where !== '') lines.push(...labelled('where', where, width, paint));
    const also = others.slice(0, ALSO);
    for (const other of also) {
      const words = [whereWords(other), ...callDetails(other).map(escapeForTerminal)].join(', ');
      lines.push(...labelled('also', words, width, paint));
    }
    hidden -= 1 + also.length;
    if (isEach && shown[index + 1]?.[0]?.hint !== finding.hint)
      lines.push(...different([finding], 'remedy', (each) => each.hint, 1, width, paint));
  }
  const unlike = isCalls && defects.length > shown.length;
  if (hidden > 0)
    lines.push(
      paint('faint', `  and ${grouped(hidden)} more${unlike ? '' : ' like these'}; --format json lists every one`),
    );
  if (done) return lines;
  lines.push(...labelled('effect', effectWords(first), width, paint));
  const remedies = isCalls ? CALL_REMEDIES : FIRST;
  if (!isEach) lines.push(...different(group, 'remedy', (finding) => finding.hint, remedies, width, paint));
  lines.push(...different(group, 'fix', (finding) => fixWords(finding, report), FIRST, width, paint));
  return lines;
}

/** Those with the same remedy one after the other, in the order of their first. */
function bySameRemedy(defects: readonly ReportedFinding[][]): ReportedFinding[][] {
  const hints = [...new Set(defects.map(([finding]) => finding?.hint))];
  return hints.flatMap((hint) => defects.filter(([finding]) => finding?.hint === hint));
}

/** One labelled line for each different text of the group; the first `most` of them. */
function different(
  group: readonly ReportedFinding[],
  label: string,
  textOf: (finding: ReportedFinding) => string | null,
  most: number,
  width: number,
  paint: Paint,
): string[] {
  const texts = new Set<string>();
  for (const finding of group) {
    const text = textOf(finding);
    if (text !== null && text !== '') texts.add(text);
  }
  const lines: string[] = [];
  for (const text of [...texts].slice(0, most)) lines.push(...labelled(label, escapeForTerminal(text), width, paint));
  if (texts.size > most) lines.push(paint('faint', `          and ${counted(texts.size - most, 'more', 'more')}`));
  return lines;
}

const LABEL_WIDTH = 8;

function labelled(label: string, text: string, width: number, paint: Paint): string[] {
  const head = `  ${label.padEnd(LABEL_WIDTH)}`;
  const [first = '', ...rest] = hang(head, text, width);
  return [paint('faint', head) + first.slice(head.length), ...rest];
}

/** `INIT, sections[4].characteristics, offset 0x24c (4 bytes), rva 0x6000, in DriverEntry`; '' for the whole image. */
export function whereWords(finding: ReportedFinding): string {
  const parts: string[] = [];
  if (finding.section !== null) parts.push(shorten(escapeForTerminal(finding.section), MAX_SYMBOL) || '(no name)');
  if (finding.field !== null) parts.push(escapeForTerminal(finding.field));
  if (finding.offset !== null) {
    const length = finding.length === null ? '' : ` (${counted(finding.length, 'byte')})`;
    parts.push(`offset ${hex(finding.offset)}${length}`);
  }
  if (finding.rva !== null) parts.push(`rva ${hex(finding.rva)}`);
  if (finding.symbol !== null) parts.push(`in ${shorten(escapeForTerminal(finding.symbol), MAX_SYMBOL)}`);
  const source = sourceOf(finding.data);
  if (source !== null) parts.push(`${escapeForTerminal(source.file)}:${source.line}`);
  return parts.join(', ');
}
