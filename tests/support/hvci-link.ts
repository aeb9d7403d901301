/** A folder to link in, hvci-link as a program, and whether what it linked is as it should be. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { scratch } from '../plugin/files/scratch.js';
import { quietEnvironment } from './command.js';
import { repositoryFile } from './repository.js';
import { pefile } from './toolchain/pefile.js';
import { buildTools, toolPath } from './toolchain/tools.js';

export const LINK = repositoryFile('dist/link.cjs');
export const needed = [...buildTools, '/usr/bin/python3'];
export const DRIVER = ['/driver', '/subsystem:native', '/nodefaultlib', '/entry:DriverEntry', '/Brepro'];
export const GNU = ['-shared', '-nostdlib', '-Wl,--subsystem,native,--entry,DriverEntry'];
/** INIT holds the code, so that /SECTION:INIT,ERWD makes a section that is W+X. */
const SOURCE =
  '__attribute__((section("INIT"))) int DriverEntry(void *driver, void *path) { return driver == path; }\n';

export interface Run {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export async function start(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Run> {
  const result = await execa(program, args, {
    cwd,
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: quietEnvironment(env),
  });
  return { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}

export const link = (cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> =>
  start(process.execPath, [LINK, ...args], cwd, env);

/** A folder with `d.obj` (MSVC's object format) and `d.o` (mingw's). */
export async function workspace(t: ExecutionContext): Promise<string> {
  const folder = scratch(t);
  writeFileSync(join(folder, 'd.c'), SOURCE);
  await execa(toolPath('clang-22'), ['--target=x86_64-pc-windows-msvc', '-O1', '-c', '-o', 'd.obj', 'd.c'], {
    cwd: folder,
  });
  await execa(toolPath('x86_64-w64-mingw32-gcc'), ['-O1', '-c', '-o', 'd.o', 'd.c'], { cwd: folder });
  return folder;
}

/** A program of that name in the folder. */
export function script(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

export async function isFixed(path: string): Promise<boolean> {
  const [image] = await pefile([path]);
  const writable = image!.sections.some(({ characteristics }) => (characteristics & 0xa0000000) >>> 0 === 0xa0000000);
  return !writable && image!.checkSum === image!.computedCheckSum && image!.checkSum !== 0;
}
