/** A worker thread as its pool sees it: what it was sent and has not answered, and what becomes of that when it ends. */
import { Worker } from 'node:worker_threads';
import type { ReadSuccess } from '../files/read.js';
import { unreadableReport } from '../inspection/image-report.js';
import type { Settings } from '../session/settings.js';
import type { Examined } from './engine.js';

/** To the worker. */
export interface Task {
  readonly slot: number;
  readonly path: string;
  /** Where the bytes of this slot are; left out while that is where they were before. */
  readonly memory?: ArrayBufferLike;
  readonly size: number;
  readonly identity: ReadSuccess['identity'];
}

/** From the worker. */
export interface Answer {
  readonly slot: number;
  /** An `Examined` as JSON: to clone the object takes ten times as long. */
  readonly examined: string;
}

interface Asked extends Omit<Task, 'memory'> {
  readonly memory: ArrayBufferLike;
  settle(examined: Examined): void;
}

/** Ends, one after the other without an answer in between, that images are not to blame for: of the first start, and later. */
const MOST_STARTS = 3;
const MOST_RESTARTS = 20;

export class PoolWorker {
  readonly #file: string;
  readonly #settings: Settings;
  /** Null from its end to the next task. */
  #worker: Worker | null;
  /** By slot, in the order in which they were sent and are answered. */
  readonly #asked = new Map<number, Asked>();
  /** By slot, what the worker that runs now was told. */
  #memories: ArrayBufferLike[] = [];
  #hasAnswered = false;
  #ends = 0;
  #isClosing = false;

  constructor(file: string, settings: Settings) {
    this.#file = file;
    this.#settings = settings;
    this.#worker = this.#start();
  }

  /** Bytes of the images that it was sent and has not answered. */
  get readyBytes(): number {
    let bytes = 0;
    for (const { size } of this.#asked.values()) bytes += size;
    return bytes;
  }

  /** False for one that ended again and again and answered nothing: it is taken for one that cannot start. */
  get isAlive(): boolean {
    return this.#ends < (this.#hasAnswered ? MOST_RESTARTS : MOST_STARTS);
  }

  /** Never rejects. The bytes, in shared memory, are to stay as they are until it is answered. */
  examine(slot: number, path: string, { bytes, identity }: ReadSuccess): Promise<Examined> {
    const { length: size, buffer: memory } = bytes;
    return new Promise((settle) => this.#send({ slot, path, memory, size, identity, settle }));
  }

  #send(asked: Asked): void {
    const { slot, memory, settle, ...rest } = asked;
    try {
      this.#worker ??= this.#start();
      const isKnown = this.#memories[slot] === memory;
      this.#memories[slot] = memory;
      this.#worker.postMessage({ slot, ...rest, ...(isKnown ? {} : { memory }) } satisfies Task);
      this.#asked.set(slot, asked);
    } catch (error) {
      // The system gives no thread, or no memory for one. It counts: this one is not to be given all that are left.
      this.#ends++;
      settle(lost(asked, reasonOf(error)));
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { workerData: this.#settings, argv: [] });
    worker.on('message', ({ slot, examined }: Answer) => {
      this.#hasAnswered = true;
      this.#ends = 0;
      const asked = this.#asked.get(slot);
      this.#asked.delete(slot);
      asked?.settle(JSON.parse(examined) as Examined);
    });
    let reason: string | null = null;
    worker.on('error', (error) => {
      reason = reasonOf(error);
    });
    // After an error, and without one too.
    worker.on('exit', (code) => this.#ended(reason ?? `it ended with status ${code}`));
    return worker;
  }

  /** A thread that ran out of memory takes the image with it that it was at; what waits for it a new one is sent. */
  #ended(reason: string): void {
    if (this.#isClosing) return;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    this.#memories = [];
    this.#worker = null;
    this.#ends++;
    const kept = this.isAlive ? asked.splice(1) : [];
    for (const one of kept) this.#send(one);
    for (const one of asked) one.settle(lost(one, reason));
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function lost({ path, size }: Asked, reason: string): Examined {
  const message = `Cannot check ${path}: the thread that examined it ended (${reason}). Check it alone, with --jobs 1, and report this if it fails again.`;
  const report = unreadableReport(path, size, { code: 'io', path, offset: null, message });
  return { report, sections: [], isLost: true };
}
