/**
 * The text of an INF file into sections of entries. Source: Microsoft, "General Syntax Rules for INF Files". Nothing is
 * refused: a line that makes no sense becomes a problem, as Windows ignores most of them too.
 */

export interface InfEntry {
  /** What stands before `=`; null where there is none, as in file lists. */
  readonly key: string | null;
  /** Split at commas, unquoted, blanks taken off; strings not yet substituted. */
  readonly values: readonly string[];
  /** The line it begins on, from 1. */
  readonly line: number;
}

export interface InfProblem {
  readonly line: number;
  readonly message: string;
}

export interface InfText {
  /** By lower-case name, entries of sections with the same name together, as Windows merges them. */
  readonly sections: ReadonlyMap<string, readonly InfEntry[]>;
  readonly problems: readonly InfProblem[];
}

/** Windows' own limit for a line is 4096 characters; a section name may have 255. */
const MOST_PROBLEMS = 20;
const LONGEST_JOINED = 1 << 20;

export function parseInf(text: string): InfText {
  const sections = new Map<string, InfEntry[]>();
  const problems: InfProblem[] = [];
  const problem = (line: number, message: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push({ line, message });
  };
  let current: InfEntry[] | null = null;
  for (const { text: line, number } of joinedLines(text)) {
    const fields = splitFields(line);
    if (fields.unclosed) problem(number, 'a quotation mark is not closed');
    if (fields.values.every(({ text: value, quoted }) => value === '' && !quoted) && fields.key === null) continue;
    const section = /^\s*\[([^\]]*)(\]?)/.exec(line);
    if (section !== null) {
      if (section[2] === '') problem(number, 'the section name has no closing bracket');
      const name = unquoted(section[1] ?? '').toLowerCase();
      current = sections.get(name) ?? [];
      sections.set(name, current);
      continue;
    }
    if (current === null) {
      problem(number, 'text before the first section');
      continue;
    }
    current.push({ key: fields.key, values: fields.values.map(({ text: value }) => value), line: number });
  }
  return { sections, problems };
}

const unquoted = (name: string): string =>
  name
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();

/** Lines without comments; a `\` at the end joins the next one. */
function* joinedLines(text: string): Generator<{ readonly text: string; readonly number: number }> {
  let joined: string[] = [];
  let length = 0;
  let first = 0;
  let number = 0;
  for (const raw of text.split(/\r\n|[\r\n]/)) {
    number++;
    const line = withoutComment(raw);
    if (joined.length === 0) first = number;
    const continued = /\\[ \t]*$/.exec(line);
    length += line.length;
    if (continued !== null && length < LONGEST_JOINED) {
      joined.push(line.slice(0, continued.index));
      continue;
    }
    yield { text: joined.length === 0 ? line : [...joined, line].join(''), number: first };
    joined = [];
    length = 0;
  }
  if (joined.length > 0) yield { text: joined.join(''), number: first };
}

/** A `;` begins a comment, except between quotation marks. */
function withoutComment(line: string): string {
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') quoted = !quoted;
    else if (line[at] === ';' && !quoted) return line.slice(0, at);
  }
  return line;
}

interface Fields {
  readonly key: string | null;
  readonly values: readonly { readonly text: string; readonly quoted: boolean }[];
  readonly unclosed: boolean;
}

/** Splits at the first `=` and at commas outside quotation marks; `""` inside them is one mark. */
function splitFields(line: string): Fields {
  let key: string | null = null;
  const values: { text: string; quoted: boolean }[] = [];
  let value = '';
  let quoted = false;
  let inQuotes = false;
  const finished = (): string => (quoted ? value : value.trim());
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string;
    if (character === '"') {
      if (inQuotes && line[at + 1] === '"') {
        value += '"';
        at++;
        continue;
      }
      // Blanks before quoted text do not belong to it.
      if (!quoted) value = value.trimStart();
      inQuotes = !inQuotes;
      quoted = true;
    } else if (inQuotes) value += character;
    else if (character === '=' && key === null && values.length === 0) {
      key = finished();
      value = '';
      quoted = false;
    } else if (character === ',') {
      values.push({ text: finished(), quoted });
      value = '';
      quoted = false;
    } else if (!quoted || !/\s/.test(character)) value += character;
  }
  values.push({ text: finished(), quoted });
  return { key, values, unclosed: inQuotes };
}
