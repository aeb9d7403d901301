/** Runs the linker as if nobody stood between: its streams, its exit status, and the signals that are meant for it. */
import { spawn } from 'node:child_process';

export type LinkerEnd =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly message: string };

const FORWARDED: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

export function runLinker(program: string, args: readonly string[]): Promise<LinkerEnd> {
  return new Promise((resolve) => {
    // A .cmd or .bat is run by cmd.exe; Node refuses to start one without a shell.
    const script = process.platform === 'win32' && /\.(?:cmd|bat)$/i.test(program);
    const child = spawn(script ? `"${program}"` : program, script ? args.map(quoteForCmd) : args, {
      stdio: 'inherit',
      shell: script,
    });
    const forward = (signal: NodeJS.Signals): void => {
      // On Windows every program of the console gets Ctrl-C itself, and `kill` would end it the hard way.
      if (process.platform !== 'win32') child.kill(signal);
    };
    // Whoever ends the build waits for the linker, which removes what is half written.
    for (const signal of FORWARDED) process.on(signal, forward);
    const end = (result: LinkerEnd): void => {
      for (const signal of FORWARDED) process.removeListener(signal, forward);
      resolve(result);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) end({ kind: 'not-started', message: error.code ?? error.message });
    });
    child.on('exit', (status, signal) => {
      end(signal === null ? { kind: 'exited', status: status ?? 1 } : { kind: 'killed', signal });
    });
  });
}

/** cmd.exe takes a caret before each of its own characters, outside of quotes. */
function quoteForCmd(text: string): string {
  const quoted = `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\*)$/, '$1$1')}"`;
  return quoted.replace(/[()%!^"<>&|;, ]/g, '^$&');
}
