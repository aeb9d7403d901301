/**
 * Threads that examine images: this one, which also reads and reports, and workers (pool-worker.ts). All look at the
 * bytes where this one has read them.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ImageBuffer } from '../files/read.js';
import { expectMuchWork } from '../inspection/short-work.js';
import type { Settings } from '../session/settings.js';
import { type Engine, engineOfThisThread, type Place } from './engine.js';
import { PoolWorker } from './pool-worker.js';

/** One is examined while others lie ready: a worker does not wait while this thread reads or examines an image itself. */
const PLACES_PER_WORKER = 8;
/** Images that may wait for a slow one before them. */
const AHEAD_PER_THREAD = 32;
const MOST_DEFAULT_JOBS = 8;

export const defaultJobs = (): number => Math.min(availableParallelism(), MOST_DEFAULT_JOBS);

/** @param threads this one included. Null where the bundle's worker is not beside this file: then this one does all. */
export async function startPool(threads: number, settings: Settings): Promise<Engine | null> {
  const file = typeof __dirname === 'string' ? join(__dirname, 'cli-scan-worker.cjs') : '';
  if (!existsSync(file)) return null;
  const workers: PoolWorker[] = [];
  while (workers.length < threads - 1) workers.push(new PoolWorker(file, settings));
  expectMuchWork();
  const here = await engineOfThisThread(settings);
  return new Pool(workers, await here.place());
}

class Pool implements Engine {
  readonly ahead: number;
  readonly #workers: readonly PoolWorker[];
  readonly #free: Place[] = [];
  #waiting: ((place: Place) => void) | null = null;

  constructor(workers: readonly PoolWorker[], here: Place) {
    this.#workers = workers;
    this.ahead = (workers.length + 1) * AHEAD_PER_THREAD;
    for (let slot = 0; slot < PLACES_PER_WORKER; slot++)
      for (const worker of workers) this.#free.push(this.#placeOf(worker, slot));
    // The last to be taken: what this thread examines keeps it from handing out more.
    this.#free.push(this.#placeHere(here));
  }

  place(): Place | Promise<Place> {
    return this.#free.shift() ?? new Promise((resolve) => (this.#waiting = resolve));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #release(place: Place): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#free.push(place);
    else waiting(place);
  }

  #placeHere(here: Place): Place {
    const place: Place = {
      buffer: here.buffer,
      release: () => this.#release(place),
      examine: async (path, read) => {
        // Workers are given theirs first, and their answers are heard between two images.
        await new Promise((resolve) => setImmediate(resolve));
        const examined = await here.examine(path, read);
        this.#release(place);
        return examined;
      },
    };
    return place;
  }

  #placeOf(worker: PoolWorker, slot: number): Place {
    const place: Place = {
      buffer: new ImageBuffer('shared'),
      release: () => this.#release(place),
      examine: async (path, read) => {
        const examined = await worker.examine(slot, path, read);
        if (worker.isAlive) this.#release(place);
        return examined;
      },
    };
    return place;
  }
}
