/** The progress bar: on a terminal's standard error, from the second second on, never where its line could be in the way. */
import { writeOut } from '../files/output.js';
import { escapeForTerminal } from '../report/escape.js';
import { grouped } from '../report/numbers.js';
import { now } from './clock.js';
import type { ReadAhead } from './read-ahead.js';

const FIRST_MS = 1000;
const EVERY_MS = 100;
/** How long each redraw looks on for files that are still to come, so that it can say how many there are. */
const LOOK_MS = 10;
const BAR_WIDTH = 20;
const CLEAR = '\r\u001b[2K';

export interface Progress {
  step(done: number, path: string, source: ReadAhead<unknown>): void;
  /** Takes it off the screen until the next step. */
  clear(): void;
}

export interface Screen {
  readonly isTerminal: boolean;
  readonly columns: number;
  write(text: string): void;
  /** Milliseconds; goes only forward. */
  now(): number;
}

/** Null where there is to be none. `process.stderr` is looked at only when it is time to draw: loading it takes a while. */
export function createProgress(quiet: boolean, screen: Screen = standardError, env = process.env): Progress | null {
  if (quiet || env['TERM'] === 'dumb' || (env['CI'] ?? '') !== '') return null;
  const start = screen.now();
  let next = start + FIRST_MS;
  let shown = false;
  return {
    step(done, path, source) {
      const now = screen.now();
      if (now < next) return;
      next = now + EVERY_MS;
      if (!screen.isTerminal) {
        next = Number.POSITIVE_INFINITY;
        return;
      }
      source.look(LOOK_MS);
      screen.write(
        CLEAR + progressLine({ done, total: source.total, elapsedMs: now - start, path }, screen.columns - 1),
      );
      shown = true;
    },
    clear() {
      if (shown) screen.write(CLEAR);
      shown = false;
    },
  };
}

const standardError: Screen = {
  get isTerminal() {
    return process.stderr.isTTY === true;
  },
  get columns() {
    return process.stderr.columns || 80;
  },
  write: (text) => {
    writeOut(2, text);
  },
  now,
};

export interface Position {
  readonly done: number;
  /** Null while that is not known. */
  readonly total: number | null;
  readonly elapsedMs: number;
  readonly path: string;
}

/**
 * One line of at most `width` columns. What there is no room for goes, the bar first, then the name, then numbers from the
 * last one on: half a number would be another one.
 */
export function progressLine({ done, total, elapsedMs, path }: Position, width: number): string {
  const perSecond = done / (elapsedMs / 1000);
  const of = total === null ? ' images' : ` of ${grouped(total)}`;
  const rate = perSecond >= 10 ? `  ${grouped(Math.round(perSecond))}/s` : `  ${perSecond.toFixed(1)}/s`;
  const left = total === null ? '' : `  ${duration((total - done) / perSecond)} left`;
  const parts = [grouped(done), of, rate, left];
  const all = parts.join('').length;
  while (parts.length > 0 && parts.join('').length > width) parts.pop();
  const numbers = parts.join('');
  const bar = total === null || width < 60 ? '' : `${barOf(done / total)} `;
  const room = width - bar.length - numbers.length - 2;
  const name = room < 8 || numbers.length < all ? '' : `  ${cutFront(escapeForTerminal(path), room)}`;
  return `${bar}${numbers}${name}`;
}

function barOf(part: number): string {
  const full = Math.round(Math.min(Math.max(part, 0), 1) * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}]`;
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The end of a path says more than its start. Whatever is not ASCII counts for two columns: it never takes more. */
function cutFront(text: string, columns: number): string {
  const characters = [...text];
  const widthOf = (character: string): number => (character <= '~' ? 1 : 2);
  let used = 0;
  let from = characters.length;
  while (from > 0) {
    const next = widthOf(characters[from - 1] ?? '');
    if (used + next > columns) break;
    used += next;
    from--;
  }
  if (from === 0) return text;
  while (from < characters.length && used + 2 > columns) used -= widthOf(characters[from++] ?? '');
  return `..${characters.slice(from).join('')}`;
}
