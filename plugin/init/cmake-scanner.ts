/** Where the commands of a CMakeLists.txt are: the lexical rules of cmake-language(7), nothing is evaluated. */
import { lineOf, type Parsed, problem } from './outcome.js';

export interface CMakeCommand {
  /** In lower case: command names are not case-sensitive. */
  readonly name: string;
  /** Offset of the name's first character. */
  readonly start: number;
  /** Offset after the closing parenthesis. */
  readonly end: number;
  /** Arguments as written, between the parentheses. */
  readonly source: string;
}

const SPACE = /[ \t\r\n]*/y;
const NAME = /([A-Za-z_][A-Za-z0-9_]*)[ \t]*\(/y;
const BRACKET = /\[(=*)\[/y;
const BYTE_ORDER_MARK = '\xEF\xBB\xBF';

/** Commands in their order. Fails at the first thing that CMake would not read either. */
export function scanCMake(text: string): Parsed<readonly CMakeCommand[]> {
  const commands: CMakeCommand[] = [];
  let at = text.startsWith(BYTE_ORDER_MARK) ? 3 : 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    if (at >= text.length) return { ok: true, value: commands };
    if (text[at] === '#') {
      const end = afterComment(text, at);
      if (end === -1) return fault(text, at, 'a bracket comment does not end');
      at = end;
      continue;
    }
    NAME.lastIndex = at;
    const [opening, name] = NAME.exec(text) ?? [];
    if (opening === undefined || name === undefined) return fault(text, at, 'a command is expected here');
    const inside = at + opening.length;
    const end = afterArguments(text, inside);
    if (end === -1) return fault(text, at, `the parenthesis of ${name} is not closed`);
    commands.push({ name: name.toLowerCase(), start: at, end, source: text.slice(inside, end - 1) });
    at = end;
  }
}

/** The offset after a `#` comment (before its line end) or a `#[[ ]]` comment; -1 when that does not end. */
export function afterComment(text: string, at: number): number {
  const end = afterBracket(text, at + 1);
  if (end !== at + 1) return end;
  const newline = text.indexOf('\n', at);
  return newline === -1 ? text.length : newline;
}

/** The offset after `[==[ ]==]` at `at`; `at` when there is none, -1 when it does not end. */
function afterBracket(text: string, at: number): number {
  BRACKET.lastIndex = at;
  const match = BRACKET.exec(text);
  if (match === null) return at;
  const close = `]${match[1]}]`;
  const end = text.indexOf(close, at + match[0].length);
  return end === -1 ? -1 : end + close.length;
}

/** The offset after the parenthesis that closes the list which begins at `at`, or -1. */
function afterArguments(text: string, at: number): number {
  let depth = 1;
  for (let index = at; index < text.length; ) {
    const character = text[index];
    if (character === '(') depth++;
    if (character === ')' && --depth === 0) return index + 1;
    const next = afterItem(text, index, character);
    if (next === -1) return -1;
    index = next;
  }
  return -1;
}

function afterItem(text: string, index: number, character: string | undefined): number {
  switch (character) {
    case '\\':
      return index + 2;
    case '"':
      return afterQuoted(text, index + 1);
    case '#':
      return afterComment(text, index);
    case '[': {
      const end = afterBracket(text, index);
      return end === index ? index + 1 : end;
    }
    default:
      return index + 1;
  }
}

function afterQuoted(text: string, at: number): number {
  for (let index = at; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '"') return index + 1;
  }
  return -1;
}

const fault = (text: string, offset: number, what: string) =>
  problem(`CMake cannot read it: line ${lineOf(text, offset)}: ${what}. Correct it and run again.`);
