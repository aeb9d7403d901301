/**
 * `hvci-fix init`: wires an existing project, or takes that back, or starts one from a template. It asks no questions: the
 * change is small, shown as a diff, and undone by `--undo`; `--dry-run` shows it and writes nothing.
 */
import { relative, resolve } from 'node:path';
import type { Call } from '../call/arguments.js';
import { CallError } from '../call/call-error.js';
import { writeOut } from '../files/output.js';
import { applyChange, obstacle } from '../init/apply.js';
import type { Change, Plan } from '../init/change.js';
import { unifiedDiff } from '../init/diff.js';
import { planUndo } from '../init/plan-undo.js';
import { planWiring } from '../init/plan-wiring.js';
import { type Target, targetAt } from '../init/target.js';
import { copyTemplate } from '../init/template.js';
import { escapeForTerminal } from '../report/escape.js';

export async function initCommand({ positionals, values }: Call): Promise<number> {
  const [folder = '.', ...others] = positionals;
  if (others.length > 0) throw new CallError(`hvci-fix init takes one folder or project; ${others[0]} is one more.`);
  const dryRun = values['dry-run'] === true;
  const template = values['template'] as string | undefined;
  const only = readOnly(values['only'] as string | undefined);
  if (template !== undefined) {
    const unfit = ['undo', 'only', 'force'].find((name) => values[name] !== undefined);
    if (unfit !== undefined) throw new CallError(`--template starts a new project; --${unfit} has no meaning there.`);
    const copied = await copyTemplate(template, folder, values['name'] as string | undefined, dryRun);
    if (!copied.ok) throw new CallError(copied.message);
    say(copied.value);
    return 0;
  }
  if (values['name'] !== undefined) throw new CallError('--name belongs to --template: it names the new driver.');

  const target = targetAt(folder);
  if (!target.ok) throw new CallError(target.message);
  const plan =
    values['undo'] === true
      ? undoOf(target.value, only)
      : planWiring(target.value, { only, force: values['force'] === true, show }, folder);
  return carryOut(plan, dryRun, values['undo'] === true);
}

function readOnly(text: string | undefined): 'msbuild' | 'cmake' | null {
  if (text === undefined) return null;
  if (text === 'msbuild' || text === 'cmake') return text;
  throw new CallError(`--only ${text}: use msbuild or cmake.`);
}

function undoOf({ undoFiles, tree }: Target, only: 'msbuild' | 'cmake' | null): Plan {
  const wanted = undoFiles.filter(({ kind }) => only === null || (kind === 'cmake-lists') === (only === 'cmake'));
  const plan = planUndo(wanted, show);
  const notes = tree.failures.map(({ message }) => message);
  if (plan.changes.length === 0) notes.push('There is nothing of hvci-fix init to take out.');
  return { ...plan, notes };
}

async function carryOut({ changes, notes, problems }: Plan, dryRun: boolean, undo: boolean): Promise<number> {
  const obstacles = changes.map(obstacle).filter((failure) => failure !== null);
  const all = [...problems, ...obstacles.map(({ message }) => message)];
  if (all.length > 0) throw new CallError(`${all.map(escapeForTerminal).join('\n')}\nNothing was changed.`);
  say(changes.map((change) => unifiedDiff(change, show(change.path))).join(''));
  if (dryRun) {
    say(lines([...notes, changes.length === 0 ? 'Nothing to change.' : 'Dry run: nothing was written.']));
    return 0;
  }
  const done: string[] = [];
  for (const change of changes) {
    const result = await applyChange(change);
    if ('ok' in result) {
      const already = done.length === 0 ? 'Nothing was changed.' : `Changed before that: ${done.join(', ')}.`;
      throw new CallError(
        `${escapeForTerminal(result.message)}\n${escapeForTerminal(already)} Run again for the rest.`,
      );
    }
    done.push(show(change.path));
    say(lines([summary(change, undo), ...result.map((note) => `${show(change.path)}: ${note}.`)]));
  }
  say(lines(notes));
  if (done.length > 0 && !undo)
    say('From the next build on, each driver is checked after the link. hvci-fix init --undo takes this out again.\n');
  return 0;
}

function summary({ path, before, after }: Change, undo: boolean): string {
  if (before === null) return `Created ${show(path)}.`;
  if (after === null) return `Removed ${show(path)}, which init had made.`;
  return undo ? `Restored ${show(path)}.` : `Wired ${show(path)}.`;
}

const say = (text: string): void => {
  if (text !== '') writeOut(1, text);
};

const lines = (sentences: readonly string[]): string =>
  sentences.map((sentence) => `${escapeForTerminal(sentence)}\n`).join('');

/** As seen from the current folder where that is shorter to read. */
function show(path: string): string {
  const seen = relative(process.cwd(), path);
  return seen.startsWith('..') ? resolve(path) : seen;
}
