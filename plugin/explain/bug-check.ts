/**
 * Bug check 0xC4 with parameter 1 from 0x2000 to 0x2005, in the forms that debuggers, dump readers and event logs give it.
 * Source: Microsoft's page "Bug Check 0xC4: DRIVER_VERIFIER_DETECTED_VIOLATION", and `!analyze -v` as users publish it.
 */
import { addressOf, type Form, issueOfCode, type Scanner, type Sink } from './sighting.js';

const HEX = '(?:0x)?[0-9a-f][0-9a-f`]{0,18}';
const heading = /^[A-Z][A-Z0-9_]{5,80} \((?:0x)?([0-9a-f]{1,8})\)\s*$/i;
/** `BugCheck C4, {2000, ...}`; `Bugcheck 0xC4 (0x2000, ...)`; `0x000000C4 (0x2000, ...)` of a blue screen, of event 1001 and of the kernel debugger. */
const inOneLine = new RegExp(
  `(?:bugcheck (?:0x)?|\\b0x)0*([0-9a-f]{1,8})\\b[^({\\n]{0,40}[({]\\s*(${HEX}),\\s*(${HEX}),\\s*(${HEX}),\\s*(${HEX})\\s*[)}]`,
  'i',
);
const parametersAlone = new RegExp(`^\\s*\\(\\s*(${HEX}),\\s*(${HEX}),\\s*(${HEX}),\\s*(${HEX})\\s*\\)`, 'i');
/** `.bugcheck` of a debugger. */
const afterBugCheck = new RegExp(`^\\s*Arguments (${HEX}) (${HEX}) (${HEX}) (${HEX})\\s*$`, 'i');
const argument = new RegExp(`^[\\s>*-]{0,16}Arg([1-4]):\\s*(${HEX})\\b(.*)`, 'i');
const field = new RegExp(`^\\s*BUGCHECK_P([1-4]):\\s*(${HEX})\\s*$`, 'i');
const mentioned = /\b0x0*c4\b|bug ?check(?: code)?:?\s+(?:0x)?0*c4\b|BUGCHECK_CODE:\s+(?:0x)?0*c4\s*$/i;
const otherMentioned = /BUGCHECK_CODE:\s+(?:0x)?[0-9a-f]{1,8}\s*$|bug ?check code:?\s+0x[0-9a-f]{1,8}\b/i;
const named = /^\s*IMAGE_NAME:\s+(\S{1,260})|Probably caused by\s*:\s*(\S{1,260})/i;
/** Lines between the arguments are few: a hint of the debugger's. */
const MOST_BETWEEN = 12;

interface Pending {
  readonly values: bigint[];
  readonly line: number;
  readonly saysCodeIntegrity: boolean;
}

export class BugCheckScanner implements Scanner {
  readonly #sink: Sink;
  /** The bug check that the log is about at this place: arguments alone mean nothing. */
  #isC4 = false;
  /** Line up to which bare parameters belong to a bug check named before. */
  #parametersUntil = 0;
  readonly #pending: { 'bug-check-analysis': Pending | null; 'bug-check-fields': Pending | null } = {
    'bug-check-analysis': null,
    'bug-check-fields': null,
  };

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  line(text: string, number: number): void {
    if (this.#argument(text, number)) return;
    const bugCheck = heading.exec(text)?.[1];
    if (bugCheck !== undefined) {
      this.end();
      this.#isC4 = Number.parseInt(bugCheck, 16) === 0xc4;
      return;
    }
    if (this.#wholeLine(text, number)) return;
    if (mentioned.test(text)) {
      this.#isC4 = true;
      this.#parametersUntil = number + 2;
    } else if (otherMentioned.test(text)) this.#isC4 = false;
    const [, image, cause] = named.exec(text) ?? [];
    const driver = image ?? cause;
    if (driver !== undefined && this.#isC4) this.#sink.nameLastBugCheck(driver);
  }

  end(): void {
    this.#flush('bug-check-analysis');
    this.#flush('bug-check-fields');
  }

  #wholeLine(text: string, number: number): boolean {
    const [, ...given] = number <= this.#parametersUntil ? (afterBugCheck.exec(text) ?? []) : [];
    if (given.length === 4) this.#report('bug-check-line', given.map(addressOf), number, false);
    if (given.length === 4 || !text.includes(',')) return given.length === 4;
    const [, code = '', ...digits] = inOneLine.exec(text) ?? [];
    if (code !== '') {
      this.#isC4 = Number.parseInt(code, 16) === 0xc4;
      if (this.#isC4) this.#report('bug-check-line', digits.map(addressOf), number, false);
      return this.#isC4;
    }
    if (number > this.#parametersUntil) return false;
    const [, ...alone] = parametersAlone.exec(text) ?? [];
    if (alone.length === 4) this.#report('bug-check-line', alone.map(addressOf), number, false);
    return alone.length === 4;
  }

  /** `Arg2: ...` or `BUGCHECK_P2: ...`; they come in their order. */
  #argument(text: string, number: number): boolean {
    if (!text.includes(':')) return false;
    const form = argument.test(text) ? 'bug-check-analysis' : field.test(text) ? 'bug-check-fields' : null;
    if (form === null) return false;
    const [, index = '', digits = '', rest = ''] = (form === 'bug-check-analysis' ? argument : field).exec(text) ?? [];
    const value = addressOf(digits);
    if (index === '1') {
      this.#flush(form);
      this.#pending[form] = { values: [value], line: number, saysCodeIntegrity: /code integrity/i.test(rest) };
      return true;
    }
    const pending = this.#pending[form];
    if (pending === null || number - pending.line > MOST_BETWEEN || Number(index) !== pending.values.length + 1)
      return true;
    pending.values.push(value);
    if (pending.values.length === 4) this.#flush(form);
    return true;
  }

  #flush(form: 'bug-check-analysis' | 'bug-check-fields'): void {
    const pending = this.#pending[form];
    this.#pending[form] = null;
    if (pending !== null) this.#report(form, pending.values, pending.line, pending.saysCodeIntegrity);
  }

  #report(form: Form, values: readonly bigint[], line: number, certain: boolean): void {
    const [code = 0n, second, third, fourth] = values;
    const issue = issueOfCode(code);
    if (issue === null || !(certain || this.#isC4)) return;
    if (certain) this.#isC4 = true;
    const inCode = code <= 0x2002n;
    this.#sink.sighting({
      issue,
      form,
      line,
      count: 1,
      parameters: values.slice(1),
      address: inCode ? second : undefined,
      value: inCode && third !== undefined ? Number(third & 0xffffffffn) : undefined,
      tag: code === 0x2000n && fourth !== undefined && fourth !== 0n ? Number(fourth & 0xffffffffn) : undefined,
    });
  }
}
