/**
 * Where the elements of a project file are. A scanner of our own, for three reasons: parsers on npm take decoded text (the
 * bytes of an unknown code page would be lost) or give a tree without the offsets of each tag; 100 lines are less than a
 * dependency; and what is not well-formed must be refused, not repaired. No entities are resolved, no DTD is read.
 */
import { isBlank, lineOf, type Parsed, problem } from './outcome.js';

export interface XmlElement {
  readonly name: string;
  /** Values as written, entities unresolved. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly parent: XmlElement | null;
  /** Offset of the start tag's `<`. */
  readonly start: number;
  /** Offset after the start tag's `>`. */
  readonly contentStart: number;
  /** Offset of the end tag's `<`; equal to `contentStart` for `<a/>`. */
  contentEnd: number;
  readonly selfClosing: boolean;
  childElements: number;
}

export interface XmlDocument {
  readonly root: XmlElement;
  /** In the order of their start tags. */
  readonly elements: readonly XmlElement[];
}

const ATTRIBUTE = /[ \t\r\n]+([^ \t\r\n"'<>/=]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_NAME = /[^ \t\r\n"'<>/=]+/y;
const TAG_END = /[ \t\r\n]*(\/?)>/y;
const END_TAG = /<\/([^ \t\r\n"'<>/=]+)[ \t\r\n]*>/y;

/** `text` as SourceText gives it, byte order mark included. */
export function scanXml(text: string): Parsed<XmlDocument> {
  const elements: XmlElement[] = [];
  let open: XmlElement | null = null;
  let root: XmlElement | null = null;
  let at = byteOrderMark(text);
  for (;;) {
    const next = text.indexOf('<', at);
    const between = text.slice(at, next === -1 ? text.length : next);
    if (open === null && !isBlank(between)) return fault(text, at, 'there is text outside of the root element');
    if (next === -1) break;
    const aside = skipAside(text, next);
    if (aside === -1)
      return fault(
        text,
        next,
        'a comment, CDATA section or processing instruction does not end, or a comment holds "--"',
      );
    if (aside !== next) {
      at = aside;
    } else if (text.startsWith('<!', next)) {
      return fault(text, next, 'MSBuild accepts no DOCTYPE');
    } else if (text.startsWith('</', next)) {
      END_TAG.lastIndex = next;
      const [whole, name] = END_TAG.exec(text) ?? [];
      if (whole === undefined || open === null || open.name !== name)
        return fault(text, next, open === null ? 'an end tag closes nothing' : `</${open.name}> is missing before it`);
      open.contentEnd = next;
      at = next + whole.length;
      open = open.parent;
    } else {
      const element = startTag(text, next, open);
      if (element === null) return fault(text, next, 'a start tag is not well-formed');
      if (open === null && root !== null) return fault(text, next, 'there is a second root element');
      root ??= element;
      if (open !== null) open.childElements++;
      elements.push(element);
      at = element.contentStart;
      if (!element.selfClosing) open = element;
    }
  }
  if (open !== null) return fault(text, open.start, `<${open.name}> is never closed`);
  if (root === null) return problem('it holds no XML element');
  return { ok: true, value: { root, elements } };
}

/** U+FEFF, or its three bytes where a character is a byte. */
const byteOrderMark = (text: string): number =>
  text.startsWith('\uFEFF') ? 1 : text.startsWith('\xEF\xBB\xBF') ? 3 : 0;

/** The offset after what begins at `at` and is neither tag nor text; `at` when it is something else, -1 when it has no end. */
function skipAside(text: string, at: number): number {
  for (const [begin, end] of [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
    ['<?', '?>'],
  ] as const) {
    if (!text.startsWith(begin, at)) continue;
    const found = text.indexOf(end, at + begin.length);
    // XML 1.0, 2.5: a comment holds no "--" and ends in no "-"; so "--" has to be the one of its end.
    if (begin === '<!--' && text.indexOf('--', at + begin.length) !== found) return -1;
    return found === -1 ? -1 : found + end.length;
  }
  return at;
}

function startTag(text: string, start: number, parent: XmlElement | null): XmlElement | null {
  TAG_NAME.lastIndex = start + 1;
  const name = TAG_NAME.exec(text)?.[0];
  if (name === undefined) return null;
  const attributes = new Map<string, string>();
  let at = TAG_NAME.lastIndex;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const [whole, key, double, single] = ATTRIBUTE.exec(text) ?? [];
    if (whole === undefined || key === undefined) break;
    attributes.set(key, double ?? single ?? '');
    at += whole.length;
  }
  TAG_END.lastIndex = at;
  const end = TAG_END.exec(text);
  if (end === null) return null;
  const contentStart = at + end[0].length;
  return {
    ...{ name, attributes, parent, start, contentStart, contentEnd: contentStart },
    ...{ selfClosing: end[1] === '/', childElements: 0 },
  };
}

const fault = (text: string, offset: number, what: string) =>
  problem(`it is no well-formed XML: line ${lineOf(text, offset)}: ${what}. Correct it and run again.`);
