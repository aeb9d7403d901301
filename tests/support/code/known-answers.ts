/** Known-answer drivers: C sources whose comments say what the analysis must find, built for every machine and level. */
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cachedFolder, keyOf } from '../toolchain/cache.js';
import { targets } from '../toolchain/commands.js';
import { repositoryRoot } from '../toolchain/paths.js';
import type { Arch } from '../toolchain/recipes.js';
import { toolFingerprint, toolPath } from '../toolchain/tools.js';

export const answersFolder = join(repositoryRoot, 'tests/code/known-answers');
export const levels = ['O0', 'O1', 'O2', 'Os'] as const;
export type Level = (typeof levels)[number] | 'Oz';
/** On ARM64 the smallest code has tables of bytes. */
export const levelsFor = (arch: Arch): readonly Level[] => (arch === 'arm64' ? [...levels, 'Oz'] : levels);

/** What one function must show: outcomes with their values, in the order of the calls. */
export interface Expectation {
  /** Of the function that the finding is attributed to. */
  readonly symbol: string;
  /** Alternatives, as compilers copy loops; each a list of texts such as `violation 0`, of which a call may have two. */
  readonly alternatives: readonly (readonly (readonly string[])[])[];
}

export interface KnownDriver {
  readonly source: string;
  readonly arch: Arch;
  readonly level: Level;
  readonly path: string;
  /** Symbol by rva of the function's first byte. */
  readonly symbols: ReadonlyMap<number, string>;
  readonly expectations: readonly Expectation[];
}

/** Sources that a machine has no part in: only x86 has handlers inside of functions, and callees that take arguments off. */
const notFor: Readonly<Record<string, readonly Arch[]>> = {
  'arguments.c': ['x64', 'arm64'],
  'depths.c': ['x64', 'arm64'],
  'scope-tables.c': ['x64', 'arm64'],
};
const extraFlags: Readonly<Record<string, readonly string[]>> = {
  'cookies.c': ['-fstack-protector-strong'],
  'guard.c': ['-Xclang', '-cfguard'],
};

export async function sourcesFor(arch: Arch): Promise<string[]> {
  const names = (await readdir(answersFolder)).filter((name) => name.endsWith('.c')).sort();
  return names.filter((name) => notFor[name]?.includes(arch) !== true);
}

/** `expect: a, b` before a CASE; `expect in name: a` anywhere. */
export function readExpectations(text: string): Expectation[] {
  const parse = (text: string): string[][][] => text.split(' or ').map(parseList);
  const parseList = (list: string): string[][] =>
    list.trim() === 'none'
      ? []
      : list.split(',').map((call) =>
          call
            .trim()
            .split('|')
            .map((each) => each.trim()),
        );
  const cases = [...text.matchAll(/\/\* expect: ([^*]+) \*\/\s*CASE\((\w+)\)/g)].map(([, list = '', name = '']) => ({
    symbol: `case_${name}`,
    alternatives: parse(list),
  }));
  const others = [...text.matchAll(/expect in (\w+): ([^*]+?) \*\//g)].map(([, symbol = '', list = '']) => ({
    symbol,
    alternatives: parse(list),
  }));
  if (cases.length !== [...text.matchAll(/^CASE\(/gm)].length) throw new Error('a CASE without an expectation');
  return [...cases, ...others];
}

export async function buildKnownDriver(source: string, arch: Arch, level: Level): Promise<KnownDriver> {
  const machine = targets[arch];
  // .def, or .x86.def with its decorated names
  const definitions = machine.definitions.replace(/^.*\/ntoskrnl/, '');
  const files = (await readdir(answersFolder)).filter((name) => /\.(?:c|h|def)$/.test(name)).sort();
  const compile = [
    ...[
      `--target=${machine.triple}`,
      '-std=c11',
      `-${level}`,
      '-Wall',
      '-Wno-multichar',
      '-Wno-deprecated-non-prototype',
      '-Werror',
      '-ffreestanding',
      '-fno-builtin',
    ],
    ...['-fno-stack-protector', '-funwind-tables', '-fms-extensions', '-Xclang', '-fms-kernel', '-mno-stack-arg-probe'],
    ...(extraFlags[source] ?? []),
    ...['-c', '-o', 'driver.obj', source],
  ];
  const libraries = ['ntoskrnl', 'wdfldr'];
  const link = [
    ...[
      '/driver',
      '/subsystem:native',
      '/nodefaultlib',
      '/Brepro',
      '/release',
      '/opt:noref',
      '/opt:noicf',
      '/map:driver.map',
    ],
    ...machine.link,
    ...['/out:driver.sys', 'driver.obj', ...libraries.map((name) => `${name}.lib`)],
  ];
  const contents = await Promise.all(files.map((name) => readFile(join(answersFolder, name))));
  const tools = ['clang-22', 'lld-link-22', 'llvm-dlltool-22'].map(toolFingerprint);
  const key = keyOf(JSON.stringify([compile, link, machine, tools]), ...contents);
  const folder = await cachedFolder(`known-${source}-${arch}-${level}-${key}`, async (own) => {
    await mkdir(own, { recursive: true });
    for (const name of files) await copyFile(join(answersFolder, name), join(own, name));
    for (const name of libraries)
      await run('llvm-dlltool-22', [...machine.dlltool, '-d', `${name}${definitions}`, '-l', `${name}.lib`], own);
    await run('clang-22', compile, own);
    await run('lld-link-22', link, own);
  });
  return {
    source,
    arch,
    level,
    path: join(folder, 'driver.sys'),
    symbols: readMap(await readFile(join(folder, 'driver.map'), 'utf8')),
    expectations: readExpectations(
      contents[files.indexOf(source)]?.toString('utf8').concat(await included(source, contents, files)) ?? '',
    ),
  };
}

/** The framework's two drivers share their cases. */
async function included(source: string, contents: readonly Buffer[], files: readonly string[]): Promise<string> {
  return source.startsWith('framework-') ? `\n${contents[files.indexOf('framework.h')]?.toString('utf8')}` : '';
}

async function run(tool: string, args: readonly string[], cwd: string): Promise<void> {
  const result = await execa(toolPath(tool), args, { cwd, reject: false, all: true, stdin: 'ignore' });
  if (result.failed) throw new Error(`${tool} ${args.join(' ')}\n${result.all}`);
}

/** lld-link's map: section:offset, name, rva plus base. */
function readMap(text: string): Map<number, string> {
  const base = Number.parseInt(/Preferred load address is ([0-9a-f]+)/i.exec(text)?.[1] ?? '0', 16);
  const symbols = new Map<number, string>();
  for (const [, name = '', address = ''] of text.matchAll(
    /^\s[0-9a-f]{4}:[0-9a-f]{8}\s+(\S+)\s+([0-9a-f]{8,16})\s/gm,
  )) {
    const rva = Number.parseInt(address, 16) - base;
    if (!symbols.has(rva)) symbols.set(rva, name.replace(/^_(?=case_|[a-z])/, ''));
  }
  return symbols;
}
