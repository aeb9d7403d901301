/**
 * Events as XML: `wevtutil qe /f:xml`, the event viewer's export, `ToXml()`. An event is flat, so its few elements are
 * read by name; nothing is expanded but the five entities of XML and numeric ones, and a document type is not looked at.
 * Source: Microsoft's event schema (winevt, "Event Schema").
 */
import { eventSighting, isEventOfInterest, readMessage } from './code-integrity.js';
import { crashSighting, isCrashEvent, isCrashSource } from './crash-events.js';
import type { Scanner, Sink } from './sighting.js';
import { isSignatureEvent } from './signature-events.js';

const PREFIX = '(?:[\\w-]{1,32}:)?';
const opening = new RegExp(`<${PREFIX}Event(?=[\\s>])`);
const closing = new RegExp(`</${PREFIX}Event\\s*>`);
const provider = new RegExp(
  `<${PREFIX}Provider\\b[^<>]{0,400}?\\bName\\s*=\\s*["']Microsoft-Windows-CodeIntegrity["']`,
  'i',
);
const providerName = new RegExp(`<${PREFIX}Provider\\b[^<>]{0,400}?\\bName\\s*=\\s*["']([^"'<>]{0,100})["']`, 'i');
const eventId = new RegExp(`<${PREFIX}EventID\\b[^<>]{0,200}>\\s*(\\d{1,6})\\s*<`, 'i');
const messageElement = new RegExp(`<${PREFIX}Message\\b[^<>]{0,200}>([^<]{1,2000})<`, 'i');
const data = new RegExp(`<${PREFIX}Data\\b([^<>]{0,200})>([^<]{0,1000})<`, 'gi');
const nameAttribute = /\bName\s*=\s*["']([^"'<>]{0,100})["']/i;
/** No event of this source is nearly as long; what is longer is let go. */
const LONGEST = 1 << 18;

export class EventXmlScanner implements Scanner {
  readonly #sink: Sink;
  #event: { text: string; readonly line: number } | null = null;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** True while the line belongs to an event: its text is nobody else's then. */
  get isInside(): boolean {
    return this.#event !== null;
  }

  line(text: string, number: number): void {
    let rest = text;
    if (this.#event === null && !rest.includes('<')) return;
    for (let event = this.#event; ; event = null) {
      if (event === null) {
        const at = rest.search(opening);
        if (at === -1) return;
        event = { text: '', line: number };
        this.#event = event;
        rest = rest.slice(at);
      }
      const end = closing.exec(rest);
      if (end === null) {
        if (event.text.length + rest.length > LONGEST) this.#event = null;
        else event.text += `${rest}\n`;
        return;
      }
      this.#read(event.text + rest.slice(0, end.index), event.line);
      this.#event = null;
      rest = rest.slice(end.index + end[0].length);
    }
  }

  end(): void {
    // An event that is cut off may still have what counts.
    if (this.#event !== null) this.#read(this.#event.text, this.#event.line);
    this.#event = null;
  }

  #read(written: string, line: number): void {
    const text = written.includes('<!--') ? written.replace(/<!--[\s\S]*?-->/g, '') : written;
    const id = Number(eventId.exec(text)?.[1] ?? 0);
    if (isSignatureEvent(id) && provider.test(text)) this.#sink.signatureEvent(id);
    if (isCrashEvent(id) && isCrashSource(providerName.exec(text)?.[1] ?? '')) this.#readCrash(id, text, line);
    if (!isEventOfInterest(id) || !provider.test(text)) return;
    const values = dataOf(text);
    const message = readMessage(messageOf(text));
    // By position where the data have no names: the length of the file's name, the name, the others.
    const file =
      values.find(([name, value]) => /^File ?Name(?:Buffer)?$/i.test(name) && value !== '') ??
      values.find(([, value]) => /\.sys$/i.test(value));
    const details = values.filter(
      (each) => each !== file && each[1] !== '' && !/Length$/i.test(each[0]) && each[0] !== '',
    );
    this.#sink.sighting(
      eventSighting('event-xml', id, line, {
        driver: file?.[1] ?? message?.driver,
        details: details.length === 0 ? message?.details : details,
      }),
    );
  }

  #readCrash(id: number, text: string, line: number): void {
    const values = dataOf(text);
    const sighting = crashSighting(id, values, [...values.map(([, value]) => value), messageOf(text)], line);
    if (sighting !== null) this.#sink.sighting(sighting);
  }
}

function dataOf(text: string): [name: string, value: string][] {
  const values: [string, string][] = [];
  for (const [, attributes = '', value = ''] of text.matchAll(data)) {
    if (values.length < 32) values.push([decoded(nameAttribute.exec(attributes)?.[1] ?? ''), decoded(value).trim()]);
  }
  return values;
}

const messageOf = (text: string): string => decoded(messageElement.exec(text)?.[1] ?? '');

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}
