/** Runs CMake on the test projects, and says what became of it. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { repositoryFile } from '../repository.js';
import { buildTools, oracleTools, signingTools, toolsReady } from '../toolchain/tools.js';

/** Another CMake than the one in PATH, for runs against several versions. */
export const CMAKE = process.env['HVCI_TEST_CMAKE'] ?? 'cmake';
/**
 * The package under test, as npm would lay it out: a copy, because a driver is linked again when its hvci-fix changes,
 * and somebody may build the repository while the tests run. HVCI_TEST_PACKAGE names another one.
 */
const PACKAGE = process.env['HVCI_TEST_PACKAGE'] ?? copyOfPackage();

function copyOfPackage(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hvci-package-')));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['cmake', 'msbuild', 'dist', 'package.json'])
    cpSync(repositoryFile(part), join(folder, part), { recursive: true, preserveTimestamps: true });
  return folder;
}

export const CMAKE_FOLDER = join(PACKAGE, 'cmake');
export const INJECT = join(CMAKE_FOLDER, 'inject.cmake');

export type Generator = 'Ninja' | 'Unix Makefiles' | 'Ninja Multi-Config';
export const GENERATORS: readonly Generator[] = ['Ninja', 'Unix Makefiles', 'Ninja Multi-Config'];
export type Toolchain = 'clang-cl-lld-link' | 'clang-lld-link';
/** How a project comes by hvci-fix. */
export type Way = 'target' | 'enable' | 'inject';
export const WAYS: readonly Way[] = ['target', 'enable', 'inject'];

/** Cache variables; `undefined` leaves one out. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface Outcome {
  readonly status: number;
  /** Standard output and standard error as they came. */
  readonly output: string;
  /** The same in one line with single blanks, as CMake wraps its messages. */
  readonly text: string;
}

/** True when CMake, Ninja, Make, the compilers and the oracles are there. */
export const cmakeReady = (t: ExecutionContext): boolean =>
  toolsReady(t, [
    'cmake',
    'ninja',
    'make',
    'clang-cl-22',
    'llvm-mt-22',
    ...buildTools,
    ...oracleTools,
    ...signingTools,
  ]);

/** A copy of a test project in a folder of its own, which goes when the test ends. */
export async function project(t: ExecutionContext, name: string, folderName = 'source'): Promise<Project> {
  return projectFrom(t, repositoryFile(`tests/support/cmake/projects/${name}`), folderName);
}

export async function projectFrom(t: ExecutionContext, from: string, folderName = 'source'): Promise<Project> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'hvci-cmake-')));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const source = join(folder, folderName);
  await cp(from, source, { recursive: true });
  return new Project(folder, source);
}

export async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const result = await execa(program, args, {
    reject: false,
    all: true,
    stdin: 'ignore',
    env,
    stripFinalNewline: false,
  });
  if (result.exitCode === undefined) throw new Error(`${program} did not start: ${result.shortMessage}`);
  return { status: result.exitCode, output: result.all, text: result.all.replaceAll(/\s+/g, ' ') };
}

export class Project {
  readonly build: string;
  constructor(
    readonly folder: string,
    readonly source: string,
  ) {
    this.build = join(folder, 'build');
  }

  configure(
    generator: Generator,
    variables: Variables = {},
    toolchain: Toolchain = 'clang-cl-lld-link',
  ): Promise<Outcome> {
    const all: Variables = {
      CMAKE_TOOLCHAIN_FILE: join(CMAKE_FOLDER, 'toolchains', `${toolchain}.cmake`),
      CMAKE_BUILD_TYPE: generator === 'Ninja Multi-Config' ? undefined : 'Release',
      'hvci-fix_DIR': CMAKE_FOLDER,
      SAMPLES: repositoryFile('samples'),
      ...variables,
    };
    const defines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`-D${name}=${value}`]));
    const args = ['--no-warn-unused-cli', '-G', generator, '-S', this.source, '-B', this.build, ...defines];
    return run(CMAKE, args);
  }

  make(...args: string[]): Promise<Outcome> {
    return run(CMAKE, ['--build', this.build, ...args]);
  }

  /** Bytes of a file in the build folder, or null where there is none. */
  async built(...path: string[]): Promise<Buffer | null> {
    return readFile(join(this.build, ...path)).catch(() => null);
  }
}

/** What a way of wiring adds to the cache variables of one-driver. */
export function wayVariables(way: Way): Variables {
  return way === 'inject' ? { HOOK: 'none', CMAKE_PROJECT_TOP_LEVEL_INCLUDES: INJECT } : { HOOK: way };
}

/** Where a generator puts what it builds. */
export const outputFolder = (generator: Generator): readonly string[] =>
  generator === 'Ninja Multi-Config' ? ['Debug'] : [];
