/**
 * What Driver Verifier prints in a kernel debugger. Source: the example of Microsoft's page "Driver compatibility with
 * memory integrity and VBS"; the texts of 0x2003 to 0x2005 are read by what their pages say the issue is.
 */
import { addressOf, type Issue, type Scanner, type Sink } from './sighting.js';

const enabled = /Driver Verifier:\s+Enabled for ([^\s,]{1,260})/i;
const caller =
  /\bThe caller (?:0x)?([0-9a-f][0-9a-f`]{0,16}) specified an executable (pool type|page protection|MDL mapping)\b(.{0,200})/i;
const image =
  /\bThe image (.{1,260}?) contains .{0,60}?(executable and writable|not page[- ]aligned|\bIAT\b|import address table)(.{0,200})/i;

const CALLS: Readonly<Record<string, Issue>> = {
  'pool type': 'HVCI2000',
  'page protection': 'HVCI2001',
  'mdl mapping': 'HVCI2002',
};

export class VerifierMessageScanner implements Scanner {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  line(text: string, line: number): void {
    if (text.includes('The caller ')) this.#caller(text, line);
    else if (text.includes('The image ')) this.#image(text, line);
    else {
      const driver = text.includes('Enabled for') ? enabled.exec(text)?.[1] : undefined;
      if (driver !== undefined) this.#sink.verified(driver);
    }
  }

  end(): void {
    // Every message is one line.
  }

  #caller(text: string, line: number): void {
    const [, digits, what = '', rest = ''] = caller.exec(text) ?? [];
    const issue = CALLS[what.toLowerCase()];
    if (digits === undefined || issue === undefined) return;
    const value = hexIn(rest);
    const tag = issue === 'HVCI2000' ? hexIn(/\btag\b(.*)/i.exec(rest)?.[1] ?? '') : undefined;
    this.#sink.sighting({ issue, form: 'verifier-message', line, count: 1, address: addressOf(digits), value, tag });
  }

  #image(text: string, line: number): void {
    const [, driver, what = '', rest = ''] = image.exec(text) ?? [];
    if (driver === undefined) return;
    const issue = /writable/i.test(what) ? 'HVCI2003' : /aligned/i.test(what) ? 'HVCI2004' : 'HVCI2005';
    const section = /\bname ([^)]{1,64})\)/i.exec(rest)?.[1];
    this.#sink.sighting({ issue, form: 'verifier-message', line, count: 1, driver, section });
  }
}

/** The first number in `text`. */
function hexIn(text: string): number | undefined {
  const digits = /\b0x([0-9a-f]{1,16})\b/i.exec(text)?.[1];
  return digits === undefined ? undefined : Number(BigInt(`0x${digits}`) & 0xffffffffn);
}
