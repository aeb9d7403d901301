/** Ctrl-C and SIGTERM during a scan: the first ends it cleanly, the second ends the process as it always would. */
import { setImmediate } from 'node:timers/promises';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** A signal is heard only when the event loop turns, and a turn for each image would cost as much as a small image. */
const TURN_EVERY_MS = 30;

export class Interruption {
  #signal: (typeof SIGNALS)[number] | null = null;
  #turned = performance.now();
  readonly #stopped: (() => void)[] = [];

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#signal = signal as (typeof SIGNALS)[number];
    this.release();
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

  /** Gives signals their chance, now and then. */
  async heard(): Promise<void> {
    if (performance.now() - this.#turned < TURN_EVERY_MS) return;
    await setImmediate();
    this.#turned = performance.now();
  }
}
