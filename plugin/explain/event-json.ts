/**
 * Events as JSON: `Get-WinEvent | ConvertTo-Json`, and the tools that turn .evtx files into JSON or lines of it
 * (evtx_dump, Chainsaw, Velociraptor, log shippers). Each has names of its own, so members are known by their names
 * wherever they are nested. A log is JSON from its first line on or not at all.
 */
import { eventSighting, isEventOfInterest, readMessage } from './code-integrity.js';
import { crashSighting, isCrashEvent, isCrashSource } from './crash-events.js';
import type { Scanner, Sink } from './sighting.js';
import { isSignatureEvent } from './signature-events.js';

const opening = /^\s*(?:\[\s*)?\{\s*(?:"|$)/;
const structure = /["{}]|\\./g;
/** No event of this source is nearly as long; what is longer is let go. */
const LONGEST = 1 << 18;
/** A backslash at the end of a part, whose character is in the next one. */
const halfEscape = /(?<!\\)(?:\\\\)*\\$/;
/** Levels of members that are looked at. */
const DEEPEST = 8;
const PROVIDER = 'microsoft-windows-codeintegrity';

export class EventJsonScanner implements Scanner {
  readonly #sink: Sink;
  readonly #otherText: (text: string, number: number) => void;
  /** Null until the first line that is not blank. */
  #isJson: boolean | null = null;
  #object = '';
  #line = 0;
  #depth = 0;
  #isInText = false;
  #half = '';

  /** @param otherText takes the lines of texts in objects that are no events of ours: a bug check is told in some */
  constructor(sink: Sink, otherText: (text: string, number: number) => void) {
    this.#sink = sink;
    this.#otherText = otherText;
  }

  /** True for a log that is JSON: no other scanner may see its lines then. */
  get isInside(): boolean {
    return this.#isJson === true;
  }

  /** Long lines come in parts, so nothing is put between two. */
  line(part: string, number: number): void {
    if (this.#isJson === null && !/^\s*\[?\s*$/.test(part)) this.#isJson = opening.test(part);
    if (this.#isJson !== true) return;
    const whole = this.#half + part;
    const isHalf = this.#isInText && whole.endsWith('\\') && halfEscape.test(whole);
    this.#half = isHalf ? '\\' : '';
    const text = isHalf ? whole.slice(0, -1) : whole;
    let from = 0;
    for (const { 0: token, index } of text.matchAll(structure)) {
      if (token === '"') this.#isInText = this.#depth > 0 && !this.#isInText;
      else if (this.#isInText || token.startsWith('\\')) continue;
      else if (token === '{') {
        if (this.#depth++ > 0) continue;
        this.#object = '';
        this.#line = number;
        from = index;
      } else if (this.#depth > 0 && --this.#depth === 0) {
        this.#read(this.#object + text.slice(from, index + 1));
        this.#object = '';
      }
    }
    if (this.#depth > 0 && this.#object.length <= LONGEST) this.#object += text.slice(from);
  }

  end(): void {
    this.#object = '';
    this.#depth = 0;
  }

  #read(text: string): void {
    if (text.length > LONGEST) return;
    const found: Found = { id: 0, providers: [], message: null, texts: [], values: [] };
    try {
      collect(JSON.parse(text), '', 0, found);
    } catch {
      // No JSON: what can be read of it as text is.
      found.texts.push(text);
    }
    if (this.#isEvent(found)) return;
    for (const each of found.texts) for (const line of each.split(/\r?\n/)) this.#otherText(line, this.#line);
    this.#otherText('', this.#line);
  }

  #isEvent(found: Found): boolean {
    const { id, providers, message, values, texts } = found;
    if (isCrashEvent(id) && providers.some(isCrashSource)) {
      const sighting = crashSighting(id, values, texts, this.#line);
      if (sighting !== null) this.#sink.sighting(sighting);
      return true;
    }
    const named = providers.some((name) => name.toLowerCase().startsWith(PROVIDER));
    // Where no provider is told the name of a driver must do.
    const file =
      values.find(([name]) => /^File ?Name(?:Buffer)?$/i.test(name)) ??
      values.find(([, value]) => /\.sys$/i.test(value));
    if (!(named || (providers.length === 0 && (file !== undefined || message !== null)))) return false;
    if (isSignatureEvent(id)) this.#sink.signatureEvent(id);
    if (!isEventOfInterest(id)) return isSignatureEvent(id) || (named && id !== 0);
    const details = values.filter((each) => each !== file && /^(?:Status|Failure ?Bitmap)$/i.test(each[0]));
    this.#sink.sighting(
      eventSighting('event-json', id, this.#line, {
        ...(message === null ? {} : { issue: message.issue }),
        driver: file?.[1] ?? message?.driver,
        details: details.length > 0 ? details : message?.details,
      }),
    );
    return true;
  }
}

interface Found {
  id: number;
  readonly providers: string[];
  message: ReturnType<typeof readMessage>;
  /** Those that may be more than a word. */
  readonly texts: string[];
  readonly values: [name: string, value: string][];
}

/** `name` is that of the nearest member with one of its own: `{"EventID": {"#text": 3087}}`. */
function collect(value: unknown, name: string, depth: number, found: Found): void {
  if (typeof value === 'object' && value !== null) {
    if (depth >= DEEPEST) return;
    const members = Object.entries(value);
    // `{"@Name": "FileNameBuffer", "#text": "..."}` of XML turned into JSON.
    const own = members.find(([key, text]) => /^[@#]?Name$/i.test(key) && typeof text === 'string');
    const text = members.find(([key]) => /^#?text$|^Value$/i.test(key));
    if (own !== undefined && text !== undefined) {
      collect(text[1], String(own[1]), depth + 1, found);
      return;
    }
    for (const [key, member] of members)
      collect(member, /^\d+$|^[#@]|^Value$|^Name$/i.test(key) && name !== '' ? name : key, depth + 1, found);
    return;
  }
  if (typeof value !== 'string' && typeof value !== 'number') return;
  const text = String(value);
  if (text.length > 20) found.texts.push(text);
  if (/^(?:Id|event_?id|event\.?code)$/i.test(name)) found.id ||= Number(text) || 0;
  else if (/^(?:Provider(?:_?Name)?|Source(?:_?Name)?|event_?source)$/i.test(name)) {
    if (!/^\{/.test(text)) found.providers.push(text);
  } else if (/^(?:Message|RenderedDescription)$/i.test(name))
    found.message ??= readMessage(text.replaceAll(/\s+/g, ' '));
  else if (found.values.length < 64) found.values.push([name, text]);
}
