/** What can go wrong with a file, in words a user can act on. Host I/O never escapes `plugin/files` as an exception. */

export type FileFailureCode =
  | 'missing'
  | 'directory'
  | 'no-rights'
  | 'not-regular'
  | 'empty'
  | 'too-large'
  | 'changed'
  | 'exists'
  | 'image'
  | 'read-only'
  | 'no-space'
  | 'held'
  | 'name'
  | 'no-match'
  | 'link'
  | 'link-loop'
  | 'signing'
  // Of driver packages: what is wrong with an archive, a catalog or an INF, or with one file that it holds or names.
  | 'damaged'
  | 'limit'
  | 'outside'
  | 'not-supported'
  | 'io';

export interface FileFailure {
  readonly ok: false;
  readonly code: FileFailureCode;
  /** The path as the caller gave it. */
  readonly path: string;
  /** One sentence with the path and what is wrong, one with what to do. Not escaped: a reporter does that. */
  readonly message: string;
}

export const fileFailure = (code: FileFailureCode, path: string, message: string): FileFailure => ({
  ok: false,
  code,
  path,
  message,
});

/** What a listing showed a moment ago: nobody misspelt it. */
export const vanished = (doing: string, path: string): FileFailure =>
  fileFailure(
    'missing',
    path,
    `Cannot ${doing} ${path}: it was there when its folder was listed, and is gone. Run again when nothing removes files.`,
  );

interface Explanation {
  readonly code: FileFailureCode;
  readonly what: string;
  readonly remedy: string;
}

const noRights: Explanation = {
  code: 'no-rights',
  what: 'access denied',
  remedy: 'Check the rights of the file and of its folder, or run as a user who has them.',
};
const noSpace: Explanation = {
  code: 'no-space',
  what: 'no space left',
  remedy: 'Free disk space or quota and run again.',
};
const missing: Explanation = { code: 'missing', what: 'no such file', remedy: 'Check the spelling of the path.' };
const noFolder: Explanation = {
  code: 'missing',
  what: 'its folder does not exist',
  remedy: 'Create the folder, or check the spelling of the path.',
};
const held: Explanation = {
  code: 'held',
  what: 'it is held open by another process or is a mount point',
  remedy: 'Close the program that uses it (a debugger, a virus scanner, a running build) and run again.',
};
const badName: Explanation = {
  code: 'name',
  what: 'the path is not a valid file name here',
  remedy: 'Rename the file or correct the path.',
};

/** Every errno that users meet; the rest is `io` with the system's own words. */
const explanations: Readonly<Record<string, Explanation>> = {
  ENOENT: missing,
  ENOTDIR: { ...missing, what: 'a part of the path is not a folder' },
  EISDIR: { code: 'directory', what: 'it is a folder', remedy: 'Name a file.' },
  EACCES: noRights,
  EPERM: { ...noRights, what: 'the operation is not permitted' },
  EROFS: { code: 'read-only', what: 'the file system is read-only', remedy: 'Write elsewhere with --out DIR.' },
  ENOSPC: noSpace,
  EDQUOT: { ...noSpace, what: 'the disk quota is used up' },
  EFBIG: { ...noSpace, what: 'the file is over the allowed file size (ulimit -f)' },
  EBUSY: held,
  ETXTBSY: held,
  ENAMETOOLONG: { ...badName, what: 'the path or name is too long', remedy: 'Use a shorter path.' },
  EINVAL: badName,
  ERR_INVALID_ARG_VALUE: badName,
  ELOOP: { code: 'link-loop', what: 'its symbolic links go in a circle', remedy: 'Correct the link.' },
  ENXIO: { code: 'not-regular', what: 'it is a socket, pipe or device', remedy: 'Name a regular file.' },
  EEXIST: { code: 'exists', what: 'a file of that name is already there', remedy: 'Remove it or choose another name.' },
  EMFILE: { code: 'io', what: 'too many files are open', remedy: 'Raise the limit (ulimit -n) and run again.' },
};

/** The error code of a thrown value, '' when it has none. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** What is written need not exist, but its folder must. */
const isNew = (doing: string): boolean => doing === 'write' || doing === 'create';

/** `doing` completes "cannot ...": `read`, `replace`. */
export function fromSystemError(error: unknown, doing: string, path: string): FileFailure {
  const cause = errorCode(error);
  const known = cause === 'ENOENT' && isNew(doing) ? noFolder : explanations[cause];
  if (known !== undefined) {
    return fileFailure(known.code, path, `Cannot ${doing} ${path}: ${known.what}. ${known.remedy}`);
  }
  const words = error instanceof Error ? error.message : String(error);
  return fileFailure(
    'io',
    path,
    `Cannot ${doing} ${path}: the system reports "${words}". Try again; check the disk if it stays.`,
  );
}
