/** `hvci-fix undo`: puts back the bytes that `fix --backup` kept. */
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { writeOut } from '../files/output.js';
import { escapeForTerminal, stringifyJson } from '../report/escape.js';
import { counted } from '../report/numbers.js';
import { findBackups } from '../undo/find.js';
import { backupPath } from '../undo/record.js';
import { restore, type Undone } from '../undo/restore.js';
import { VERSION } from '../version.js';

const STATUS: Readonly<Record<Undone['outcome'], number>> = {
  restored: 0,
  planned: 0,
  already: 0,
  refused: 1,
  failed: 2,
};

export async function undoCommand({ positionals, values }: Call): Promise<number> {
  if (positionals.length === 0) throw new CallError('Name at least one file, folder or pattern: hvci-fix undo PATH...');
  const format = values['format'] ?? 'text';
  if (format !== 'text' && format !== 'json') throw new CallError(`--format ${String(format)}: use text or json.`);
  const options = {
    dryRun: values['dry-run'] === true,
    force: values['force'] === true,
    removeBackup: values['remove-backup'] === true,
  };
  const quiet = values['quiet'] === true;
  const files: Undone[] = [];
  let status = 0;
  for await (const found of findBackups(positionals)) {
    const { path } = found;
    const undone = found.ok ? await restore(path, options) : notFound(path, found.message);
    files.push(undone);
    // A folder below that cannot be listed is a line, no failure of the call.
    if (found.ok || found.named) status = Math.max(status, STATUS[undone.outcome]);
    if (format === 'text' && !(quiet && isDone(undone))) writeOut(1, lineOf(undone));
  }
  if (format === 'json')
    writeOut(1, `${stringifyJson({ schemaVersion: 1, tool: { name: 'hvci-fix', version: VERSION }, files }, 2)}\n`);
  else if (!quiet) writeOut(1, `${summary(files)}\n`);
  return status;
}

const isDone = ({ outcome }: Undone): boolean => STATUS[outcome] === 0;

const notFound = (path: string, message: string): Undone => ({
  path,
  backup: backupPath(path),
  outcome: 'failed',
  backupRemoved: false,
  notes: [message],
});

const WORDS: Readonly<Record<Undone['outcome'], string>> = {
  restored: 'restored',
  planned: 'would restore',
  already: 'as it was',
  refused: 'refused',
  failed: 'failed',
};

function lineOf({ path, outcome, notes, backupRemoved }: Undone): string {
  const removed = backupRemoved ? ['the backup was removed'] : [];
  const lines = [...notes, ...removed].map((note) => `  ${escapeForTerminal(note)}\n`);
  return `${WORDS[outcome].padEnd(15)}${escapeForTerminal(path)}\n${lines.join('')}`;
}

function summary(files: readonly Undone[]): string {
  const number = (...outcomes: Undone['outcome'][]): number =>
    files.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const left = number('refused', 'failed');
  const done = number('restored', 'already');
  const planned = number('planned');
  const parts = [
    ...(planned > 0 ? [`Nothing was written; without --dry-run ${counted(planned, 'file')} would be put back.`] : []),
    ...(done > 0 ? [`${counted(done, 'file')} ${done === 1 ? 'is' : 'are'} as before the fix.`] : []),
    ...(left > 0 ? [`${counted(left, 'file')} ${left === 1 ? 'was' : 'were'} left alone; the reason is above.`] : []),
  ];
  return parts.join(' ');
}
