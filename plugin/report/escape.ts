/**
 * Text that comes from an image or a file name is hostile: it may hold control characters, terminal escapes, bidi
 * overrides, newlines and colons. Each function here makes it safe for one kind of output.
 */

const PLAIN = /^[\x20-\x7e]*$/;

/** The text on one line, with every unsafe character spelled out: `\n`, `\x1b`, `\u{202e}`. Idempotent. */
export function escapeForTerminal(text: string): string {
  return PLAIN.test(text) ? text : spellOutUnsafe(text);
}

/**
 * Everything that moves a cursor, ends a line, reorders or hides text: the Unicode categories C (control, format,
 * surrogate, private, unassigned), Zl and Zp. Blank-looking letters (Hangul fillers) hide text just as well.
 */
function spellOutUnsafe(text: string): string {
  // Not a constant of the module: nearly all text is plain ASCII, and only to set up these classes costs start-up time.
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu, spellOut);
}

function spellOut(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
}

/** `: error:` at any place of a line is an error to MSBuild when it follows a clang-style `file:1:2`. */
const CLANG_CATEGORY = /:(?=\s*(?:fatal\s+)?(?:error|warning)\b)/gi;

/** The text part of an MSBuild line: one line, and nothing in it that MSBuild would read as a message of its own. */
export function escapeForMsbuildText(text: string): string {
  return escapeForTerminal(text).replace(CLANG_CATEGORY, ';');
}

const DRIVE = /^[A-Za-z]:/;
const CATEGORY_IN_PATH = /\s(?=(?:error|warning)(?:\s|:|$))/gi;

/**
 * The origin (file) part of an MSBuild line. MSBuild cuts the origin at the first colon after a drive letter, so any
 * other colon becomes `%3A`; a folder called `my error x` would otherwise pass for a category, so that space is `%20`.
 */
export function escapeForMsbuildOrigin(path: string): string {
  const drive = DRIVE.test(path) ? path.slice(0, 2) : '';
  const rest = escapeForTerminal(path.slice(drive.length));
  return drive + rest.replaceAll(':', '%3A').replace(CATEGORY_IN_PATH, '%20');
}

/** Characters below space are escaped by JSON itself, but for its own line breaks. A pattern would take ten times as long. */
const isPlainJson = (text: string): boolean => Buffer.byteLength(text) === text.length && !text.includes('\x7f');

/** JSON with no raw terminal control or bidi override in it; it parses to the very same value. */
export function stringifyJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return isPlainJson(text) ? text : escapeInJson(text);
}

/** Same characters as in `spellOutUnsafe` where JSON leaves them raw; in a JSON string they may be written `\uXXXX`. */
function escapeInJson(text: string): string {
  return text.replace(
    /[\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu,
    jsonEscape,
  );
}

function jsonEscape(character: string): string {
  let escaped = '';
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}

/** One path segment of a URI (RFC 3986). A lone surrogate has no UTF-8 form and becomes U+FFFD. */
export function escapeUriSegment(segment: string): string {
  const encoded = encodeURIComponent(segment.replace(/\p{Cs}/gu, '\ufffd'));
  // encodeURIComponent leaves these, which RFC 3986 reserves.
  return encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The text of a SARIF message: `{0}` would be a placeholder and `[a](b)` a link (SARIF 2.1.0, 3.11.5 and 3.11.6).
 * `sections[3]` on its own is neither and stays readable.
 */
export function escapeForSarifMessage(text: string): string {
  let safe = escapeForTerminal(text);
  if (/\{\d+\}/.test(safe)) safe = safe.replaceAll('{', '{{').replaceAll('}', '}}');
  if (safe.includes('](')) safe = safe.replace(/[[\]\\]/g, '\\$&');
  return safe;
}

const SHELL_PLAIN = /^[\w.:/\\+@~^=-]+$/;
const SHELL_QUOTABLE = /^[\w.:/\\+@~^=\- ,;#()[\]{}&']+$/;

/**
 * The text as one argument that can be pasted into cmd, PowerShell or a POSIX shell, or null where no quoting is safe
 * in all three; the caller then prints a placeholder.
 */
export function quoteArgument(text: string): string | null {
  if (text.startsWith('-')) return null;
  if (SHELL_PLAIN.test(text) && !(text.includes('\\') && text.includes('^'))) {
    // An unquoted backslash is eaten by a POSIX shell, where such a path cannot have come from a drive.
    return text.includes('\\') && !DRIVE.test(text) ? `"${text}"` : text;
  }
  return SHELL_QUOTABLE.test(text) && !text.endsWith('\\') ? `"${text}"` : null;
}
