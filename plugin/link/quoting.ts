/** Cuts a response file or a command line into arguments, by the rules of the tool that reads it. */

export type Quoting = 'windows' | 'gnu';

export function splitArguments(text: string, quoting: Quoting): string[] {
  return quoting === 'windows' ? splitWindows(text) : splitGnu(text);
}

/**
 * link.exe, lld-link and cmd line programs on Windows (Microsoft, "Parsing C command-line arguments"): blanks separate,
 * double quotes hold together, 2n backslashes before a quote are n, one more makes the quote plain.
 */
export function splitWindows(text: string): string[] {
  const result: string[] = [];
  let current = '';
  let started = false;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\') {
      let count = 1;
      while (text[at + count] === '\\') count++;
      const quote = text[at + count] === '"';
      current += '\\'.repeat(quote ? count >> 1 : count);
      if (quote && count % 2 === 1) {
        current += '"';
        at++;
      }
      at += count - 1;
      started = true;
    } else if (character === '"') {
      // Within quotes two of them stand for one.
      if (quoted && text[at + 1] === '"') {
        current += '"';
        at++;
      } else quoted = !quoted;
      started = true;
    } else if (!quoted && isBlank(character)) {
      if (started) result.push(current);
      current = '';
      started = false;
    } else {
      current += character;
      started = true;
    }
  }
  if (started) result.push(current);
  return result;
}

/** gcc, ld and ld.lld (GNU libiberty, `buildargv`): blanks separate, either quote holds together, a backslash takes the next as it is. */
export function splitGnu(text: string): string[] {
  const result: string[] = [];
  let current = '';
  let started = false;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\') {
      at++;
      current += text[at] ?? '';
      started = true;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else current += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      started = true;
    } else if (isBlank(character)) {
      if (started) result.push(current);
      current = '';
      started = false;
    } else {
      current += character;
      started = true;
    }
  }
  if (started) result.push(current);
  return result;
}

const isBlank = (character: string): boolean => /[\s\0]/.test(character);
