/** Puts fixed bytes where they belong: over the original, with a backup if asked, or into another folder. Signs first. */
import { basename, join } from 'node:path';
import { createFile } from '../files/create.js';
import { type FileFailure, fileFailure } from '../files/failure.js';
import { type FileIdentity, readImage } from '../files/read.js';
import { removeQuietly } from '../files/temporary.js';
import { type Prepare, replaceFile, type WriteSuccess } from '../files/write.js';
import { signCopy } from '../signing/sign.js';
import { signedProblem } from '../signing/signed-problem.js';
import type { FixSettings } from './fix-image.js';

export const BACKUP_SUFFIX = '.hvci-fix-backup';

export interface Written {
  readonly ok: true;
  readonly writtenTo: string;
  readonly backup: string | null;
  /** Bytes in the file now: a new signature makes it longer than the fixed image. */
  readonly size: number;
  readonly notes: readonly string[];
}

/** `before` is what the file holds, `after` what it shall hold. A failure leaves the original as it was. */
export async function writeFixed(
  path: string,
  before: Uint8Array,
  after: Uint8Array,
  identity: FileIdentity,
  fix: FixSettings,
): Promise<Written | FileFailure> {
  const signing = prepareFor(path, after, fix);
  if (fix.out !== null) {
    const copy = join(fix.out, basename(path));
    const created = await createFile(copy, after, { mode: identity.mode, ...signing });
    if (!created.ok) return created;
    return { ok: true, writtenTo: copy, backup: null, size: created.size, notes: notesOf(created, fix) };
  }
  const backup = fix.backup ? `${path}${BACKUP_SUFFIX}` : null;
  if (backup !== null) {
    const kept = await createFile(backup, before, { mode: identity.mode });
    if (!kept.ok) return kept;
  }
  const replaced = await replaceFile(path, after, identity, signing);
  if (replaced.ok) return { ok: true, writtenTo: path, backup, size: replaced.size, notes: notesOf(replaced, fix) };
  // The original is as it was; a backup left here would only stop the next run.
  if (backup !== null) removeQuietly(backup);
  return replaced;
}

const notesOf = ({ notes }: WriteSuccess, { signCommand }: FixSettings): readonly string[] =>
  signCommand === null ? notes : [`signed by ${signCommand.name}`, ...notes];

function prepareFor(path: string, after: Uint8Array, { signCommand }: FixSettings): { prepare?: Prepare } {
  if (signCommand === null) return {};
  const prepare: Prepare = async (temporary) => {
    const signed = await signCopy(signCommand, temporary, { shown: path });
    if (!signed.ok) return signed;
    const read = readImage(signed.path);
    if (!read.ok) return read;
    const problem = signedProblem(after, read.bytes);
    return problem === null
      ? signed
      : fileFailure(
          'signing',
          path,
          `Cannot sign ${path}: ${signCommand.name} ended well, but ${problem}. The file is unchanged.`,
        );
  };
  return { prepare };
}
