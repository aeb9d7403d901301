/**
 * Project files as text without losing a byte: what is put in is ASCII, so a file in any ASCII-compatible encoding (UTF-8
 * with or without byte order mark, a Windows code page) is read one byte a character, and UTF-16 by its code units.
 */
import { type Parsed, problem } from './outcome.js';

export type Encoding = 'bytes' | 'utf-16le' | 'utf-16be';

export interface SourceText {
  /** For `bytes` each character is one byte (0 to 255). A byte order mark is part of the text. */
  readonly text: string;
  readonly encoding: Encoding;
}

/** XML 1.0 (appendix F) wants a byte order mark before UTF-16, so a file without one is taken for what it is not. */
export function decodeSource(bytes: Uint8Array): Parsed<SourceText> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, second, third, fourth] = buffer;
  if (first === 0xff && second === 0xfe && !(third === 0 && fourth === 0)) return utf16(buffer, 'utf-16le');
  if (first === 0xfe && second === 0xff) return utf16(buffer, 'utf-16be');
  if (buffer.includes(0))
    return problem('it holds zero bytes, as UTF-16 without a byte order mark does. Save it as UTF-8.');
  return { ok: true, value: { text: buffer.toString('latin1'), encoding: 'bytes' } };
}

function utf16(buffer: Buffer, encoding: 'utf-16le' | 'utf-16be'): Parsed<SourceText> {
  if (buffer.length % 2 !== 0) return problem('it is UTF-16 with half a character at its end. Save it anew.');
  const littleEndian = encoding === 'utf-16le' ? buffer : Buffer.from(buffer).swap16();
  return { ok: true, value: { text: littleEndian.toString('utf16le'), encoding } };
}

/** The inverse of `decodeSource`, exactly. */
export function encodeSource({ text, encoding }: SourceText): Buffer {
  if (encoding === 'bytes') return Buffer.from(text, 'latin1');
  const littleEndian = Buffer.from(text, 'utf16le');
  return encoding === 'utf-16le' ? littleEndian : littleEndian.swap16();
}

/** For people: the byte order mark is left out, bytes that are no UTF-8 are taken for Latin-1. */
export function readable({ text, encoding }: SourceText): string {
  if (encoding !== 'bytes') return text.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}
