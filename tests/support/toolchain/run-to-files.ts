/** Programs whose daemons outlive them, as Wine's do: a pipe would stay open, so they write to files. */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface FileRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs to the process's `exit`: `close` would wait for the daemons that inherited the files, which are in `folder`. */
export async function runToFiles(
  command: string,
  args: readonly string[],
  folder: string,
  {
    stdin = '/dev/null',
    ...options
  }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly stdin?: string } = {},
): Promise<FileRun> {
  const [input, output, errors] = [
    await open(stdin, 'r'),
    await open(join(folder, 'stdout'), 'w'),
    await open(join(folder, 'stderr'), 'w'),
  ];
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      const child = spawn(command, args, { ...options, stdio: [input.fd, output.fd, errors.fd] });
      child.on('error', reject);
      child.on('exit', (code) => resolve(code ?? 255));
    });
    return { exitCode, stdout: await text(folder, 'stdout'), stderr: await text(folder, 'stderr') };
  } finally {
    await Promise.all([input.close(), output.close(), errors.close()]);
  }
}

const text = (folder: string, name: string): Promise<string> => readFile(join(folder, name), 'utf8');
