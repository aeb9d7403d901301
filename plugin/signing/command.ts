/** The text of `--sign-with`: split into arguments without a shell. */
import { type FileFailure, fileFailure } from '../files/failure.js';

export interface SignCommand {
  /** The only part of the command that messages show: arguments hold passwords. */
  readonly name: string;
  readonly program: string;
  /** With the placeholders still in them. */
  readonly args: readonly string[];
  /** `in-place`: `{file}`. `in-out`: `{in}` and `{out}`. */
  readonly style: 'in-place' | 'in-out';
}

/**
 * Blanks separate arguments. "..." groups anywhere in an argument; '...' groups where it begins one or follows `=`, so that
 * C:\Users\O'Neil stays whole. A backslash is an ordinary character, and there are no variables, on every system the same.
 */
export function splitCommand(text: string): string[] | null {
  const args: string[] = [];
  let current = '';
  let open = '';
  let begun = false;
  for (const char of text) {
    if (open !== '') {
      if (char === open) open = '';
      else current += char;
    } else if (char === '"' || (char === "'" && (current === '' || current.endsWith('=')))) {
      open = char;
      begun = true;
    } else if (/\s/.test(char)) {
      if (begun) args.push(current);
      current = '';
      begun = false;
    } else {
      current += char;
      begun = true;
    }
  }
  if (begun) args.push(current);
  return open === '' ? args : null;
}

/** Errors never repeat the text: it may hold a password. */
export function parseSignCommand(text: string): { readonly ok: true; readonly value: SignCommand } | FileFailure {
  const parts = splitCommand(text);
  if (parts === null) return wrong('a quotation mark is not closed');
  const [program, ...args] = parts;
  if (program === undefined || program === '') return wrong('it is empty');
  if (/\{(?:file|in|out)\}/.test(program)) return wrong('it begins with a placeholder; the program comes first');
  const has = (placeholder: string) => args.some((arg) => arg.includes(placeholder));
  const inPlace = has('{file}');
  if (inPlace && (has('{in}') || has('{out}'))) return wrong('{file} does not go with {in} and {out}');
  if (!inPlace && has('{in}') !== has('{out}')) return wrong('{in} and {out} go together');
  if (!inPlace && !has('{in}')) return wrong('no placeholder says where the file goes');
  const name = program.replace(/^.*[\\/]/, '');
  return { ok: true, value: { name, program, args, style: inPlace ? 'in-place' : 'in-out' } };
}

const wrong = (what: string): FileFailure =>
  fileFailure(
    'signing',
    '--sign-with',
    `The command of --sign-with cannot be used: ${what}. Write the program and its arguments with {file} for a tool that signs in place ` +
      '("signtool sign /fd sha256 /a {file}"), or {in} and {out} ("osslsigncode sign ... -in {in} -out {out}").',
  );
