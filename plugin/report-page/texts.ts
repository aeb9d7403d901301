/** The page's texts: each once, and with nothing in them that could hide or reorder what a reader sees. */
import { escapeForTerminal } from '../report/escape.js';

const MOST_TEXT = 2000;

/** Numbers texts as they come, each once. */
export class Texts {
  readonly list: string[] = [];
  readonly #numbers = new Map<string, number>();

  add(text: string): number {
    const shown = readable(text);
    const known = this.#numbers.get(shown);
    if (known !== undefined) return known;
    this.#numbers.set(shown, this.list.length);
    return this.list.push(shown) - 1;
  }
}

/** On one line, every control character spelled out, and not endless. */
export function readable(text: string): string {
  const short = text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}...`;
  return escapeForTerminal(short);
}
