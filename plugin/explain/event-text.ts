/**
 * Events as text: `Get-WinEvent` as a list or a table, `wevtutil qe /f:text`, CSV. The message is known in English only;
 * in another language the number and the source of the event are enough where the text has both.
 */
import { eventSighting, isEventOfInterest, readMessage } from './code-integrity.js';
import type { Scanner, Sink } from './sighting.js';

const start = /Code Integrity determined (?:that )?(?:the )?kernel\b/i;
const idField = /^\s*(?:Event ID|EventID|Id)\s*:\s*(\d{4})\s*$/i;
const providerField = /^\s*(?:Source|Provider ?Name|Log ?Name)\s*:\s*Microsoft-Windows-CodeIntegrity\b/i;
const anyField = /^\s*[A-Za-z][A-Za-z ]{0,30}\s*: /;
const newRecord = /^\s*(?:Event\[\d+\]|TimeCreated\s*:)/;
/** A row of a table or of CSV has the number before or behind the message. */
const idBefore = /\b(3072|3073|3087|3111)\b/;
const path = /(?:[\w.\\$:~ -]{0,260}\\)?([\w.$~-]{1,100}\.sys)\b/i;
const MOST_LINES = 8;

export class EventTextScanner implements Scanner {
  readonly #sink: Sink;
  /** The message that is being put together: consoles break it at their width. */
  #message: { text: string; readonly line: number; lines: number; readonly id: number | undefined } | null = null;
  /** The record around it. */
  #record: Record = emptyRecord();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  line(text: string, number: number): void {
    const isBlank = text.trim() === '';
    if (this.#message !== null) {
      if (isBlank || anyField.test(text) || start.test(text) || newRecord.test(text)) this.#flushMessage();
      else {
        this.#message.text += ` ${text.trim()}`;
        if (++this.#message.lines >= MOST_LINES) this.#flushMessage();
        return;
      }
    }
    if (isBlank || newRecord.test(text)) {
      this.#flushRecord();
      return;
    }
    const id = idField.exec(text)?.[1];
    if (id !== undefined && isEventOfInterest(Number(id)))
      this.#record = { ...this.#record, id: Number(id), line: number };
    if (providerField.test(text)) this.#record.isCodeIntegrity = true;
    if (start.test(text)) {
      const written = idBefore.exec(text.slice(0, text.search(start)))?.[1] ?? idBefore.exec(text.slice(-200))?.[1];
      this.#message = {
        text: text.trim(),
        line: number,
        lines: 1,
        id: written === undefined ? undefined : Number(written),
      };
    } else if (this.#record.driver === undefined && text.includes('.')) {
      const driver = path.exec(text)?.[1];
      if (driver !== undefined) this.#record.driver = driver;
    }
  }

  end(): void {
    this.#flushRecord();
  }

  #flushMessage(): void {
    const message = this.#message;
    if (message === null) return;
    this.#message = null;
    const read = readMessage(message.text);
    const id = message.id;
    if (read !== null) {
      this.#record.pending.push({ line: message.line, id, ...read });
    } else if (id !== undefined) {
      // A table cuts the message, and the driver with it.
      this.#record.pending.push({ line: message.line, id, driver: path.exec(message.text)?.[1] });
    } else {
      // Other words than those that are known: the record may have the number of the event.
      this.#record.driver ??= path.exec(message.text)?.[1];
    }
  }

  #flushRecord(): void {
    this.#flushMessage();
    const { id, line, isCodeIntegrity, driver, pending } = this.#record;
    this.#record = emptyRecord();
    for (const each of pending) this.#sink.sighting(eventSighting('event-text', each.id ?? id, each.line, each));
    if (pending.length === 0 && id !== undefined && isCodeIntegrity)
      this.#sink.sighting(eventSighting('event-text', id, line, { driver }));
  }
}

interface Record {
  id: number | undefined;
  line: number;
  isCodeIntegrity: boolean;
  driver: string | undefined;
  readonly pending: (Parameters<typeof eventSighting>[3] & {
    readonly line: number;
    readonly id: number | undefined;
  })[];
}

const emptyRecord = (): Record => ({ id: undefined, line: 0, isCodeIntegrity: false, driver: undefined, pending: [] });
