/** Temporary files beside the file they will replace: named so that people and the next run recognise them. */
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isTemporaryName } from './image-names.js';

/** Longer than any signing may take, so that a file in use is never taken for a leftover. */
const staleAfterMs = 3_600_000;

/** A path in `folder` that does not exist. Fixed length: a name at the system's limit must not make ours too long. */
export function temporaryPath(folder: string, extension = ''): string {
  // Loaded when a name is wanted: a report that goes to a pipe or device needs none.
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  const kept = /^\.[A-Za-z0-9]{1,8}$/.test(extension) ? extension : '';
  return join(folder, `.hvci-fix-${randomBytes(12).toString('hex')}.tmp${kept}`);
}

/** Creates `path`, which must not exist, readable by its owner only until the caller widens the mode. */
export const createExclusive = (path: string): number => openSync(path, 'wx', 0o600);

/** A short count is normal on a disk that fills up; the next call then says ENOSPC. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, Math.min(bytes.length - done, 2 ** 30), done);
  }
}

export function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The error that led here is the one to report.
  }
}

export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone, or the next run removes it.
  }
}

const cleanedFolders = new Set<string>();

/**
 * Removes what a crashed run left in `folder`, once per folder and process. `descriptor` is a file just written there:
 * ages are taken against its time, as a file server's clock may differ from ours.
 */
export function removeStale(folder: string, descriptor: number): void {
  if (cleanedFolders.has(folder)) return;
  cleanedFolders.add(folder);
  try {
    const now = fstatSync(descriptor).mtimeMs;
    for (const name of readdirSync(folder)) {
      if (!isTemporaryName(name)) continue;
      const path = join(folder, name);
      const status = lstatSync(path, { throwIfNoEntry: false });
      if (status?.isFile() && now - status.mtimeMs > staleAfterMs) removeQuietly(path);
    }
  } catch {
    // Tidying up is a courtesy; a folder that cannot be listed can still be written to.
  }
}

const signals: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
const atStake = new Set<string>();

function onSignal(signal: NodeJS.Signals): void {
  // Somebody else ends the run in order, and wants what is at stake: a report of what was done, the file under way.
  if (process.listenerCount(signal) > 1) return;
  for (const path of atStake) removeQuietly(path);
  atStake.clear();
  unlisten();
  process.kill(process.pid, signal);
}

function unlisten(): void {
  for (const signal of signals) process.removeListener(signal, onSignal);
}

/** From now until `release`, a signal that ends the process removes `path` first. */
export function removeOnSignal(path: string): void {
  if (atStake.size === 0) for (const signal of signals) process.on(signal, onSignal);
  atStake.add(path);
}

/**
 * Lets the event loop poll first: a signal that arrived during synchronous work would be lost with its listener. Two turns,
 * as the first may come without a poll when a poll's own callback led here.
 */
export async function release(path: string): Promise<void> {
  await turn();
  await turn();
  if (atStake.delete(path) && atStake.size === 0) unlisten();
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
