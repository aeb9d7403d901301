/** A source that can be looked ahead in: to know how much there is, without taking it. */
import { now } from './clock.js';

/** Entries that are held at most; a path and what belongs to it take about 200 bytes. */
const MOST_HELD = 200_000;

export class ReadAhead<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly #isAsync: boolean;
  #held: T[] = [];
  #at = 0;
  #taken = 0;
  #ended = false;
  #pulling: Promise<boolean> | null = null;

  constructor(source: Iterable<T> | AsyncIterable<T>) {
    this.#isAsync = Symbol.asyncIterator in source;
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** Null at the end. At once where there is nothing to wait for: a promise for each entry of a folder is dear. */
  next(): T | null | Promise<T | null> {
    if (this.#at === this.#held.length) {
      if (this.#isAsync) return this.#pull().then((more) => (more ? this.#take() : null));
      if (!this.#ended) this.#add(this.#iterator.next() as IteratorResult<T>);
      if (this.#ended) return null;
    }
    return this.#take();
  }

  #take(): T {
    this.#taken++;
    const next = this.#held[this.#at++] as T;
    if (this.#at === this.#held.length) {
      this.#held = [];
      this.#at = 0;
    }
    return next;
  }

  /** Whether at least `count` are left; a list that arrives by and by is waited for `patienceMs` at most. */
  async holds(count: number, patienceMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      if (this.#isAsync && Number.isFinite(patienceMs)) timer = setTimeout(resolve, patienceMs, false);
    });
    try {
      while (this.#held.length - this.#at < count) if (!(await Promise.race([this.#pull(), late]))) return false;
      return true;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What was taken turned out to hold one more. */
  addTaken(): void {
    this.#taken++;
  }

  /** Looks on for `ms` at most. A list that arrives by and by cannot be looked on in without waiting for it. */
  look(ms: number): void {
    const end = now() + ms;
    while (!this.#isAsync && !this.#ended && this.#held.length < MOST_HELD && now() < end) {
      // A look at the clock costs more than an entry of a folder.
      for (let entry = 0; entry < 32 && !this.#ended; entry++) this.#add(this.#iterator.next() as IteratorResult<T>);
    }
  }

  /** How many there are in all, taken or not; null as long as that is not known. */
  get total(): number | null {
    return this.#ended ? this.#taken + this.#held.length - this.#at : null;
  }

  /** Drops what is left and says how many there were in all; null where `ms` was not enough. */
  countAll(ms: number): number | null {
    const end = now() + ms;
    while (!this.#isAsync && !this.#ended && now() < end) {
      this.look(10);
      this.#taken += this.#held.length - this.#at;
      this.#held = [];
      this.#at = 0;
    }
    return this.total;
  }

  /** False at the end. One at a time: a pull that `holds` gave up waiting for is the one that `next` waits for. */
  #pull(): Promise<boolean> {
    this.#pulling ??= this.#pullOne().finally(() => {
      this.#pulling = null;
    });
    return this.#pulling;
  }

  async #pullOne(): Promise<boolean> {
    if (!this.#ended) this.#add(await this.#iterator.next());
    return !this.#ended;
  }

  #add(step: IteratorResult<T>): void {
    if (step.done === true) this.#ended = true;
    else this.#held.push(step.value);
  }
}
