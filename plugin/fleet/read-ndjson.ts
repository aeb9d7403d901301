/** Our NDJSON, line by line, however long the file: a line is all that is in memory. */
import { createReadStream } from 'node:fs';
import { fromSystemError } from '../files/failure.js';
import { counted } from '../report/numbers.js';
import { asCount, asObject, imageOf } from './image-shape.js';
import { type FromResults, foreignVersion, ofOtherVersion } from './result.js';

/** In UTF-16 units. An image with 65,535 findings takes 40 million. */
const LONGEST_LINE = 1 << 26;
/** Lines that are named one by one. */
const MOST_NAMED = 5;

export async function* readNdjson(path: string): AsyncGenerator<FromResults> {
  let images = 0;
  // Several runs may have written one file: each ends in a summary, which says how many images it has.
  let told: number | null = null;
  let isOpen = true;
  let isCutShort = false;
  const bad: number[] = [];
  let foreign: string | null = null;
  let foreignLines = 0;
  try {
    for await (const { number, text, cut } of linesOf(path)) {
      if (text.trim() === '') continue;
      const line = text.length > LONGEST_LINE ? null : asObject(parsed(text));
      const version = line !== null && 'type' in line ? foreignVersion(line) : null;
      if (version !== null) {
        foreign ??= version;
        foreignLines++;
        continue;
      }
      const image = line?.['type'] === 'image' ? imageOf(line) : null;
      if (image !== null) {
        images++;
        isOpen = true;
        yield { image };
      } else if (line?.['type'] === 'summary') {
        told = (told ?? 0) + (asCount(asObject(line['summary'])?.['images']) ?? Number.POSITIVE_INFINITY);
        isOpen = false;
        isCutShort ||= line['interrupted'] !== undefined;
      }
      // A job that is killed leaves half a line; that is no line of somebody else's.
      else if (!cut || line !== null) bad.push(number);
    }
  } catch (error) {
    const { message } = fromSystemError(error, 'read', path);
    yield images === 0 ? { failure: message } : { remark: `${message} The ${images} images before count.` };
    return;
  }
  if (foreign !== null) {
    yield { failure: ofOtherVersion(`${path} holds ${counted(foreignLines, 'line')}`, foreign) };
    if (images === 0) return;
  }
  if (images === 0 && (told === null || isCutShort)) {
    yield { failure: `${path} holds no result of hvci-fix. Make it with: hvci-fix check --format ndjson PATH...` };
    return;
  }
  if (bad.length > 0) {
    const named = bad.slice(0, MOST_NAMED).join(', ');
    const rest = bad.length > MOST_NAMED ? ` and ${bad.length - MOST_NAMED} more` : '';
    yield { remark: `${path}: passed over what is no line of hvci-fix: line ${named}${rest}.` };
  }
  const why = isOpen
    ? 'ends without a summary: that check was cut short'
    : isCutShort || images > (told ?? 0)
      ? 'holds a check that was cut short'
      : null;
  if (why !== null && foreign === null) yield { remark: `${path} ${why}. The ${images} images it got to count.` };
}

interface Line {
  readonly number: number;
  readonly text: string;
  /** The file ends in it, without an end of line. */
  readonly cut: boolean;
}

/** UTF-8, or what `>` of Windows PowerShell makes of it: UTF-16 with a byte order mark. */
async function* linesOf(path: string): AsyncGenerator<Line> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let rest = '';
  let number = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    decoder ??= new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8');
    const text = decoder.decode(bytes, { stream: true });
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      yield { number: ++number, text: rest + text.slice(from, end), cut: false };
      rest = '';
      from = end + 1;
    }
    // Of a line that is too long only so much is kept as shows that it is.
    if (rest.length <= LONGEST_LINE) rest += text.slice(from);
  }
  rest += decoder?.decode() ?? '';
  if (rest !== '') yield { number: ++number, text: rest, cut: true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
