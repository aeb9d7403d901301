/** An INF as its directives see it: sections by name, `%strings%` put in, architectures told apart by decorations. */
import { decodeText } from '../../files/decode-text.js';
import { type InfEntry, type InfProblem, parseInf } from './parse.js';

export interface InfDocument {
  readonly problems: readonly InfProblem[];
  /** Names of all sections, lower case, in file order. */
  readonly sectionNames: readonly string[];
  /**
   * Empty where there is no such section. Keys and values have their strings put in. Each call counts: after
   * MOST_ENTRIES every section is empty, so that directives that lead to each other in any number come to an end.
   */
  section(name: string): readonly InfEntry[];
  has(name: string): boolean;
}

/** A real INF copies some hundred files for each of some dozen models; what is beyond this is made up. */
const MOST_ENTRIES = 1_000_000;
/** Characters that strings may put in: a few thousand in a real INF. */
const MOST_SUBSTITUTED = 4 << 20;
/** Windows' own limit for a line, and for a string. */
const LONGEST_VALUE = 4096;

export function readInf(bytes: Uint8Array): InfDocument {
  const { text, problems: encodingProblems } = decodeInf(bytes);
  const parsed = parseInf(text);
  const problems = [...encodingProblems, ...parsed.problems];
  const substitute = substitution(stringsOf(parsed.sections), problems);
  // Directives of many models lead to the same few sections.
  const known = new Map<string, readonly InfEntry[]>();
  const all = (lower: string): readonly InfEntry[] => {
    const before = known.get(lower);
    if (before !== undefined) return before;
    const entries = (parsed.sections.get(lower) ?? []).map(({ key, values, line }) => ({
      key: key === null ? null : substitute(key, line),
      values: values.map((value) => substitute(value, line)),
      line,
    }));
    known.set(lower, entries);
    return entries;
  };
  let left = MOST_ENTRIES;
  const section = (name: string): readonly InfEntry[] => {
    if (left < 0) return [];
    const entries = all(name.toLowerCase());
    left -= entries.length + 1;
    if (left >= 0) return entries;
    problems.push({
      line: 1,
      message: `its sections lead to more than ${MOST_ENTRIES} entries; not all of them were looked at`,
    });
    return [];
  };
  return {
    problems,
    sectionNames: [...parsed.sections.keys()],
    has: (name) => parsed.sections.has(name.toLowerCase()),
    section,
  };
}

function decodeInf(bytes: Uint8Array): { text: string; problems: InfProblem[] } {
  const [first, second] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const problems: InfProblem[] = [];
  if (!marked && bytes.length >= 4) {
    // ASCII in UTF-16 has a zero in every second byte; no ANSI text has one at all.
    const wide = (zero: number): boolean => [0, 1, 2, 3].every((at) => (bytes[at] === 0) === (at % 2 === zero));
    const mark = wide(1) ? [0xff, 0xfe] : wide(0) ? [0xfe, 0xff] : null;
    if (mark !== null) {
      problems.push({ line: 1, message: 'it is UTF-16 without a byte order mark, which Windows reads as ANSI' });
      return { text: decodeText(Uint8Array.from([...mark, ...bytes])), problems };
    }
  }
  const text = decodeText(bytes);
  if (marked && bytes.length % 2 === 1)
    problems.push({ line: lineOf(text, text.length), message: 'the UTF-16 text ends in half a character' });
  const broken = marked ? /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text) : null;
  if (broken !== null) problems.push({ line: lineOf(text, broken.index), message: 'the UTF-16 text is broken here' });
  const zero = text.indexOf('\0');
  if (zero >= 0) problems.push({ line: lineOf(text, zero), message: 'there is a NUL character in the text' });
  return { text, problems };
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split(/\r\n|[\r\n]/).length;

/** [Strings] and, for what it lacks, the first of the [Strings.LanguageID] sections that has it. */
function stringsOf(sections: ReadonlyMap<string, readonly InfEntry[]>): ReadonlyMap<string, string> {
  const strings = new Map<string, string>();
  const names = [...sections.keys()].filter((name) => name === 'strings' || name.startsWith('strings.'));
  names.sort((a, b) => a.length - b.length);
  for (const name of names) {
    for (const { key, values } of sections.get(name) ?? []) {
      const token = key?.toLowerCase();
      if (token !== undefined && !strings.has(token)) strings.set(token, values.join(','));
    }
  }
  return strings;
}

/** `%name%` becomes its string, `%%` a percent sign; a name that no section defines stays, as dirids (`%12%`) do. */
function substitution(
  strings: ReadonlyMap<string, string>,
  problems: InfProblem[],
): (value: string, line: number) => string {
  let left = MOST_SUBSTITUTED;
  const put = (whole: string, name: string, line: number): string => {
    const string = name === '' ? '%' : strings.get(name.trim().toLowerCase());
    if (string === undefined || left < 0) return whole;
    left -= string.length;
    if (left >= 0) return string;
    const message = `its strings make more than ${MOST_SUBSTITUTED} characters; from here on they stay names`;
    problems.push({ line, message });
    return whole;
  };
  return (value, line) => {
    const whole = value.includes('%')
      ? value.replace(/%([^%]*)%/g, (text, name: string) => put(text, name, line))
      : value;
    if (whole.length <= LONGEST_VALUE) return whole;
    problems.push({ line, message: `a value has ${whole.length} characters; Windows takes ${LONGEST_VALUE}` });
    return whole.slice(0, LONGEST_VALUE);
  };
}
