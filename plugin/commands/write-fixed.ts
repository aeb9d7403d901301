/** Puts fixed bytes where they belong: over the original, with a backup if asked, or into another folder. Signs first. */
import { resolve } from 'node:path';
import { createFile, nameTaken } from '../files/create.js';
import { type FileFailure, fileFailure, fromSystemError } from '../files/failure.js';
import { type FileIdentity, readImage } from '../files/read.js';
import { removeQuietly } from '../files/temporary.js';
import { type Prepare, replaceFile } from '../files/write.js';
import type { SignCommand } from '../signing/command.js';
import { signCopy } from '../signing/sign.js';
import { signedProblem } from '../signing/signed-problem.js';
import { backupObstacle, keepOriginal } from '../undo/keep.js';
import type { FixSettings } from './fix-image.js';

const STAYS_VALID = 'the signature stays valid: CheckSum is not part of what it covers';

/** Where the fixed copy of one image goes (`--out`). */
export interface FixedCopy {
  readonly path: string;
  /** The copies of this run so far: absolute path, and the image it was made of. */
  readonly made: Map<string, string>;
}

export interface Written {
  readonly ok: true;
  readonly writtenTo: string;
  readonly backup: string | null;
  /** Bytes in the file now: a new signature makes it longer than the fixed image. */
  readonly size: number;
  readonly notes: readonly string[];
}

/**
 * `before` is what the file holds, `after` what it shall hold; `signed`: that still carries the signature, so that it is not
 * signed again. A failure leaves the original as it was.
 */
export async function writeFixed(
  path: string,
  before: Uint8Array,
  after: Uint8Array,
  identity: FileIdentity,
  fix: FixSettings,
  signed: boolean,
): Promise<Written | FileFailure> {
  const signCommand = signed ? null : fix.signCommand;
  const signing: { prepare?: Prepare } = signCommand === null ? {} : prepareFor(path, after, signCommand);
  const said = signed ? [STAYS_VALID] : signCommand === null ? [] : [`signed by ${signCommand.name}`];
  if (fix.out !== null) {
    const copy = fix.out.path;
    const given = givenAway(path, fix.out);
    if (given !== null) return given;
    const created = await createFile(copy, after, { mode: identity.mode, ...signing });
    if (!created.ok) return created;
    fix.out.made.set(copyKey(copy), path);
    return { ok: true, writtenTo: copy, backup: null, size: created.size, notes: [...said, ...created.notes] };
  }
  const kept = fix.backup ? await keepOriginal(path, before, after, identity.mode, signing.prepare) : null;
  if (kept !== null && !kept.ok) return kept;
  const replaced = await replaceFile(path, after, identity, kept ?? signing);
  if (!replaced.ok) {
    kept?.discard();
    return replaced;
  }
  const notes = [...said, ...(kept?.notes ?? []), ...replaced.notes];
  return { ok: true, writtenTo: path, backup: kept?.backup ?? null, size: replaced.size, notes };
}

/** For --dry-run: what is in the way of `writeFixed` under the names it would write to. The copy counts as made. */
export function obstacleTo(path: string, before: Uint8Array, { out, backup }: FixSettings): FileFailure | null {
  if (out === null) return backup ? backupObstacle(path, before) : null;
  const wanted = out.path;
  try {
    const obstacle = givenAway(path, out) ?? nameTaken(wanted);
    if (obstacle === null) out.made.set(copyKey(wanted), path);
    return obstacle;
  } catch (error) {
    return fromSystemError(error, 'create', wanted);
  }
}

const copyKey = (path: string): string => (process.platform === 'win32' ? resolve(path).toLowerCase() : resolve(path));

function givenAway(path: string, { path: copy, made }: FixedCopy): FileFailure | null {
  const earlier = made.get(copyKey(copy));
  if (earlier === undefined) return null;
  const what = `Cannot create ${copy} for ${path}: it is the fixed copy of ${earlier}.`;
  const remedy = 'Give each its own --out, or name a folder above both: what lies below a folder keeps its path.';
  return fileFailure('exists', copy, `${what} ${remedy}`);
}

function prepareFor(path: string, after: Uint8Array, signCommand: SignCommand): { prepare: Prepare } {
  const prepare: Prepare = async (temporary) => {
    const signed = await signCopy(signCommand, temporary, { shown: path });
    if (!signed.ok) return signed;
    const failure = rejected(path, after, signed.path, signCommand);
    if (failure === null) return signed;
    if (signed.path !== temporary) removeQuietly(signed.path);
    return failure;
  };
  return { prepare };
}

/** Why what the tool left is not taken for the signed driver. */
function rejected(path: string, after: Uint8Array, signed: string, { name }: SignCommand): FileFailure | null {
  const read = readImage(signed);
  if (!read.ok) return read;
  const problem = signedProblem(after, read.bytes);
  if (problem === null) return null;
  return fileFailure(
    'signing',
    path,
    `Cannot sign ${path}: ${name} ended well, but ${problem}. The file is unchanged.`,
  );
}
