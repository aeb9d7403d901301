/**
 * Events of Microsoft-Windows-CodeIntegrity that stand beside those of memory integrity and are about signatures and
 * policies. Whoever looks for the one finds the other, so explain says what they are about, and nothing more.
 * Source: Microsoft's page "Understanding App Control event IDs".
 */
import type { Scanner, Sink } from './sighting.js';

const LEVEL = "the file's signature is revoked, expired or not of the level asked for";
const MEANINGS: Readonly<Record<number, string>> = {
  3004: 'the file has no valid signature',
  3033: LEVEL,
  3034: `${LEVEL} (audit only)`,
  3076: 'an App Control policy in audit mode would have blocked the file',
  3077: 'an App Control policy blocked the file',
};

export const isSignatureEvent = (id: number): boolean => MEANINGS[id] !== undefined;

export const signatureEventMeaning = (id: number): string => MEANINGS[id] ?? '';

/** `3033 (what it says), 3077 (what it says)`. */
export const signatureEventsText = (ids: readonly number[]): string =>
  ids.map((id) => `${id} (${signatureEventMeaning(id)})`).join(', ');

const idField = /^\s*(?:Event ID|EventID|Id)\s*:\s*(\d{4})\s*$/i;
const providerField = /^\s*(?:Source|Provider ?Name|Log ?Name)\s*:\s*Microsoft-Windows-CodeIntegrity\b/i;
const newRecord = /^\s*(?:Event\[\d+\]|TimeCreated\s*:)/;
/** The message of 3033 and on. */
const message = /\bCode Integrity determined that a process\b/i;
const idInRow = new RegExp(`(?:^|\\s)(${Object.keys(MEANINGS).join('|')})\\s`);

/** Of events as text; those in XML are EventXmlScanner's. */
export class SignatureEventScanner implements Scanner {
  readonly #sink: Sink;
  #id: number | null = null;
  #isCodeIntegrity = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  line(text: string): void {
    if (text.trim() === '' || newRecord.test(text)) this.end();
    const id = Number(idField.exec(text)?.[1] ?? 0);
    if (isSignatureEvent(id)) this.#id = id;
    const messageAt = text.search(message);
    this.#isCodeIntegrity ||= providerField.test(text) || messageAt >= 0;
    // A table's row is an event of its own. What stands behind the message's beginning are paths.
    const inRow = Number(idInRow.exec(text.slice(0, Math.max(messageAt, 0)))?.[1] ?? 0);
    if (isSignatureEvent(inRow)) this.#sink.signatureEvent(inRow);
  }

  end(): void {
    if (this.#id !== null && this.#isCodeIntegrity) this.#sink.signatureEvent(this.#id);
    this.#id = null;
    this.#isCodeIntegrity = false;
  }
}
