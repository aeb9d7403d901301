/** Ctrl-C and SIGTERM during a scan: the first ends it cleanly, the second ends the process as it always would. */
import type { Interrupted } from '../report/model.js';
import { now } from './clock.js';
import type { ReadAhead } from './read-ahead.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** A signal is heard only when the event loop turns, and a turn for each image would cost as much as a small image. */
const TURN_EVERY_MS = 30;

/** How long the rest of an interrupted run is counted for. */
const COUNT_MS = 3000;

export class Interruption {
  #signal: (typeof SIGNALS)[number] | null = null;
  #turned = now();
  /** Set by a source that gave up waiting because of the signal: there may have been more. */
  sourceCutShort = false;
  readonly #stopped: (() => void)[] = [];

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#signal = signal as (typeof SIGNALS)[number];
    // Not at once: who cleans up on this signal too asks whether he is the only one to hear it.
    setImmediate(() => this.release());
    for (const tell of this.#stopped) tell();
  };

  get signal(): (typeof SIGNALS)[number] | null {
    return this.#signal;
  }

  listen(): void {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  release(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#onSignal);
  }

  /** Calls `tell` when the signal comes: for who waits for something that may never come. */
  whenStopped(tell: () => void): void {
    this.#stopped.push(tell);
  }

  /** Signals had no chance to be heard for a while. */
  get isDue(): boolean {
    return now() - this.#turned >= TURN_EVERY_MS;
  }

  /** Gives signals their chance. */
  async heard(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#turned = now();
  }
}

/** How far a run got; null where no signal came, or too late to keep it from its end. */
export function interruptedAfter(
  done: number,
  { signal, sourceCutShort }: Interruption,
  source: ReadAhead<unknown>,
): Interrupted | null {
  if (signal === null) return null;
  const total = source.countAll(COUNT_MS);
  return total === done && !sourceCutShort ? null : { signal, done, total: sourceCutShort ? null : total };
}

/** As a shell gives it for a program that the signal ended. */
export const exitStatusFor = (status: number, interrupted: Interrupted | null): number =>
  interrupted === null ? status : interrupted.signal === 'SIGINT' ? 130 : 143;
