/** Signs the temporary copy of a fixed image by the user's own tool, before the copy takes the original's name. */
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { type FileFailure, fileFailure } from '../files/failure.js';
import { release, removeOnSignal, temporaryPath } from '../files/temporary.js';
import type { SignCommand } from './command.js';
import { lastLines, withoutSecrets } from './output.js';

/** Time-stamp servers are slow; five minutes for one file means that none answers. */
export const signingTimeLimitMs = 300_000;
/** How long a tool may take to end after it was told to. */
const graceMs = 2_000;

export interface SignOptions {
  /** The path for messages: the image that is being fixed. */
  readonly shown: string;
  readonly timeLimitMs?: number;
}

/**
 * Runs `command` on `temporary`. Answers with the signed file's path: `temporary` itself, or with {in} and {out} a new file
 * beside it. After a failure no other file is left. Fits `Prepare` of files/write.ts:
 * `prepare: (temporary) => signCopy(command, temporary, { shown: path })`.
 */
export async function signCopy(
  command: SignCommand,
  temporary: string,
  options: SignOptions,
): Promise<{ readonly ok: true; readonly path: string } | FileFailure> {
  const input = resolve(temporary);
  // Not created: osslsigncode refuses an output that exists.
  const output = command.style === 'in-out' ? temporaryPath(dirname(input), extname(input)) : input;
  const places: Readonly<Record<string, string>> = { '{file}': input, '{in}': input, '{out}': output };
  const args = command.args.map((arg) =>
    arg.replace(/\{(?:file|in|out)\}/g, (placeholder) => places[placeholder] ?? ''),
  );

  if (output !== input) removeOnSignal(output);
  let signed = false;
  try {
    const before = digest(input);
    const failure = (await run(command, args, options)) ?? check(command, before, output, options.shown);
    signed = failure === null;
    // Not `input`: whoever gave a relative path would take the absolute one for another file.
    return failure ?? { ok: true, path: output === input ? temporary : output };
  } finally {
    if (!signed && output !== input) removeWhole(output);
    // Whoever made the temporary copy removes files alone.
    if (lstatSync(input, { throwIfNoEntry: false })?.isDirectory()) removeWhole(input);
    if (output !== input) await release(output);
  }
}

/** Also a folder that the tool made where its file belongs: the name is ours, and a link is not followed. */
function removeWhole(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The failure that led here is the one to report.
  }
}

async function run(command: SignCommand, args: readonly string[], options: SignOptions): Promise<FileFailure | null> {
  const limit = options.timeLimitMs ?? signingTimeLimitMs;
  const { execa } = await import('execa');
  const running = execa(command.program, args, {
    all: true,
    reject: false,
    stdin: 'ignore', // a tool that asks for a password must fail, not wait
    timeout: limit,
    forceKillAfterDelay: graceMs / 2,
    windowsHide: true,
  });
  // A grandchild that keeps the pipe open would hold us for as long as it lives.
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<null>((done) => {
    timer = setTimeout(done, limit + graceMs, null);
  });
  const result = await Promise.race([running, expired]);
  clearTimeout(timer);
  if (result === null) {
    running.stdout?.destroy();
    running.stderr?.destroy();
    running.unref();
  }
  if (result === null || result.timedOut) {
    return failed(command, options.shown, `did not end within ${limit / 1000} s and was stopped`, result?.all ?? '');
  }
  if (!result.failed) return null;
  if (result.exitCode !== undefined)
    return failed(command, options.shown, `failed with exit status ${result.exitCode}`, result.all ?? '');
  if (result.signal !== undefined)
    return failed(command, options.shown, `was ended by ${result.signal}`, result.all ?? '');
  const why = result.code === 'ENOENT' ? 'was not found' : `could not be started (${result.code ?? 'unknown error'})`;
  return failed(command, options.shown, `${why}; give its full path`, '');
}

/** Exit status 0 alone proves nothing: a wrapper script may have swallowed the error. */
function check(command: SignCommand, before: string, output: string, shown: string): FileFailure | null {
  const status = lstatSync(output, { throwIfNoEntry: false });
  if (status === undefined) return failed(command, shown, 'ended well but left no signed file', '');
  if (!status.isFile() || status.size === 0) return failed(command, shown, 'ended well but left no usable file', '');
  return digest(output) === before ? failed(command, shown, 'ended well but did not change the file', '') : null;
}

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

function failed(command: SignCommand, shown: string, what: string, output: string): FileFailure {
  const lines = lastLines(withoutSecrets(output, command.args));
  // In one line: reports escape line ends in what others said.
  const said = lines === '' ? '' : ` Its last lines: ${lines.replaceAll('\n', ' | ')}`;
  return fileFailure(
    'signing',
    shown,
    `Cannot sign ${shown}: ${command.name} ${what}. The file is unchanged. Run the command of --sign-with by hand on a copy.${said}`,
  );
}
