/** Ranges of code, by rva. */
export interface Range {
  readonly begin: number;
  /** rva after the last byte. */
  readonly end: number;
}

export function inRanges(ranges: readonly Range[], rva: number): boolean {
  for (let index = 0; index < ranges.length; index++) {
    const { begin, end } = ranges[index] as Range;
    if (rva >= begin && rva < end) return true;
  }
  return false;
}

/** Ranges of a function that are gone over one by one; more are searched. */
export const FEW_RANGES = 8;

/** As `inRanges`, for those of a function: compilers make a handful, and nothing keeps others from making thousands. */
export function isInside(ranges: readonly Range[], rva: number): boolean {
  if (ranges.length <= FEW_RANGES) return inRanges(ranges, rva);
  const { begin, end } = ranges[0] as Range;
  if (rva >= begin && rva < end) return true;
  let low = 1;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] as Range).begin <= rva) low = middle + 1;
    else high = middle;
  }
  return low > 1 && rva < (ranges[low - 1] as Range).end;
}
