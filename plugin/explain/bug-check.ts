/**
 * Bug check 0xC4 with parameter 1 from 0x2000 to 0x2005, in the forms that debuggers, dump readers and event logs give it.
 * Source: Microsoft's page "Bug Check 0xC4: DRIVER_VERIFIER_DETECTED_VIOLATION", and `!analyze -v` as users publish it.
 */
import { addressOf, type Form, issueOfCode, type Scanner, type Sighting, type Sink } from './sighting.js';

const HEX = '(?:0x)?[0-9a-f][0-9a-f`]{0,18}';
const heading = /^[A-Z][A-Z0-9_]{5,80} \((?:0x)?([0-9a-f]{1,8})\)\s*$/i;
/** `BugCheck C4, {2000, ...}`; `Bugcheck 0xC4 (0x2000, ...)`; `0x000000C4 (0x2000, ...)` of a blue screen, of event 1001 and of the kernel debugger. */
const inOneLine = new RegExp(
  `(?:bugcheck (?:0x)?|\\b0x)0*([0-9a-f]{1,8})\\b[^({\\n]{0,40}[({]\\s*(${HEX}),\\s*(${HEX}),\\s*(${HEX}),\\s*(${HEX})\\s*[)}]`,
  'i',
);
/** A row of BlueScreenView's list, with commas or tabs; behind the time of the crash: `NAME,0x000000c4,P1,P2,P3,P4,a.sys`. */
const inRow = new RegExp(
  `[,\\t]"?[A-Z][A-Z0-9_]{5,80}"?[,\\t]"?0x0*([0-9a-f]{1,8})"?${`[,\\t]"?(${HEX})"?`.repeat(4)}(?:[,\\t]"?([^\\s",]{1,260}))?`,
  'i',
);
/** `Args to Child` of x64, where KeBugCheckEx keeps the first four of its five; those of 0x2003 and on name no caller. */
const onStack = new RegExp(`: 0{0,8}\`?0{0,6}c4 (0{0,8}\`?0{0,4}200[0-2]) (${HEX}) (${HEX}) : nt!KeBugCheckEx\\b`, 'i');
const parametersAlone = new RegExp(`^\\s*\\(\\s*(${HEX}),\\s*(${HEX}),\\s*(${HEX}),\\s*(${HEX})\\s*\\)`, 'i');
/** `.bugcheck` of a debugger. */
const afterBugCheck = new RegExp(`^\\s*Arguments (${HEX}) (${HEX}) (${HEX}) (${HEX})\\s*$`, 'i');
const argument = new RegExp(`^[\\s>*-]{0,16}Arg([1-4]):\\s*(${HEX})\\b(.*)`, 'i');
/** Of `!analyze -v`; of BlueScreenView, `Parameter 1       : 00000000\`00002000`. */
const field = new RegExp(`^\\s*(?:BUGCHECK_P|Parameter )([1-4])\\s{0,16}:\\s*(${HEX})\\s*$`, 'i');
const mentioned = /\b0x0*c4\b|bug ?check(?: code)?:?\s+(?:0x)?0*c4\b|BUGCHECK_CODE:\s+(?:0x)?0*c4\s*$/i;
const otherMentioned = /BUGCHECK_CODE:\s+(?:0x)?[0-9a-f]{1,8}\s*$|bug ?check code\s{0,16}:?\s+0x[0-9a-f]{1,8}\b/i;
const named =
  /^\s*(?:IMAGE_NAME:|Caused By Driver\s{1,16}:|\*{3}(?=\s.{1,260} - Address ))\s+(\S{1,260})|Probably caused by\s*:\s*(\S{1,260})/i;
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

  /** Callers that stacks name, told at the end where no other form did. */
  readonly #onStacks = new Map<bigint, Sighting>();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  line(text: string, number: number): void {
    if (this.#argument(text, number)) return;
    const bugCheck = heading.exec(text)?.[1];
    if (bugCheck !== undefined) {
      this.#flushBoth();
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
    this.#flushBoth();
    for (const sighting of this.#onStacks.values()) this.#sink.sighting(sighting);
    this.#onStacks.clear();
  }

  #flushBoth(): void {
    this.#flush('bug-check-analysis');
    this.#flush('bug-check-fields');
  }

  #wholeLine(text: string, number: number): boolean {
    if (text.includes('nt!KeBugCheckEx') && this.#stack(text, number)) return true;
    const [, ...given] = number <= this.#parametersUntil ? (afterBugCheck.exec(text) ?? []) : [];
    if (given.length === 4) this.#report('bug-check-line', given.map(addressOf), number, false);
    if (given.length === 4) return true;
    if (!text.includes(',')) return text.includes('\t') && this.#row(text, number);
    const told = bugCheckIn(text);
    if (told !== null) {
      this.#isC4 = told.code === 0xc4;
      if (this.#isC4) this.#report('bug-check-line', told.parameters, number, false);
      return this.#isC4;
    }
    if (this.#row(text, number)) return true;
    if (number > this.#parametersUntil) return false;
    const [, ...alone] = parametersAlone.exec(text) ?? [];
    if (alone.length === 4) this.#report('bug-check-line', alone.map(addressOf), number, false);
    return alone.length === 4;
  }

  #row(text: string, number: number): boolean {
    const [, code, first = '', second = '', third = '', fourth = '', driver] = inRow.exec(text) ?? [];
    if (code === undefined) return false;
    this.#isC4 = Number.parseInt(code, 16) === 0xc4;
    this.#report('bug-check-line', [first, second, third, fourth].map(addressOf), number, false);
    if (driver !== undefined && this.#isC4) this.#sink.nameLastBugCheck(driver);
    return true;
  }

  #stack(text: string, number: number): boolean {
    const [, ...digits] = onStack.exec(text) ?? [];
    const sighting = bugCheckSighting('bug-check-stack', digits.map(addressOf), number);
    if (sighting?.address === undefined) return false;
    if (!this.#onStacks.has(sighting.address)) this.#onStacks.set(sighting.address, sighting);
    return true;
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
    const sighting = bugCheckSighting(form, values, line);
    // What the log says after a bug check of another cause is about that one.
    this.#isC4 = sighting !== null && (certain || this.#isC4);
    if (sighting !== null && this.#isC4) this.#sink.sighting(sighting);
  }
}

/** A bug check that a text tells whole, code and parameters. */
export function bugCheckIn(text: string): { readonly code: number; readonly parameters: readonly bigint[] } | null {
  const [, code, ...digits] = inOneLine.exec(text) ?? [];
  return code === undefined ? null : { code: Number.parseInt(code, 16), parameters: digits.map(addressOf) };
}

/** Of 0xC4 by its parameters; null where they are not about code integrity. */
export function bugCheckSighting(form: Form, parameters: readonly bigint[], line: number): Sighting | null {
  const [code = 0n, second, third, fourth] = parameters;
  const issue = issueOfCode(code);
  if (issue === null) return null;
  const inCode = code <= 0x2002n;
  return {
    issue,
    form,
    line,
    count: 1,
    parameters: parameters.slice(1),
    address: inCode ? second : undefined,
    value: inCode && third !== undefined ? Number(third & 0xffffffffn) : undefined,
    tag: code === 0x2000n && fourth !== undefined && fourth !== 0n ? Number(fourth & 0xffffffffn) : undefined,
  };
}
