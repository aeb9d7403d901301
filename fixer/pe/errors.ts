/**
 * What can be wrong with bytes that should be an image. Nothing in `fixer/` throws on input: a reader returns a
 * `Parsed<T>`, and what is odd but usable is an `Anomaly` on the image.
 */

/** Why a structure could not be parsed. `offset` is a file offset in bytes, `needed` and `present` are byte counts. */
export interface ParseError {
  /** `not-pe`: no MZ/PE at all (text, NE, LE, an empty file). The others: a PE image that is cut off or contradicts itself. */
  readonly code: 'not-pe' | 'truncated' | 'out-of-range' | 'malformed' | 'unsupported';
  /** The field that was being read, in winnt.h's terms: `optionalHeader.sizeOfHeaders`, `dataDirectories[5]`. */
  readonly path: string;
  readonly offset: number;
  readonly needed: number;
  readonly present: number;
  readonly message: string;
}

/** Something the loader tolerates and a reader should know, reported under its own code. */
export interface Anomaly {
  readonly code: string;
  readonly path: string;
  readonly offset: number;
  readonly message: string;
}

export interface ParseFailure {
  readonly ok: false;
  readonly error: ParseError;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | ParseFailure;

export const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value });

export function failed(
  code: ParseError['code'],
  path: string,
  offset: number,
  needed: number,
  present: number,
  message: string,
): ParseFailure {
  return { ok: false, error: { code, path, offset, needed, present, message } };
}
