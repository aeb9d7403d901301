/** Project folders with the package installed beside them, and `hvci-fix init` run on them as a user does. */
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { REPOSITORY, repositoryFile } from '../../support/repository.js';
import { scratch } from '../files/scratch.js';

export interface Project {
  readonly folder: string;
  path(name: string): string;
  read(name: string): string;
  write(name: string, content: string | Uint8Array): void;
  /** Every file but those of node_modules, by its path, as hexadecimal digits. */
  snapshot(): Record<string, string>;
}

/** `files` by path. `installed` is the folder, below the project's, that has node_modules/hvci-fix; null for none. */
export function projectOf(
  t: ExecutionContext,
  files: Readonly<Record<string, string | Uint8Array>>,
  installed: string | null = '.',
): Project {
  const folder = realpathSync(scratch(t));
  const project: Project = {
    folder,
    path: (name) => join(folder, name),
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    write: (name, content) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    },
    snapshot: () =>
      Object.fromEntries(
        filesBelow(folder, '').map((name) => [name, readFileSync(join(folder, name)).toString('hex')]),
      ),
  };
  for (const [name, content] of Object.entries(files)) project.write(name, content);
  if (installed !== null) {
    mkdirSync(join(folder, installed, 'node_modules'), { recursive: true });
    symlinkSync(REPOSITORY, join(folder, installed, 'node_modules/hvci-fix'));
  }
  return project;
}

function filesBelow(folder: string, prefix: string): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.name === 'node_modules') return [];
    return entry.isDirectory() ? filesBelow(folder, name) : [name];
  });
}

export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `hvci-fix init ARGS` in `folder`. */
export async function init(folder: string, ...args: string[]): Promise<Answer> {
  const run = await execa(process.execPath, [repositoryFile('dist/cli.cjs'), 'init', ...args], {
    cwd: folder,
    reject: false,
    stripFinalNewline: false,
  });
  return { exitCode: run.exitCode ?? -1, stdout: run.stdout, stderr: run.stderr };
}
