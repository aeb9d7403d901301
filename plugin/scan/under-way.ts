/** Images in the order in which they were found, some of them still being examined: given away from the front. */
import type { Scanned, Take } from './scan.js';

export class UnderWay {
  readonly #take: Take;
  readonly #images: (Scanned | Promise<Scanned>)[] = [];

  constructor(take: Take) {
    this.#take = take;
  }

  add(image: Scanned | Promise<Scanned>): void {
    this.#images.push(image);
  }

  /** Gives away what is more than `ahead`. At once where nothing has to be waited for: then there is no promise either. */
  give(ahead: number): void | Promise<void> {
    while (this.#images.length > ahead) {
      const first = this.#images.shift() as Scanned | Promise<Scanned>;
      const taking = first instanceof Promise ? first.then(this.#take) : this.#take(first);
      if (taking instanceof Promise) return taking.then(() => this.give(ahead));
    }
  }

  /** Gives away what is done while a list keeps one waiting for its next path. */
  async giveMeanwhile(next: Promise<unknown>): Promise<void> {
    let hasCome = false;
    const come = (): void => {
      hasCome = true;
    };
    const coming = next.then(come, come);
    while (this.#images.length > 0) {
      await Promise.race([coming, this.#images[0]]);
      if (hasCome) return;
      await this.give(this.#images.length - 1);
    }
  }
}
