/**
 * The seven counters of `!verifier`, and the list of incompatible drivers that Microsoft's readiness tool writes. Source:
 * Microsoft's pages "Driver compatibility with memory integrity and VBS" and "Use the HVCI readiness tool".
 */
import type { Issue, Scanner, Sink } from './sighting.js';

/** Words as `!verifier` writes them, or run together as the members of its structures are (`dt`, `verifier /log`). */
const counter =
  /\b(execute ?pool ?types?|execute ?page ?protections?|execute ?page ?mappings?|execute[- ]?write ?sections?|section ?alignment ?failures?|unsupported ?relocs|IAT ?in ?executable ?section)(?: count)?\s{0,8}[:=]\s{0,60}(0x[0-9a-f]{1,8}|\d{1,10})\b/i;
const module = /\bmodule:\s{1,8}(?:(?:0x)?[0-9a-f][0-9a-f`]{7,18}\s{1,8})?([^\s:]{1,260}\.sys)\b/i;

/** By how the counter's name starts, without spaces and dashes. */
const ISSUES: readonly (readonly [start: string, issue: Issue])[] = [
  ['executepooltype', 'HVCI2000'],
  ['executepageprotection', 'HVCI2001'],
  ['executepagemapping', 'HVCI2002'],
  ['executewritesection', 'HVCI2003'],
  ['sectionalignment', 'HVCI2004'],
  ['unsupportedrelocs', 'HVCI3001'],
  ['iatinexecutable', 'HVCI2005'],
];

export class CounterScanner implements Scanner {
  readonly #sink: Sink;
  #driver: string | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  line(text: string, line: number): void {
    if (!/[:=]/.test(text)) return;
    const driver = module.exec(text)?.[1];
    if (driver !== undefined) this.#driver = driver;
    const [, name = '', digits = ''] = counter.exec(text) ?? [];
    if (digits === '') return;
    const issue = ISSUES.find(([start]) => name.toLowerCase().replace(/[ -]/g, '').startsWith(start))?.[1];
    const count = Number(digits);
    if (issue === undefined || count === 0) this.#sink.nothingWrong();
    else this.#sink.sighting({ issue, form: 'counter', line, count, driver: this.#driver });
  }

  end(): void {
    this.#driver = undefined;
  }
}
