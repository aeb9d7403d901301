/** Puts one file back: only when the backup is what fix kept and the file is what fix wrote. */
import { createFile } from '../files/create.js';
import type { FileFailure } from '../files/failure.js';
import { protectedReason } from '../files/protected.js';
import { type ReadSuccess, readImage } from '../files/read.js';
import { removeQuietly } from '../files/temporary.js';
import { replaceFile, replaceObstacle } from '../files/write.js';
import { type BackupRecord, backupPath, isContent, readRecord, recordPath } from './record.js';

export interface UndoOptions {
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly removeBackup: boolean;
}

export interface Undone {
  readonly path: string;
  readonly backup: string;
  /** `already`: it holds the original's bytes. `refused`: --force would do it. `failed`: nothing would. */
  readonly outcome: 'restored' | 'planned' | 'already' | 'refused' | 'failed';
  readonly backupRemoved: boolean;
  /** Why not, and what to do; what a user should know of the write. */
  readonly notes: readonly string[];
}

/** Never throws. */
export async function restore(path: string, options: UndoOptions): Promise<Undone> {
  const backup = backupPath(path);
  const end = (outcome: Undone['outcome'], ...notes: string[]): Undone => ({
    path,
    backup,
    outcome,
    backupRemoved: false,
    notes,
  });
  const kept = readImage(backup);
  if (!kept.ok)
    return kept.code === 'missing'
      ? end('failed', `There is no ${backup}: fix --backup makes it. Nothing was changed.`)
      : end('failed', kept.message);
  const record = readRecord(path);
  if (!record.ok) return end('failed', record.message);
  if (record.value !== null && !isContent(kept.bytes, record.value.original))
    return end(
      'failed',
      `${backup} is not what fix kept: its SHA-256 is not that of ${recordPath(path)}. Nothing was changed.`,
    );
  const now = readImage(path);
  if (!now.ok && now.code !== 'missing' && now.code !== 'empty') return end('failed', now.message);
  if (now.ok && Buffer.compare(now.bytes, kept.bytes) === 0) return finish(end('already'), options);
  const reason = objection(path, now, record.value);
  if (reason !== null && !options.force) return end('refused', reason);
  if (options.dryRun) {
    const obstacle = now.ok ? replaceObstacle(path, now.identity) : null;
    return obstacle === null ? end('planned') : end('failed', inPlace(obstacle));
  }
  const written = await put(path, now, kept);
  return written.ok ? finish(end('restored', ...written.notes), options) : end('failed', inPlace(written));
}

/** Without what is advised to those who fix. */
const inPlace = ({ message }: FileFailure): string =>
  message.replace(/, or write elsewhere with --out DIR| Write elsewhere with --out DIR\./, '');

function objection(path: string, now: ReadSuccess | FileFailure, record: BackupRecord | null): string | null {
  const place = protectedReason(path, process.env);
  if (place !== null) return place;
  if (record === null)
    return `There is no ${recordPath(path)}, so that nothing tells whether ${path} was changed since. --force puts the backup back.`;
  // Nothing is lost where there is nothing.
  if (!now.ok || isContent(now.bytes, record.fixed)) return null;
  return `${path} is not what fix wrote: it was rebuilt, signed or changed since, and that would be lost. --force puts the backup back.`;
}

const put = (path: string, now: ReadSuccess | FileFailure, { bytes, identity }: ReadSuccess) =>
  now.ok ? replaceFile(path, bytes, now.identity) : createFile(path, bytes, { mode: identity.mode });

/** The backup stays unless it is asked for: it is what makes a second undo, and the next fix --backup, certain. */
function finish(undone: Undone, { removeBackup, dryRun }: UndoOptions): Undone {
  if (!removeBackup || dryRun) return undone;
  for (const made of [undone.backup, recordPath(undone.path)]) removeQuietly(made);
  return { ...undone, backupRemoved: true };
}
