/** Numbers as the reports write them. `toLocaleString` would load the locale data, which costs start-up time. */

export { hex } from '../../fixer/pe/hex.js';

/** `2007` as `2,007`. */
export function grouped(value: number): string {
  const digits = String(value);
  return digits.length <= 3 ? digits : digits.replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 error`, `2,007 errors`; `plural` where an s is not enough. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(value)} ${value === 1 ? noun : plural}`;
}
