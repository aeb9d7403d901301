/** What reading a project file gives: a value, or why there is none. */

export type Parsed<T> = { readonly ok: true; readonly value: T } | Problem;

export interface Problem {
  readonly ok: false;
  /** A clause that completes "FILE: ", then what to do. */
  readonly message: string;
}

export const problem = (message: string): Problem => ({ ok: false, message });

/** Line (from 1) of an offset in characters, for messages. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Space, tab, line end. Not `\s`: that takes byte 0xA0 of a UTF-8 character for a space. */
export const isBlank = (text: string): boolean => /^[ \t\r\n]*$/.test(text);
