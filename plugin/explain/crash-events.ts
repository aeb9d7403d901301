/**
 * Events of the System log that tell of a bug check: 1001 of WER-SystemErrorReporting has code and parameters in one text, 41
 * of Kernel-Power a value each. Source: Microsoft's page "Advanced troubleshooting for Event ID 41".
 */
import { bugCheckIn, bugCheckSighting } from './bug-check.js';
import type { Sighting } from './sighting.js';

const REPORTED = 1001;
const LOST_POWER = 41;

export const isCrashEvent = (id: number): boolean => id === REPORTED || id === LOST_POWER;

/** The source as the event viewer shows it too. */
export const isCrashSource = (name: string): boolean =>
  /^(?:Microsoft-Windows-(?:WER-SystemErrorReporting|Kernel-Power)|BugCheck)$/i.test(name);

/**
 * Of an event by its number; null where it is no bug check of ours. `texts` are one occurrence: the message repeats the data.
 * Windows writes 41 after 1001 about the same crash, so their forms are two.
 */
export function crashSighting(
  id: number,
  values: readonly (readonly [name: string, value: string])[],
  texts: readonly string[],
  line: number,
): Sighting | null {
  if (id === REPORTED) {
    const told = texts.map(bugCheckIn).find((each) => each !== null);
    return told === undefined || told.code !== 0xc4 ? null : bugCheckSighting('bug-check-line', told.parameters, line);
  }
  const parameters = [1, 2, 3, 4].map((index) => numberOf(values, `BugcheckParameter${index}`));
  const isC4 = numberOf(values, 'BugcheckCode') === 0xc4n;
  return isC4 && isWhole(parameters) ? bugCheckSighting('bug-check-event', parameters, line) : null;
}

const isWhole = (parameters: readonly (bigint | null)[]): parameters is readonly bigint[] => !parameters.includes(null);

/** The code is decimal, the parameters are hexadecimal with 0x. Null for what is no number, or was too large for JSON's. */
function numberOf(values: readonly (readonly [string, string])[], name: string): bigint | null {
  const text = values.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1].trim() ?? '';
  return /^(?:0x[0-9a-f]{1,16}|\d{1,15})$/i.test(text) ? BigInt(text) : null;
}
