/** Puts fixed bytes where they belong: over the original, with a backup if asked, or into another folder. Signs first. */
import { basename, join } from 'node:path';
import { createFile } from '../files/create.js';
import { type FileFailure, fileFailure } from '../files/failure.js';
import { type FileIdentity, readImage } from '../files/read.js';
import { type Prepare, replaceFile } from '../files/write.js';
import { signCopy } from '../signing/sign.js';
import { signedProblem } from '../signing/signed-problem.js';
import type { FixSettings } from './fix-image.js';

export const BACKUP_SUFFIX = '.hvci-fix-backup';

export interface Written {
  readonly ok: true;
  readonly writtenTo: string;
  readonly backup: string | null;
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
    return created.ok ? { ok: true, writtenTo: copy, backup: null, notes: created.notes } : created;
  }
  const backup = fix.backup ? `${path}${BACKUP_SUFFIX}` : null;
  if (backup !== null) {
    const kept = await createFile(backup, before, { mode: identity.mode });
    if (!kept.ok) return kept;
  }
  const replaced = await replaceFile(path, after, identity, signing);
  return replaced.ok ? { ok: true, writtenTo: path, backup, notes: replaced.notes } : replaced;
}

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
