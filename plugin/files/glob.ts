/** Patterns in PATH arguments, for shells that do not expand them. The matcher (picomatch) is loaded on first need. */

export interface Pattern {
  /** Leading folders without magic, '' for the current one, '/' or `C:/` for a root. */
  readonly base: string;
  /** How many folders below `base` a match can lie: Infinity with `**`. */
  readonly depth: number;
  /** `relative` has `/` between its parts. */
  matches(relative: string): boolean;
}

export type ParsePattern = (text: string) => Pattern;

/** What a Windows path may begin with; its `?` is no magic: without this a misspelt name became a pattern for a whole drive. */
const DEVICE_PREFIX = /^[\\/]{2}[?.][\\/]/;

/** True for text that has `*`, `?`, or a closed `[...]` or `{...}`. Whether it names an existing file is asked before. */
export const looksLikePattern = (text: string): boolean =>
  /[*?]|\[[^\]]+\]|\{[^}]*\}/.test(text.replace(DEVICE_PREFIX, ''));

/** Windows: `\` parts folders in a pattern, and case does not count. */
export async function loadPatternParser(windows = process.platform === 'win32'): Promise<ParsePattern> {
  const { default: picomatch } = await import('picomatch');
  return (text) => {
    const prefix = windows ? (DEVICE_PREFIX.exec(text)?.[0] ?? '') : '';
    const rest = text.slice(prefix.length);
    const { base: below, magic } = splitPattern(windows ? rest.replaceAll('\\', '/') : rest);
    // As it was typed: the paths of the report begin with it, and behind `\\?\` Windows takes no other separator.
    const base = prefix + (windows && !rest.includes('/') ? below.replaceAll('/', '\\') : below);
    // Parentheses, `!`, `+` and `@` are ordinary in Windows paths (`Program Files (x86)`), so no extended globs.
    const literal = magic.replace(/[()|+@$]|(?<!\[)[!^]/g, '\\$&').replaceAll('[!', '[^');
    const isMatch = picomatch(literal, { nocase: windows, noextglob: true, nonegate: true, strictSlashes: true });
    const depth = magic.includes('**') ? Number.POSITIVE_INFINITY : magic.split('/').length - 1;
    return { base, depth, matches: (relative) => isMatch(relative) };
  };
}

function splitPattern(text: string): { base: string; magic: string } {
  const parts = text.replace(/^(?:\.\/+)+/, '').split('/');
  // A brace may hold slashes, so the base ends before the first part with any magic, closed there or not.
  const first = parts.findIndex((part) => /[*?[{]/.test(part));
  const before = parts.slice(0, first).join('/');
  const base = first === 1 && (before === '' || /^[A-Za-z]:$/.test(before)) ? `${before}/` : before;
  return {
    base,
    magic: parts
      .slice(first)
      .filter((part) => part !== '')
      .join('/'),
  };
}
