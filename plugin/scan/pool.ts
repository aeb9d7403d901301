/** Worker threads that examine images. The bytes go there and come back without being copied. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ImageBuffer, type ReadSuccess } from '../files/read.js';
import { unreadableReport } from '../inspection/image-report.js';
import type { Settings } from '../session/settings.js';
import type { Engine, Examined, Place } from './engine.js';

/** To a worker. */
export interface Task {
  readonly id: number;
  readonly path: string;
  readonly memory: ArrayBuffer;
  readonly size: number;
  readonly identity: ReadSuccess['identity'];
}

/** From a worker; `memory` is that of the task. */
export interface Answer {
  readonly id: number;
  /** An `Examined` as JSON: to clone the object takes ten times as long. */
  readonly examined: string;
  readonly memory: ArrayBuffer;
}

/** One is examined while the next lies ready: a thread never waits for this one to read. */
const PLACES_PER_THREAD = 2;
/** Images that may wait for a slow one before them. */
const AHEAD_PER_THREAD = 32;
const MOST_DEFAULT_JOBS = 8;
/** Of each thread's heap. The default, 48, takes 20 MB more a thread and saves no time that could be measured. */
const YOUNG_GENERATION_MB = 16;

export const defaultJobs = (): number => Math.min(availableParallelism(), MOST_DEFAULT_JOBS);

/** Null where the bundle's worker is not beside this file: then one thread does. */
export function startPool(threads: number, settings: Settings): Engine | null {
  const file = typeof __dirname === 'string' ? join(__dirname, 'cli-scan-worker.cjs') : '';
  return existsSync(file) ? new Pool(file, threads, settings) : null;
}

interface Thread {
  /** Null from its end to the next task: one that cannot even start is not started for nothing. */
  worker: Worker | null;
  readonly tasks: Map<number, (answer: Answer | string) => void>;
}

class Pool implements Engine {
  readonly ahead: number;
  readonly #file: string;
  readonly #settings: Settings;
  readonly #threads: Thread[] = [];
  readonly #free: Place[] = [];
  #waiting: ((place: Place) => void) | null = null;
  #id = 0;
  #closing = false;

  constructor(file: string, threads: number, settings: Settings) {
    this.#file = file;
    this.#settings = settings;
    this.ahead = threads * AHEAD_PER_THREAD;
    for (let index = 0; index < threads; index++) {
      const thread: Thread = { worker: null, tasks: new Map() };
      thread.worker = this.#worker(thread);
      this.#threads.push(thread);
    }
    for (let round = 0; round < PLACES_PER_THREAD; round++)
      for (const thread of this.#threads) this.#free.push(this.#placeOn(thread));
  }

  place(): Place | Promise<Place> {
    return this.#free.shift() ?? new Promise((resolve) => (this.#waiting = resolve));
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#threads.map(({ worker }) => worker?.terminate()));
  }

  #release(place: Place): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#free.push(place);
    else waiting(place);
  }

  #placeOn(thread: Thread): Place {
    let buffer = new ImageBuffer();
    const place: Place = {
      get buffer() {
        return buffer;
      },
      release: () => this.#release(place),
      examine: (path, { bytes, identity }) =>
        new Promise((resolve) => {
          const id = this.#id++;
          const size = bytes.length;
          thread.tasks.set(id, (answer) => {
            if (typeof answer === 'string') {
              buffer = new ImageBuffer();
              resolve({ report: lost(path, size, answer), sections: [] });
            } else {
              buffer = new ImageBuffer(answer.memory);
              resolve(JSON.parse(answer.examined) as Examined);
            }
            this.#release(place);
          });
          const memory = bytes.buffer;
          thread.worker ??= this.#worker(thread);
          thread.worker.postMessage({ id, path, memory, size, identity } satisfies Task, [memory]);
        }),
    };
    return place;
  }

  #worker(thread: Thread): Worker {
    const worker = new Worker(this.#file, {
      workerData: this.#settings,
      argv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.on('message', (answer: Answer) => {
      const settle = thread.tasks.get(answer.id);
      thread.tasks.delete(answer.id);
      settle?.(answer);
    });
    let reason: string | null = null;
    worker.on('error', (error) => {
      reason = error.message;
    });
    // After an error, and without one too.
    worker.on('exit', (code) => this.#ended(thread, reason ?? `it ended with status ${code}`));
    return worker;
  }

  /** A thread that ran out of memory takes what it was given with it; the others, and a new one, go on. */
  #ended(thread: Thread, reason: string): void {
    if (this.#closing) return;
    const lostTasks = [...thread.tasks.values()];
    thread.tasks.clear();
    thread.worker = null;
    for (const settle of lostTasks) settle(reason);
  }
}

function lost(path: string, size: number, reason: string): Examined['report'] {
  const message = `Cannot check ${path}: the thread that examined it ended (${reason}). Check it alone, with --jobs 1, and report this if it fails again.`;
  return unreadableReport(path, size, { code: 'io', path, offset: null, message });
}
