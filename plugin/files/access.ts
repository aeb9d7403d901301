/** Gives the temporary file the mode, owner and access list of the file it will replace. */
import { type BigIntStats, fchmodSync, fchownSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { closeQuietly, createExclusive, removeQuietly, temporaryPath } from './temporary.js';

/**
 * POSIX: owner and group as far as the process may, then the mode (a change of owner clears set-id bits). Returns notes
 * for what could not be kept. Extended attributes and POSIX access lists are not kept: Node has no call for them.
 */
export function keepOwnerAndMode(descriptor: number, original: BigIntStats): string[] {
  const notes: string[] = [];
  const uid = Number(original.uid);
  const gid = Number(original.gid);
  const own = process.geteuid?.();
  if (own !== undefined) {
    const owner = own === 0 ? uid : own;
    if (owner !== uid) notes.push(`it belongs to user ${own} now; it was user ${uid}'s`);
    try {
      fchownSync(descriptor, owner, gid);
    } catch {
      notes.push(`its group ${gid} could not be kept`);
    }
  }
  fchmodSync(descriptor, Number(original.mode) & 0o7777);
  return notes;
}

/** Runs icacls with `args`; throws when it fails. */
export type RunIcacls = (args: readonly string[]) => void;

export const systemIcacls: RunIcacls = (args) => {
  // The full path: a program of that name in the current folder must not run.
  const { SystemRoot: root = 'C:\\Windows' } = process.env;
  // Loaded here: it takes as long as the check of a driver, and every report that is written comes through this file.
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  execFileSync(`${root}\\System32\\icacls.exe`, args, { stdio: 'ignore', windowsHide: true, timeout: 10_000 });
};

/**
 * Windows: a rename puts the temporary file's access list in place of the original's. Writing in place would keep the
 * list but a crash would leave half a driver, and ReplaceFileW, which keeps everything, is not in Node. A new file
 * inherits from the folder what the original did, so only a list with entries of its own must be carried over: icacls,
 * part of every Windows, saves it and restores it on the temporary file before the rename. What stays behind: the
 * owner, alternate data streams (Zone.Identifier) and the short name.
 */
export function keepAccessList(original: string, temporary: string, run: RunIcacls): string[] {
  const saved = temporaryPath(dirname(temporary));
  try {
    closeQuietly(createExclusive(saved));
    run([original, '/save', saved, '/q']);
    const list = parseSavedList(readFileSync(saved, 'utf16le'));
    if (list === null) return ['its access list could not be read; it has the one its folder gives'];
    if (!hasOwnEntries(list)) return [];
    writeFileSync(saved, `${basename(temporary)}\r\n${list}\r\n`, 'utf16le');
    run([dirname(temporary), '/restore', saved, '/q']);
    return [];
  } catch {
    return ['its own access list could not be carried over; it has the one its folder gives'];
  } finally {
    removeQuietly(saved);
  }
}

/** `icacls /save` writes UTF-16LE pairs of lines: name, then the list in SDDL. Null when it is not that. */
export function parseSavedList(text: string): string | null {
  const line = text.replace(/^\uFEFF/, '').split(/\r?\n/)[1];
  return line?.startsWith('D:') ? line : null;
}

/** True for a list that is cut off from its folder (P) or has an entry without the flag ID, "inherited". */
export function hasOwnEntries(sddl: string): boolean {
  const flags = /^D:([A-Z]*)/.exec(sddl)?.[1] ?? '';
  if (flags.replace(/AI|AR/g, '').includes('P')) return true;
  return [...sddl.matchAll(/\(([^;()]*);([^;()]*);/g)].some(
    ([, , aceFlags]) => !(aceFlags ?? '').match(/../g)?.includes('ID'),
  );
}
