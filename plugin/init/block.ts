/**
 * The lines that init puts in, between two marks. Undo reads nothing but the marks: the first says in which shape the lines
 * went in, so that taking them out gives the very bytes back whatever else was edited meanwhile.
 */
import { isBlank, lineOf, type Parsed, problem } from './outcome.js';

export type Language = 'xml' | 'cmake';

/**
 * `lines`: whole lines with their line ends. `created`: the same, in a file that init made for them. `inline`: from mark to mark, amid a line (XML on one line).
 * `appended`: behind a last line without line end; the added line end came first and none follows (CMake).
 */
export type Shape = 'lines' | 'created' | 'inline' | 'appended';

export interface Insertion {
  /** In characters. */
  readonly offset: number;
  readonly inserted: string;
}

export interface FoundBlock {
  readonly start: number;
  readonly end: number;
  /** The marks say that init made the file. */
  readonly created: boolean;
}

const PURPOSE = 'Checks each linked driver for memory integrity. Written by hvci-fix init, which can undo it.';
const NOTES: Record<Shape, string> = {
  lines: '',
  created: ', in a file of its own',
  inline: ', inline',
  appended: ', after an added line end',
};
const MARKS: Record<Language, { begin: RegExp; end: RegExp }> = {
  xml: {
    begin: /<!-- hvci-fix: begin(, inline|, in a file of its own|)\. [^\n<>]*-->/g,
    end: /<!-- hvci-fix: end -->/g,
  },
  cmake: {
    begin: /# hvci-fix: begin(, after an added line end|)\. [^\n]*/g,
    end: /# hvci-fix: end(?=[ \t]*(?:\r?\n|$))/g,
  },
};
/** What init writes between the marks, with each run of blanks as one space. Anything else was put there by somebody. */
const CONTENT: Record<Language, RegExp> = {
  xml: /^<Import Project="[^"<>]*hvci-fix\.props"(?: Condition="[^"<>]*")? ?\/>$/,
  cmake:
    /^find_package\(hvci-fix CONFIG REQUIRED PATHS "[^"]*" NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH\) hvci_fix_enable\(\)$/,
};

/** The block of `lines` as whole lines, each behind `indent` and before `lineEnd`. */
export const blockOfLines = (
  language: Language,
  lines: readonly string[],
  indent: string,
  lineEnd: string,
  shape: 'lines' | 'created' = 'lines',
): string => [beginMark(language, shape), ...lines, endMark(language)].map((line) => indent + line + lineEnd).join('');

export const inlineBlock = (lines: readonly string[]): string =>
  beginMark('xml', 'inline') + lines.join('') + endMark('xml');

/** For a file that ends amid its last line. */
export const appendedBlock = (lines: readonly string[], indent: string, lineEnd: string): string =>
  [beginMark('cmake', 'appended'), ...lines, endMark('cmake')].map((line) => lineEnd + indent + line).join('');

const beginMark = (language: Language, shape: Shape): string => {
  const text = `hvci-fix: begin${NOTES[shape]}. ${PURPOSE}`;
  return language === 'xml' ? `<!-- ${text} -->` : `# ${text}`;
};

const endMark = (language: Language): string => (language === 'xml' ? '<!-- hvci-fix: end -->' : '# hvci-fix: end');

/** The block to take out; null when there is none. A problem when the marks or what is between them are not as written. */
export function findBlock(text: string, language: Language): Parsed<FoundBlock | null> {
  const begins = [...text.matchAll(MARKS[language].begin)];
  const ends = [...text.matchAll(MARKS[language].end)];
  const [begin] = begins;
  const [end] = ends;
  if (begin === undefined && end === undefined) return { ok: true, value: null };
  const anyAt = Math.min(begin?.index ?? text.length, end?.index ?? text.length);
  if (begin === undefined || end === undefined || begins.length > 1 || ends.length > 1 || end.index < begin.index)
    return damaged(text, anyAt, 'the marks "hvci-fix: begin" and "hvci-fix: end" are not one pair');
  const afterBegin = begin.index + begin[0].length;
  if (!CONTENT[language].test(oneSpaced(text.slice(afterBegin, end.index))))
    return damaged(text, begin.index, 'what is between its marks was changed by hand');
  const created = begin[1] === NOTES.created;
  return { ok: true, value: { ...extent(text, begin, end.index + end[0].length), created } };
}

const damaged = (text: string, offset: number, what: string) =>
  problem(
    `the lines of hvci-fix init at line ${lineOf(text, offset)} are not as they were written: ${what}. Take them out by hand.`,
  );

const oneSpaced = (text: string): string => text.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '');

/** From the marks to all that went in with them. What a user put on the marks' own lines since then stays. */
function extent(
  text: string,
  begin: RegExpExecArray | RegExpMatchArray,
  afterEnd: number,
): { start: number; end: number } {
  const mark = begin.index ?? 0;
  if (begin[1] === NOTES.inline) return { start: mark, end: afterEnd };
  const lineStart = mark === 0 ? 0 : text.lastIndexOf('\n', mark - 1) + 1;
  const onOwnLine = isBlank(text.slice(lineStart, mark));
  const start = onOwnLine ? lineStart : mark;
  if (begin[1] === NOTES.appended) {
    const lineEnd = start === 0 || !onOwnLine ? 0 : text[start - 2] === '\r' ? 2 : 1;
    return { start: start - lineEnd, end: afterEnd };
  }
  const rest = /[ \t]*(?:\r?\n|$)/y;
  rest.lastIndex = afterEnd;
  return { start, end: afterEnd + (rest.exec(text)?.[0].length ?? 0) };
}

export const insert = (text: string, { offset, inserted }: Insertion): string =>
  text.slice(0, offset) + inserted + text.slice(offset);

export const takeOut = (text: string, { start, end }: { start: number; end: number }): string =>
  text.slice(0, start) + text.slice(end);

/** Line end of the line that ends at `offset`, in the style of the file. */
export function lineEndBefore(text: string, offset: number): string {
  const newline = text.lastIndexOf('\n', offset - 1);
  if (newline === -1 || offset === 0) return '\n';
  return text[newline - 1] === '\r' ? '\r\n' : '\n';
}
