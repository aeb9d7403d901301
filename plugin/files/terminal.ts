/** What standard output and error are: whether text may be coloured, and how wide it is. */
import { fstatSync, statSync } from 'node:fs';

export interface Screen {
  readonly color: boolean;
  readonly width: number;
}

/** Of what is written into a file or through a pipe. */
const PAPER: Screen = { color: false, width: 100 };

/** @param noColor as the call says; NO_COLOR and a TERM that is `dumb` say it too */
export function standardOutput(noColor: boolean): Screen {
  if (!isTerminal(1)) return PAPER;
  const color = !noColor && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return { color, width: process.stdout.columns ?? PAPER.width };
}

export const screenFor = ({ output, noColor }: { output: string | null; noColor: boolean }): Screen =>
  output === null ? standardOutput(noColor) : PAPER;

/** Not `tty.isatty`: loading node:tty is a tenth of the start-up. */
export function isTerminal(descriptor: 1 | 2): boolean {
  try {
    const output = fstatSync(descriptor);
    return output.isCharacterDevice() && output.rdev !== nullDevice();
  } catch {
    return false; // it is closed
  }
}

/** node:os has it too, and takes two hundredths of the start-up to say so. */
const DEV_NULL = process.platform === 'win32' ? '\\\\.\\nul' : '/dev/null';

/** Null where the system does not tell: what cannot be told from a terminal is one. */
function nullDevice(): number | null {
  try {
    return statSync(DEV_NULL).rdev;
  } catch {
    return null;
  }
}
