/** Text to a descriptor, whole. Not process.stdout: it loads tty and net, a tenth of the start-up. */
import { writeSync } from 'node:fs';
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
export function writeOut(descriptor: number, text: string, write: typeof writeSync = writeSync): boolean {
  if (closed.has(descriptor)) return false;
  const bytes = Buffer.from(text, 'utf8');
  let delayMs = 1;
  for (let done = 0; done < bytes.length; ) {
    try {
      done += write(descriptor, bytes, done, bytes.length - done);
      delayMs = 1;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EAGAIN') {
        // A pipe that another process made non-blocking: no event can be waited for synchronously.
        Atomics.wait(sleeper, 0, 0, delayMs);
        delayMs = Math.min(delayMs * 2, 16);
      } else if (code === 'EPIPE' || (code === 'EOF' && process.platform === 'win32')) {
        closed.add(descriptor);
        return false;
      } else if (code !== 'EINTR') {
        const name =
          descriptor === 1 ? 'standard output' : descriptor === 2 ? 'standard error' : `descriptor ${descriptor}`;
        throw new OutputError(fromSystemError(error, 'write to', name).message);
      }
    }
  }
  return true;
}
