/** PATH arguments of undo into files that have a backup: a file, its backup, a folder, a pattern, an INF for its images. */
import { lstatSync, statSync } from 'node:fs';
import { fileFailure } from '../files/failure.js';
import { walkFolder } from '../files/folder.js';
import { expandPaths, type Found } from '../files/walk.js';
import { BACKUP_SUFFIX, backupPath } from './record.js';

/** In the order of the arguments, each once. Links inside folders are not followed, as fix does not. */
export async function* findBackups(paths: readonly string[]): AsyncGenerator<Found> {
  const seen = new Set<string>();
  for (const argument of paths) {
    for await (const found of findOne(argument)) {
      if (found.ok && seen.has(found.path)) continue;
      seen.add(found.path);
      yield found;
    }
  }
}

async function* findOne(argument: string): AsyncGenerator<Found> {
  const path = argument.endsWith(BACKUP_SUFFIX) ? argument.slice(0, -BACKUP_SUFFIX.length) : argument;
  if (exists(backupPath(path))) {
    yield { ok: true, path, named: true };
    return;
  }
  let any = false;
  for (const found of isFolder(path) ? below(path) : await expandPaths([path], { followLinks: false })) {
    if (/\.inf$/i.test(found.path) && found.ok) {
      for await (const image of installedBy(found.path)) {
        any = true;
        yield image;
      }
      continue;
    }
    // A link that was named to fix: as where it is named here.
    if (!found.ok && !found.named && exists(backupPath(found.path))) {
      any = true;
      yield { ok: true, path: found.path, named: false };
      continue;
    }
    // What a pattern matches and fix did not change has no backup; a file that is named should have one.
    if (found.ok && !found.named && !exists(backupPath(found.path))) continue;
    // Nothing but links that were put back.
    if (any && !found.ok && found.code === 'no-match') continue;
    any ||= found.ok || found.named;
    yield found;
  }
  if (!any) {
    const message = `Nothing to undo in ${argument}: no file of it has a backup (NAME${BACKUP_SUFFIX}).`;
    yield { ...fileFailure('no-match', argument, message), named: true };
  }
}

/** What `fix` of the INF changed: its images that have a backup, also where one is not there any more. */
async function* installedBy(inf: string): AsyncGenerator<Found> {
  const { infImages } = await import('../packages/inf/inf-package.js');
  for await (const { path } of infImages(inf)) if (exists(backupPath(path))) yield { ok: true, path, named: true };
}

function* below(folder: string): Generator<Found> {
  // --remove-backup takes the backup away before its record, which was listed with it, has its turn.
  const told = new Set<string>();
  const accept = (_relative: string, name: string) => /.\.hvci-fix-backup(?:\.json)?$/.test(name);
  for (const found of walkFolder(folder, { accept, depth: Number.POSITIVE_INFINITY, followLinks: false })) {
    if (found.ok && found.path.endsWith(BACKUP_SUFFIX)) {
      const path = found.path.slice(0, -BACKUP_SUFFIX.length);
      told.add(path);
      yield { ok: true, path, named: false };
    } else if (found.ok) {
      const path = found.path.slice(0, -'.json'.length - BACKUP_SUFFIX.length);
      const message = `There is no ${backupPath(path)}, only its record: the backup was moved or removed, and ${path} cannot be put back. Get the backup again, or remove ${found.path}.`;
      if (!told.has(path) && !exists(backupPath(path)))
        yield { ...fileFailure('missing', path, message), named: false };
    } else yield { ...found, named: found.path === folder };
  }
}

const exists = (path: string): boolean => answered(() => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
const isFolder = (path: string): boolean =>
  answered(() => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);

/** What cannot be looked at is none: finding or reading it says why. */
function answered(question: () => boolean): boolean {
  try {
    return question();
  } catch {
    return false;
  }
}
