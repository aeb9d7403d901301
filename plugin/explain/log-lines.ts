/** A log file as lines, whatever its encoding and its size: a piece at a time, so that memory does not grow with it. */
import { createReadStream } from 'node:fs';

const CHUNK = 1 << 20;
/** What is longer is handed on in parts: an export without line ends must not fill the memory. */
const LONGEST_LINE = 1 << 16;
/** Exports of the event viewer are one line; an event is one piece. */
const EVENT_END = '</Event>';

export interface LogReading {
  /** Called with the first bytes; lines follow only if it returns true. */
  accepts(start: Uint8Array): boolean;
  /** `number`: from 1. */
  line(text: string, number: number): void;
  /** Bytes read so far, after each piece. */
  progress(bytes: number): void;
}

/** @param path a file, or null for standard input. Rejects with the system's error where it cannot be read. */
export async function readLines(path: string | null, reading: LogReading): Promise<void> {
  const stream = path === null ? process.stdin : createReadStream(path, { highWaterMark: CHUNK });
  let start: Buffer[] | null = [];
  let decoder: TextDecoder | null = null;
  let size = 0;
  const lines = new LineSplitter((text, number) => reading.line(text, number));
  for await (const piece of stream as AsyncIterable<Buffer>) {
    let bytes = piece;
    size += piece.length;
    if (start !== null) {
      start.push(piece);
      // A pipe may give a byte at a time; the encoding shows in the first few.
      if (size < 64) continue;
      bytes = Buffer.concat(start);
      start = null;
      if (!reading.accepts(bytes)) return;
    }
    decoder ??= decoderFor(bytes);
    lines.add(decoder.decode(bytes, { stream: true }));
    reading.progress(size);
  }
  if (start !== null) {
    const bytes = Buffer.concat(start);
    if (!reading.accepts(bytes)) return;
    decoder = decoderFor(bytes);
    lines.add(decoder.decode(bytes, { stream: true }));
  }
  lines.add(decoder?.decode() ?? '');
  lines.end();
}

/** UTF-8 unless a byte order mark or the zeros of UTF-16 say otherwise. Bytes that are none become U+FFFD. */
function decoderFor(bytes: Uint8Array): TextDecoder {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be');
  const sample = bytes.subarray(0, 512);
  const zeros = [0, 0];
  for (let at = 0; at < sample.length; at++) if (sample[at] === 0) zeros[at & 1]!++;
  const [even = 0, odd = 0] = zeros;
  if (odd > sample.length / 4 && even < odd / 4) return new TextDecoder('utf-16le');
  if (even > sample.length / 4 && odd < even / 4) return new TextDecoder('utf-16be');
  return new TextDecoder('utf-8');
}

class LineSplitter {
  readonly #take: (text: string, number: number) => void;
  #rest = '';
  #number = 1;
  /** Lines end with CR alone, as in captures of a serial line; null until a line has ended. */
  #isCarriageReturn: boolean | null = null;

  constructor(take: (text: string, number: number) => void) {
    this.#take = take;
  }

  add(text: string): void {
    let all = this.#rest + text;
    this.#isCarriageReturn ??= all.includes('\n') ? false : /\r[^\n]/.test(all) ? true : null;
    if (this.#isCarriageReturn === true) all = all.replaceAll(/\r\n?/g, '\n');
    let from = 0;
    for (let newline = all.indexOf('\n'); newline !== -1; newline = all.indexOf('\n', from)) {
      this.#parts(all, from, newline > from && all.charCodeAt(newline - 1) === 13 ? newline - 1 : newline);
      this.#number++;
      from = newline + 1;
    }
    const event = all.lastIndexOf(EVENT_END);
    const whole = event >= from ? event + EVENT_END.length : all.length - from > LONGEST_LINE ? all.length : from;
    if (whole > from) this.#parts(all, from, whole);
    this.#rest = all.slice(whole);
  }

  end(): void {
    if (this.#rest !== '') this.#parts(this.#rest, 0, this.#rest.length);
    this.#rest = '';
  }

  #parts(all: string, from: number, to: number): void {
    if (to - from <= LONGEST_LINE) {
      this.#take(all.slice(from, to), this.#number);
      return;
    }
    for (let at = from; at < to; ) {
      const limit = Math.min(at + LONGEST_LINE, to);
      const event = all.lastIndexOf(EVENT_END, limit - EVENT_END.length);
      const next = limit < to && event >= at ? event + EVENT_END.length : limit;
      this.#take(all.slice(at, next), this.#number);
      at = next;
    }
  }
}
