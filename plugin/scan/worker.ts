/** A worker thread of a scan: images in, reports out. */
import { parentPort, workerData } from 'node:worker_threads';
import { suppressionsOf } from '../configuration/suppressions.js';
import { ImageBuffer } from '../files/read.js';
import { expectMuchWork } from '../inspection/short-work.js';
import type { Settings } from '../session/settings.js';
import { examineHere } from './engine.js';
import type { Answer, Task } from './pool-worker.js';

expectMuchWork();
const settings = workerData as Settings;
const suppress = suppressionsOf(settings.suppressions, settings.configurationPath);
/** By slot. */
const memories: ArrayBufferLike[] = [];
/**
 * What V8 has for searching bytes goes over shared memory one by one, with the care that somebody may write it meanwhile: to
 * take the bytes out first saved a tenth of a scan. Not of large images, which would be held twice.
 */
const own = new ImageBuffer();
const LARGE = 1 << 22;
// One after the other: the engine works synchronously, and what waits lies in memory already.
let last = Promise.resolve();

parentPort?.on('message', (task: Task) => {
  last = last.then(() => answer(task));
});

async function answer({ slot, path, memory, size, identity }: Task): Promise<void> {
  if (memory !== undefined) memories[slot] = memory;
  const shared = new Uint8Array(memories[slot] as ArrayBufferLike, 0, size);
  const bytes = size > LARGE ? shared : own.reserve(size).subarray(0, size);
  if (bytes !== shared) bytes.set(shared);
  const examined = JSON.stringify(await examineHere(path, { bytes, identity }, settings, await suppress));
  parentPort?.postMessage({ slot, examined } satisfies Answer);
}
