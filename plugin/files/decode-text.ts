/** Response files come in whatever encoding the tool that wrote them prefers: rustc and MSBuild write UTF-16. */

/**
 * The text of a file: UTF-16 LE or BE by its byte order mark, otherwise UTF-8 with or without one. Bytes that are no UTF-8
 * are taken for Latin-1, one character a byte, as an ANSI code page would at least keep ASCII.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return Buffer.from(bytes.subarray(2)).toString('utf16le');
  if (first === 0xfe && second === 0xff) {
    const swapped = Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)));
    return swapped.swap16().toString('utf16le');
  }
  const text = Buffer.from(bytes).toString('utf8');
  if (text.includes('\ufffd') && !isUtf8(bytes)) return Buffer.from(bytes).toString('latin1');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
