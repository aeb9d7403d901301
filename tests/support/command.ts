/** The command as users start it: `node dist/cli.cjs` in a process of its own, with an environment that says nothing. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa, type Options } from 'execa';
import { scratch } from '../plugin/files/scratch.js';
import { repositoryFile } from './repository.js';
import type { Arch } from './toolchain/recipes.js';
import { committedSample } from './toolchain/samples.js';

export const COMMAND = repositoryFile('dist/cli.cjs');

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables that would change what the command does or how fast it starts. */
const LEFT_OUT = /^(?:NODE_.*|NO_COLOR|FORCE_COLOR|HVCI_FIX_.*|SYSTEMROOT|WINDIR)$/i;

/** This process's environment without those variables; `more` on top. */
export function quietEnvironment(more: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !LEFT_OUT.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...more };
}

/** Runs to the end, whatever the exit status. Fails for a command that was ended by a signal or wrote a stack trace. */
export async function run(args: readonly string[], options: Options = {}): Promise<RunResult> {
  const { env, ...rest } = options;
  const result = await execa(process.execPath, [COMMAND, ...args], {
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
    maxBuffer: 1 << 28,
    stripFinalNewline: false,
    ...rest,
    extendEnv: false,
    env: quietEnvironment(env as Record<string, string> | undefined),
  });
  if (result.exitCode === undefined) throw new Error(`hvci-fix ${args.join(' ')}: ${result.shortMessage}`);
  const stderr = String(result.stderr ?? '');
  if (/^ +at .+:\d+:\d+\)?$/m.test(stderr) || stderr.includes('internal error'))
    throw new Error(`hvci-fix ${args.join(' ')} has a bug:\n${stderr}`);
  return { exitCode: result.exitCode, stdout: String(result.stdout ?? ''), stderr };
}

/** A finding, an image and a report as the tests look at them; contract.test.ts holds the whole contract. */
export interface JsonFinding {
  readonly code: string;
  readonly severity: string;
  readonly section: string | null;
  readonly fix: string;
  readonly outcome: string;
  readonly refusal: string | null;
  readonly symbol: string | null;
  readonly suppressed?: { readonly reason: string };
}
export interface JsonEdit {
  readonly offset: number;
  readonly length: number;
  readonly field: string;
  readonly before: string;
  readonly after: string;
}
export interface JsonImage {
  readonly path: string;
  readonly sha256: string | null;
  readonly size: number;
  readonly machine: string;
  readonly kind: string;
  readonly signed: boolean;
  readonly status: string;
  readonly duplicateOf?: string;
  readonly findings: readonly JsonFinding[];
  readonly undetermined: readonly { readonly code: string; readonly reason: string }[];
  readonly coverage: { readonly notes: readonly string[] };
  readonly error?: {
    readonly code: string;
    readonly path: string;
    readonly offset: number | null;
    readonly message: string;
  };
  readonly plan?: {
    readonly outcome: string;
    readonly failed: boolean;
    readonly writtenTo: string | null;
    readonly backup: string | null;
    readonly edits: readonly JsonEdit[];
    readonly truncateTo?: number;
    readonly refusals: readonly { readonly code: string; readonly section: string | null; readonly message: string }[];
    readonly notes: readonly string[];
  };
}
export interface JsonReport {
  readonly interrupted?: { readonly signal: string; readonly done: number; readonly total: number | null };
  readonly rulesOff?: readonly string[];
  readonly targetOs: string;
  readonly images: readonly JsonImage[];
  readonly summary: Readonly<Record<string, number>>;
}

/** The same with `--format json`, parsed. */
export async function runJson(
  args: readonly string[],
  options: Options = {},
): Promise<{ readonly exitCode: number; readonly report: JsonReport; readonly image: JsonImage }> {
  const { exitCode, stdout, stderr } = await run([...args, '--format', 'json'], options);
  if (stdout === '') throw new Error(`hvci-fix ${args.join(' ')} printed no report: ${stderr}`);
  const report = JSON.parse(stdout) as JsonReport;
  return { exitCode, report, image: report.images[0]! };
}

/** A folder of its own for the test, with writable copies of committed samples: `{ 'a.sys': 'clean' }`. */
export function folderWith(
  t: ExecutionContext,
  files: Readonly<Record<string, string | readonly [string, Arch]>> = {},
): { readonly folder: string; readonly at: (name: string) => string } {
  const folder = scratch(t);
  for (const [name, sample] of Object.entries(files)) {
    const [recipe, arch] = typeof sample === 'string' ? [sample, 'x64' as const] : sample;
    copyFileSync(committedSample(recipe, arch), join(folder, name));
  }
  return { folder, at: (name) => join(folder, name) };
}
