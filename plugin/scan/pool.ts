/**
 * Threads that examine images: this one, which also reads and reports, and workers (pool-worker.ts). All look at the
 * bytes where this one has read them.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expectMuchWork } from '../inspection/short-work.js';
import type { Settings } from '../session/settings.js';
import { type Engine, engineOfThisThread, type Place } from './engine.js';
import { PoolWorker } from './pool-worker.js';
import { LARGE, LargeMemories, SharedImageBuffer } from './shared-buffer.js';

/** One is examined while others lie ready: a worker does not wait while this thread reads or examines an image itself. */
const PLACES_PER_WORKER = 8;
/** Bytes that lie ready at most: of large images a worker has one. */
const READY_BYTES = 4 * 2 ** 20;
/** Images that may wait for a slow one before them. */
const AHEAD_PER_THREAD = 32;
const MOST_DEFAULT_JOBS = 8;

export const defaultJobs = (): number => Math.min(availableParallelism(), MOST_DEFAULT_JOBS);

/**
 * @param threads this one included. Null where the bundle's worker is not beside this file, or the system gives no thread:
 * then this one does all.
 */
export async function startPool(threads: number, settings: Settings): Promise<Engine | null> {
  const file = typeof __dirname === 'string' ? join(__dirname, 'cli-scan-worker.cjs') : '';
  if (!existsSync(file)) return null;
  const workers: PoolWorker[] = [];
  try {
    while (workers.length < threads - 1) workers.push(new PoolWorker(file, settings));
  } catch {
    // A limit of the system, as containers have: those that there are have to do.
  }
  if (workers.length === 0) return null;
  expectMuchWork();
  const here = await engineOfThisThread(settings);
  return new Pool(workers, await here.place());
}

interface PoolPlace extends Place {
  readonly buffer: SharedImageBuffer;
  /** False while its worker has so much that no more is to lie ready, or where that cannot start. */
  readonly isOpen: boolean;
}

class Pool implements Engine {
  readonly threads: number;
  readonly ahead: number;
  readonly #workers: readonly PoolWorker[];
  readonly #free: PoolPlace[] = [];
  readonly #memories = new LargeMemories();
  #waiting: ((place: Place) => void) | null = null;

  constructor(workers: readonly PoolWorker[], here: Place) {
    this.#workers = workers;
    this.threads = workers.length + 1;
    this.ahead = this.threads * AHEAD_PER_THREAD;
    for (let slot = 0; slot < PLACES_PER_WORKER; slot++)
      for (const worker of workers) this.#free.push(this.#placeOf(worker, slot));
    // The last to be taken: what this thread examines keeps it from handing out more.
    this.#free.push(this.#placeHere(here));
  }

  place(): Place | Promise<Place> {
    return this.#take() ?? new Promise((resolve) => (this.#waiting = resolve));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #take(): Place | null {
    const index = this.#free.findIndex(({ isOpen }) => isOpen);
    return index < 0 ? null : (this.#free.splice(index, 1)[0] as Place);
  }

  /** Every answer comes by here, so who waits is asked again whenever a worker has less to do. */
  #release(place: PoolPlace): void {
    place.buffer.done();
    this.#free.push(place);
    const waiting = this.#waiting;
    const next = waiting === null ? null : this.#take();
    if (waiting === null || next === null) return;
    this.#waiting = null;
    waiting(next);
  }

  #placeHere(here: Place): PoolPlace {
    const buffer = new SharedImageBuffer(this.#memories);
    const place: PoolPlace = {
      buffer,
      isOpen: true,
      release: () => this.#release(place),
      examine: async (path, read) => {
        try {
          // This thread would keep the others, and Ctrl-C, waiting.
          const worker = read.bytes.length > LARGE ? this.#leastBusy() : undefined;
          if (worker !== undefined) return await worker.examine(PLACES_PER_WORKER, path, read);
          // Workers are given theirs first, and their answers are heard between two images.
          await new Promise((resolve) => setImmediate(resolve));
          return await here.examine(path, read);
        } finally {
          this.#release(place);
        }
      },
    };
    return place;
  }

  #placeOf(worker: PoolWorker, slot: number): PoolPlace {
    const buffer = new SharedImageBuffer(this.#memories);
    const place: PoolPlace = {
      buffer,
      get isOpen() {
        return worker.isAlive && worker.readyBytes < READY_BYTES;
      },
      release: () => this.#release(place),
      examine: async (path, read) => {
        const examined = await worker.examine(slot, path, read);
        if (worker.isAlive) this.#release(place);
        else buffer.done();
        return examined;
      },
    };
    return place;
  }

  #leastBusy(): PoolWorker | undefined {
    const alive = this.#workers.filter(({ isAlive }) => isAlive);
    return alive.sort((a, b) => a.readyBytes - b.readyBytes)[0];
  }
}
