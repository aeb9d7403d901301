/** Breaks running text into lines. Widths count UTF-16 units: exact for ASCII, a little off for wide scripts. */

/** Words, and commands in backquotes: those must survive being copied, so they are never broken. */
const WORDS = /(?:`[^`]*`|[^ ])+/g;

/** Lines of at most `width` characters, broken at spaces; a word that is longer by itself is cut. Never empty. */
export function wrap(text: string, width: number): string[] {
  const limit = Math.max(width, 16);
  return text.includes('`') || text.includes('  ') || text.startsWith(' ') || text.endsWith(' ')
    ? wrapWords(text.match(WORDS) ?? [], limit)
    : wrapPlain(text, limit);
}

/** Where all words are a space apart the last space that a line has room for is found at once. */
function wrapPlain(text: string, limit: number): string[] {
  const lines: string[] = [];
  let from = 0;
  while (text.length - from > limit) {
    const space = text.lastIndexOf(' ', from + limit);
    const to = space > from ? space : cutBefore(text, from + limit);
    lines.push(text.slice(from, to));
    from = space > from ? to + 1 : to;
  }
  lines.push(from === 0 ? text : text.slice(from));
  return lines;
}

function wrapWords(words: readonly string[], limit: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > limit) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > limit && !word.startsWith('`')) {
      const cut = cutBefore(line, limit);
      lines.push(line.slice(0, cut));
      line = line.slice(cut);
    }
  }
  lines.push(line);
  return lines;
}

/** `text` wrapped behind `first`, the following lines indented to match its length. */
export function hang(first: string, text: string, width: number): string[] {
  const indent = ' '.repeat(first.length);
  const lines = wrap(text, width - first.length);
  for (let index = 0; index < lines.length; index++) lines[index] = (index === 0 ? first : indent) + lines[index];
  return lines;
}

/** At most `length` characters, the end replaced by `..` where it had to be cut. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, cutBefore(text, length - 2))}..`;
}

/** Never between the two halves of a surrogate pair. */
function cutBefore(text: string, index: number): number {
  const unit = text.charCodeAt(index - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? index - 1 : index;
}
