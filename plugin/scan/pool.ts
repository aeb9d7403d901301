/**
 * Threads that examine images: this one, which also reads and reports, and workers. The bytes go to a worker and come
 * back without being copied.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ImageBuffer, type ReadSuccess } from '../files/read.js';
import { unreadableReport } from '../inspection/image-report.js';
import { expectMuchWork } from '../inspection/short-work.js';
import type { Settings } from '../session/settings.js';
import { type Engine, type Examined, engineOfThisThread, type Place } from './engine.js';

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

/** One is examined while others lie ready: a worker does not wait while this thread reads or examines an image itself. */
const PLACES_PER_WORKER = 4;
/** Images that may wait for a slow one before them. */
const AHEAD_PER_THREAD = 32;
const MOST_DEFAULT_JOBS = 8;

export const defaultJobs = (): number => Math.min(availableParallelism(), MOST_DEFAULT_JOBS);

/** @param threads this one included. Null where the bundle's worker is not beside this file: then this one does all. */
export async function startPool(threads: number, settings: Settings): Promise<Engine | null> {
  const file = typeof __dirname === 'string' ? join(__dirname, 'cli-scan-worker.cjs') : '';
  if (!existsSync(file)) return null;
  const pool = new Pool(file, threads - 1, settings);
  expectMuchWork();
  await pool.addHere(await engineOfThisThread(settings));
  return pool;
}

interface Thread {
  /** Null from its end to the next task. */
  worker: Worker | null;
  /** False until it has answered once: one that cannot even start is not started again. */
  works: boolean;
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

  constructor(file: string, workers: number, settings: Settings) {
    this.#file = file;
    this.#settings = settings;
    this.ahead = (workers + 1) * AHEAD_PER_THREAD;
    for (let index = 0; index < workers; index++) {
      const thread: Thread = { worker: null, works: false, tasks: new Map() };
      thread.worker = this.#worker(thread);
      this.#threads.push(thread);
    }
    for (let round = 0; round < PLACES_PER_WORKER; round++)
      for (const thread of this.#threads) this.#free.push(this.#placeOn(thread));
  }

  /** This thread's place, the last to be taken: what it examines keeps it from handing out more. */
  async addHere(engine: Engine): Promise<void> {
    const here = await engine.place();
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
    this.#free.push(place);
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
              thread.works = true;
              resolve(JSON.parse(answer.examined) as Examined);
            }
            if (thread.works) this.#release(place);
          });
          const memory = bytes.buffer;
          thread.worker ??= this.#worker(thread);
          thread.worker.postMessage({ id, path, memory, size, identity } satisfies Task, [memory]);
        }),
    };
    return place;
  }

  #worker(thread: Thread): Worker {
    const worker = new Worker(this.#file, { workerData: this.#settings, argv: [] });
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
