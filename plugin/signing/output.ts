/** What a signing tool said, made fit for a log. */

const keptLines = 10;
const keptCharacters = 2_000;

/** The end of `text` without blank lines: at most 10 lines and 2,000 characters. */
export function lastLines(text: string): string {
  const lines = text.split(/\r?\n|\r/).filter((line) => line.trim() !== '');
  return lines.slice(-keptLines).join('\n').slice(-keptCharacters);
}

// Words whose hiding would hide the cause: the verb, digests, certificate and key files, addresses without credentials.
const harmless =
  /^(?:sign|sha\d+|md5)$|\.(?:pem|pfx|p12|crt|cer|key|der|p7b|spc|pvk|dll)$|^https?:\/\/[^@]*$|\{(?:file|in|out)\}/i;

/**
 * Replaces every argument's value that `text` repeats by `***`: tools echo their command line when it is wrong. Flags
 * stay, but what follows `=` or `:` in one goes. Values under three characters are no secret and would riddle the text.
 */
export function withoutSecrets(text: string, args: readonly string[]): string {
  const values = args.flatMap((arg) =>
    /^(?:-|\/[A-Za-z]+(?::|$))/.test(arg) ? (/[=:](.*)$/s.exec(arg)?.slice(1) ?? []) : [arg],
  );
  return values
    .filter((value) => value.length > 2 && !harmless.test(value))
    .sort((a, b) => b.length - a.length)
    .reduce((masked, value) => masked.replaceAll(value, '***'), text);
}
