/** The rename that makes a new file current, patient with virus scanners on Windows. */
import { renameSync } from 'node:fs';
import { type RunIcacls, systemIcacls } from './access.js';
import { errorCode, type FileFailure, fileFailure, fromSystemError } from './failure.js';

/** Replaceable by tests: what a Windows host does cannot be had elsewhere. */
export interface RenameHost {
  readonly platform: NodeJS.Platform;
  rename(from: string, to: string): void;
  wait(milliseconds: number): Promise<unknown>;
  /** A clock that only goes forward, in milliseconds. */
  now(): number;
  readonly icacls: RunIcacls;
}

export const realHost: RenameHost = {
  platform: process.platform,
  rename: renameSync,
  wait: (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds)),
  // Not performance.now: its first use loads a dozen of Node's modules.
  now: () => process.uptime() * 1000,
  icacls: systemIcacls,
};

/** A scanner lets go within a second as a rule; ten cover a large image and a busy machine. */
export const patienceMs = 10_000;
const firstDelayMs = 10;
const longestDelayMs = 1_000;
const passing = new Set(['EPERM', 'EACCES', 'EBUSY']);

/**
 * Renames `from` over `to`. `allowed` is asked before each attempt, as seconds may lie between two; its failure ends it.
 * `shown` is the path for messages. Elsewhere than on Windows the three errors are final and nothing is retried.
 */
export async function renameOver(
  from: string,
  to: string,
  shown: string,
  allowed: () => FileFailure | null,
  host: RenameHost,
): Promise<FileFailure | null> {
  const end = host.now() + patienceMs;
  for (let delay = firstDelayMs; ; delay = Math.min(delay * 2, longestDelayMs)) {
    const refusal = allowed();
    if (refusal !== null) return refusal;
    try {
      host.rename(from, to);
      return null;
    } catch (error) {
      if (host.platform !== 'win32' || !passing.has(errorCode(error))) return fromSystemError(error, 'replace', shown);
      const left = end - host.now();
      if (left <= 0) return heldOpen(shown);
      await host.wait(Math.min(delay, left));
    }
  }
}

function heldOpen(path: string): FileFailure {
  return fileFailure(
    'held',
    path,
    `Cannot replace ${path}: held open by another process for ${patienceMs / 1000} s, or its rights forbid it. ` +
      'The file is unchanged. Close the program that uses it (a debugger, a loaded driver, a virus scanner) and run again.',
  );
}
