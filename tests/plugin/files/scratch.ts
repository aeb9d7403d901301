/** A folder that goes when the test ends, and the actor program run as another process or user. */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { type FileIdentity, readImage } from '../../../plugin/files/read.js';
import { type ReplaceOptions, replaceFile } from '../../../plugin/files/write.js';

export const isRoot = process.getuid?.() === 0;
/** nobody */
export const otherUser = 65534;
export const actorPath = fileURLToPath(new URL('actor.js', import.meta.url));

export function scratch(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hvci-fix-test-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Reads and replaces, as a command does. */
export async function replace(path: string, content: string, options?: ReplaceOptions) {
  return replaceFile(path, Buffer.from(content), identityOf(path), options);
}

export function identityOf(path: string): FileIdentity {
  const read = readImage(path);
  if (!read.ok) throw new Error(read.message);
  return read.identity;
}

export const text = (path: string): string => readFileSync(path, 'utf8');

export const temporaries = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('.hvci-fix-'));

/** A result of plugin/files, from JSON. */
export interface Answer {
  readonly ok?: boolean;
  readonly code?: string;
  readonly path?: string;
  readonly message?: string;
  readonly size?: number;
  readonly notes?: readonly string[];
  readonly found?: readonly {
    readonly ok: boolean;
    readonly path: string;
    readonly code?: string;
    readonly named: boolean;
  }[];
}

/** False, with a log line, where the test needs root; CI runs as root. */
export function needsRoot(t: ExecutionContext): boolean {
  if (!isRoot) {
    t.log('not run: needs root');
    t.pass();
  }
  return isRoot;
}

/** Runs the actor; its answer is the JSON it prints. */
export function act(args: readonly string[], options: { uid?: number; shell?: string } = {}): Answer {
  const run: SpawnSyncReturns<string> = spawnSync(
    options.shell === undefined ? process.execPath : 'bash',
    options.shell === undefined
      ? [actorPath, ...args]
      : ['-c', `${options.shell}; exec "$@"`, '-', process.execPath, actorPath, ...args],
    { encoding: 'utf8', timeout: 60_000, ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }) },
  );
  if (run.status !== 0) throw new Error(`actor ${args.join(' ')}: status ${run.status}, ${run.signal}: ${run.stderr}`);
  return JSON.parse(run.stdout) as Answer;
}

/** A tmpfs of `size` at `folder`, or false with a log line when the machine does not let us. CI as root must let us. */
export function mountSmall(t: ExecutionContext, folder: string, size: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'hvci-fix-test', folder], { stdio: 'pipe' });
    t.teardown(() => execFileSync('umount', [folder]));
    return true;
  } catch (error) {
    if (isRoot && 'CI' in process.env) throw error;
    t.log('not run: this user may not mount a tmpfs');
    t.pass();
    return false;
  }
}
