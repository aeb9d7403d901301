/** What `fix` has written, for when the report that would tell it cannot be written. */
import { CallError } from '../call/call-error.js';
import { OutputError } from '../files/output.js';
import { escapeForTerminal } from '../report/escape.js';
import type { ImageReport } from '../report/model.js';
import { counted, grouped } from '../report/numbers.js';

/** Names are enough to find the place where it stopped. */
const MOST_NAMES = 5;

export class FixedSoFar {
  readonly #names: string[] = [];
  #count = 0;

  add({ plan }: ImageReport): void {
    if (plan?.outcome !== 'fixed' || plan.writtenTo === null) return;
    if (this.#count++ < MOST_NAMES) this.#names.push(escapeForTerminal(plan.writtenTo));
  }

  /** Runs `report`; where it fails, the message says what had been done. */
  async tellIfLost<T>(report: () => T | Promise<T>): Promise<T> {
    try {
      return await report();
    } catch (error) {
      if (this.#count === 0 || !(error instanceof OutputError || error instanceof CallError)) throw error;
      const more = this.#count - this.#names.length;
      const names = `${this.#names.join(', ')}${more === 0 ? '' : ` and ${grouped(more)} more`}`;
      throw new CallError(
        `${error.message}\n${counted(this.#count, 'file was', 'files were')} fixed before that: ${names}.`,
      );
    }
  }
}
