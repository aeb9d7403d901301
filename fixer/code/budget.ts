/**
 * How much work an image may be. It is counted, never timed: an image is judged alike on every machine. Of 78 published
 * drivers the one that needs most takes 17,000 steps of 300,000, one function 4,400, and one image decodes 9,500
 * instructions of 340,000.
 */

/** Instructions decoded for one image, and steps: whatever its size, for each of its bytes, and at most. */
const DECODED = { base: 250_000, each: 1 / 2, most: 1_000_000 };
const STEPS = { base: 250_000, each: 1 / 2, most: 2_000_000 };

/** Instructions of one function: what is larger was made by no compiler. */
export const MOST_INSTRUCTIONS = 50_000;
/** Steps until the states of one function are known. */
export const MOST_STEPS = 100_000;

/** Why nothing more is sought. */
export const TOO_MUCH = 'the code is larger than what one analysis goes over';

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

  /** What was not gone over yet is not gone over any more, but once for the calls and stores in it. */
  get isOver(): boolean {
    return this.steps <= 0;
  }
}

const within = ({ base, each, most }: typeof STEPS, size: number): number =>
  Math.min(most, base + Math.floor(size * each));
