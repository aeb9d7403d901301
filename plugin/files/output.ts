/** Text to a descriptor, whole. Not process.stdout: it loads tty and net, a tenth of the start-up. */
import { write, writeSync } from 'node:fs';
import { errorCode, fromSystemError } from './failure.js';

/** The text could not be written: a full disk behind `> file`. The message is for the user. */
export class OutputError extends Error {}

const closed = new Set<number>();
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all of `text` as UTF-8 to `descriptor` (1 or 2). A full pipe is waited for; it is not an error that the reader has gone
 * (`| head`): then false, and later calls for that descriptor do nothing, so that the exit status stays the verdict's.
 * Throws OutputError for anything else.
 */
export function writeOut(descriptor: number, text: string, writeNow: typeof writeSync = writeSync): boolean {
  if (closed.has(descriptor)) return false;
  const bytes = Buffer.from(text, 'utf8');
  let delayMs = 1;
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeNow(descriptor, bytes, done, bytes.length - done);
      delayMs = 1;
    } catch (error) {
      const next = afterFailure(error, descriptor);
      if (next === 'closed') return false;
      // A pipe that another process made non-blocking: no event can be waited for synchronously.
      if (next === 'wait') Atomics.wait(sleeper, 0, 0, delayMs);
      delayMs = Math.min(delayMs * 2, 16);
    }
  }
  return true;
}

/** The same, but events are heard meanwhile: Ctrl-C, when a pager stands still and the pipe is full. */
export async function writeOutPatiently(descriptor: number, text: string): Promise<boolean> {
  if (closed.has(descriptor)) return false;
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length; ) {
    try {
      done += await writeSome(descriptor, bytes.subarray(done));
    } catch (error) {
      const next = afterFailure(error, descriptor);
      if (next === 'closed') return false;
      if (next === 'wait') await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  return true;
}

const writeSome = (descriptor: number, bytes: Uint8Array): Promise<number> =>
  new Promise((resolve, reject) =>
    write(descriptor, bytes, (error, written) => (error === null ? resolve(written) : reject(error))),
  );

/** `closed`: the reader has gone. Throws OutputError for what no patience helps against. */
function afterFailure(error: unknown, descriptor: number): 'again' | 'wait' | 'closed' {
  const code = errorCode(error);
  if (code === 'EAGAIN') return 'wait';
  if (code === 'EINTR') return 'again';
  if (code === 'EPIPE' || (code === 'EOF' && process.platform === 'win32')) {
    closed.add(descriptor);
    return 'closed';
  }
  const name = descriptor === 1 ? 'standard output' : descriptor === 2 ? 'standard error' : `descriptor ${descriptor}`;
  throw new OutputError(fromSystemError(error, 'write to', name).message);
}
