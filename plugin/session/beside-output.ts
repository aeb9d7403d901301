/** What standard error says where the report goes elsewhere: who waits for it looks at the terminal. */
import { writeOut } from '../files/output.js';
import { escapeForTerminal } from '../report/escape.js';
import type { Interrupted } from '../report/model.js';
import { grouped } from '../report/numbers.js';
import { interruptedWords } from '../report/wording.js';

export interface Beside {
  /** The report's file; null for standard output. */
  readonly output: string | null;
  /** Why named files could not be checked: the first of them, and how many there are. */
  readonly failures: readonly string[];
  readonly failed: number;
  readonly interrupted: Interrupted | null;
}

export function sayBesideOutput({ output, failures, failed, interrupted }: Beside): void {
  const path = output === null ? 'standard output' : escapeForTerminal(output);
  const say = (text: string): void => void writeOut(2, `hvci-fix: ${text}\n`);
  for (const message of failures) say(escapeForTerminal(message));
  if (failed > failures.length)
    say(`${grouped(failed - failures.length)} more could not be checked; ${path} has them all.`);
  if (interrupted !== null) say(`${path} has the report of what was done: ${interruptedWords(interrupted)}.`);
}

export const sayRemark = (text: string): void => void writeOut(2, `hvci-fix: ${escapeForTerminal(text)}\n`);
