/** What a log says about memory integrity, one occurrence at a time: plain data that the scanners hand to the collector. */

/** The rule that judges the same thing statically; `incompatible` where Windows names no cause (events 3087, 3111). */
export type Issue =
  | 'HVCI2000'
  | 'HVCI2001'
  | 'HVCI2002'
  | 'HVCI2003'
  | 'HVCI2004'
  | 'HVCI2005'
  | 'HVCI3001'
  | 'incompatible';

/** The form in which the log has it. The same occurrence often stands there in several: they are not added up. */
export type Form =
  /** `Arg1: ...` of `!analyze -v`. */
  | 'bug-check-analysis'
  /** `BugCheck C4, {...}`, `*** STOP: 0x000000C4 (...)`. */
  | 'bug-check-line'
  /** `BUGCHECK_P1: ...` of `!analyze -v`. */
  | 'bug-check-fields'
  /** Event 41 of Kernel-Power: Windows writes it beside event 1001, which is a line. */
  | 'bug-check-event'
  /** KeBugCheckEx on a stack (`kb`), in a log that tells the bug check in no other form. */
  | 'bug-check-stack'
  /** `** The caller ... specified ...`, which Driver Verifier prints in a kernel debugger. */
  | 'verifier-message'
  /** `!verifier`, or the readiness tool's list of incompatible drivers: a number, not an occurrence. */
  | 'counter'
  /** Microsoft-Windows-CodeIntegrity, as XML, JSON or text. */
  | 'event-xml'
  | 'event-json'
  | 'event-text';

export interface Sighting {
  readonly issue: Issue;
  readonly form: Form;
  /** Of the log, from 1. */
  readonly line: number;
  /** Occurrences that the line stands for: more than 1 for counters alone. */
  readonly count: number;
  /** File name of the driver, or its path as an event has it. Hostile text. */
  readonly driver?: string | undefined;
  /** Return address in the driver, after the call. */
  readonly address?: bigint | undefined;
  /** Pool type, page protection or page priority. */
  readonly value?: number | undefined;
  readonly tag?: number | undefined;
  readonly section?: string | undefined;
  /** Parameters 2 to 4 of the bug check. */
  readonly parameters?: readonly bigint[] | undefined;
  readonly eventId?: number | undefined;
  /** The event's other values, as it has them: a status, a bit map of failures. Hostile text. */
  readonly details?: readonly (readonly [name: string, value: string])[] | undefined;
}

/** Takes sightings; `name` is called when a later line tells which driver the last bug check is about. */
export interface Sink {
  sighting(sighting: Sighting): void;
  nameLastBugCheck(driver: string): void;
  /** A driver that Driver Verifier watches. */
  verified(driver: string): void;
  /** A line of a module list. */
  module(module: Module): void;
  /** Something that belongs to Driver Verifier or code integrity, and reports no defect: counters that are all zero. */
  nothingWrong(): void;
  /** An event of code integrity that is about a signature or a policy. */
  signatureEvent(id: number): void;
}

export interface Module {
  /** As the debugger abbreviates it: `DvCi`. */
  readonly name: string;
  /** `DvCi.sys`, where the list has it. */
  readonly image: string | null;
  readonly start: bigint;
  /** First address behind it; null where the line does not say. */
  readonly end: bigint | null;
  /** An address that the line says to be in it, where it has no end. */
  readonly inside?: bigint | undefined;
  readonly line: number;
}

/** Reads lines one after the other and tells the sink what it finds. */
export interface Scanner {
  line(text: string, number: number): void;
  /** At a line that no other scanner may see, and at the end. */
  end(): void;
}

/** Driver Verifier's code of a bug check or message, as the rule that shares its number. */
export function issueOfCode(code: bigint | number): Issue | null {
  const value = Number(code);
  return value >= 0x2000 && value <= 0x2005 ? (`HVCI${value.toString(16)}` as Issue) : null;
}

/** `fffff801`e7121c5d`, with or without 0x, as debuggers write addresses. */
export const addressOf = (digits: string): bigint => BigInt(`0x${digits.replaceAll('`', '').replace(/^0x/i, '')}`);
