/**
 * How much work an image may be. It is counted, never timed: an image is judged alike on every machine. Of 78 drivers that
 * were published the one that needs most takes 10,000 steps, a quarter of one for each of its bytes, and decodes 10,000
 * instructions.
 */

/** Instructions decoded for one image, and steps: whatever its size, for each of its bytes, and at most. */
const DECODED = { base: 250_000, each: 1 / 2, most: 1_000_000 };
const STEPS = { base: 250_000, each: 1 / 4, most: 2_000_000 };

/** Instructions of one function: what is larger was made by no compiler. */
export const MOST_INSTRUCTIONS = 50_000;
/** Steps until the states of one function are known. */
export const MOST_STEPS = 150_000;

export class Budget {
  /** Instructions that may still be decoded. */
  left: number;
  /** Steps that may still be done: an instruction that is interpreted, or what takes as long. */
  steps: number;
  /** Code of a function was not decoded because there is too much of it: calls may have been missed. */
  isShort = false;
  /** The states of a function were not sought to the end: its calls were seen, but not all that it stores. */
  hasGivenUp = false;

  /** @param size of the image, in bytes */
  constructor(size: number) {
    this.left = within(DECODED, size);
    this.steps = within(STEPS, size);
  }
}

const within = ({ base, each, most }: typeof STEPS, size: number): number =>
  Math.min(most, base + Math.floor(size * each));
