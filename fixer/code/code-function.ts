/** One function of an image. */
import { inRanges, type Range } from './ranges.js';
import { type Frame, NO_SCOPES } from './unwind-x64.js';

export interface CodeFunction {
  readonly entry: number;
  /** The first holds the entry; parts that the compiler moved away follow, many of them in order of address and disjoint. */
  readonly ranges: readonly Range[];
  readonly handlers: readonly number[];
  /** Other functions, which exceptions call with the frame of this one. */
  readonly funclets: readonly number[];
  readonly frame: Frame | null;
}

/** One of which nothing is known but where it lies. */
export const plainFunction = (begin: number, end: number): CodeFunction => ({
  entry: begin,
  ranges: [{ begin, end }],
  ...NO_SCOPES,
  frame: null,
});

/** Of functions of one range each, in order of address. */
export function functionAt(functions: readonly CodeFunction[], rva: number): CodeFunction | null {
  let low = 0;
  let high = functions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((functions[middle] as CodeFunction).entry <= rva) low = middle + 1;
    else high = middle;
  }
  const found = functions[low - 1];
  return found !== undefined && inRanges(found.ranges, rva) ? found : null;
}
