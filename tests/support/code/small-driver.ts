/** A driver of a few lines of C with the declarations of the known-answer drivers, and what the code rules say of it. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { check } from '../../../fixer/rules/check.js';
import { readingCode } from '../../../fixer/rules/code-catalogue.js';
import { cachedFolder, keyOf } from '../toolchain/cache.js';
import { targets } from '../toolchain/commands.js';
import type { Arch } from '../toolchain/recipes.js';
import { toolFingerprint, toolPath } from '../toolchain/tools.js';
import { codeEngine, parsed } from './engine.js';
import { answersFolder, type Level } from './known-answers.js';

export const smallDriverTools = ['clang-22', 'lld-link-22', 'llvm-dlltool-22'];

export interface SmallDriver {
  /** Without the declarations and without DriverEntry. */
  readonly source: string;
  readonly arch: Arch;
  readonly level: Level | 'Oz';
  readonly compile?: readonly string[];
  readonly link?: readonly string[];
}

export async function smallDriver({ source, arch, level, compile = [], link = [] }: SmallDriver): Promise<Buffer> {
  const machine = targets[arch];
  const text = `#include "ddis.h"\nNTSTATUS NTAPI DriverEntry(void *driver, void *path) { return driver == path; }\n${source}`;
  const definitions = machine.definitions.replace(/^.*\/ntoskrnl/, 'ntoskrnl');
  const compileArgs = [
    ...[`--target=${machine.triple}`, '-std=c11', `-${level}`, '-Wno-multichar', '-ffreestanding', '-fno-builtin'],
    ...['-fno-stack-protector', '-funwind-tables', '-fms-extensions', '-Xclang', '-fms-kernel', '-mno-stack-arg-probe'],
    ...[...compile, '-c', '-o', 'd.obj', 'd.c'],
  ];
  const linkArgs = [
    ...['/driver', '/subsystem:native', '/nodefaultlib', '/Brepro', '/release', '/opt:noref', '/opt:noicf'],
    ...[...machine.link, ...link, '/out:d.sys', 'd.obj', 'nt.lib'],
  ];
  const files = ['ddis.h', definitions];
  const contents = await Promise.all(files.map((name) => readFile(join(answersFolder, name))));
  const key = keyOf(JSON.stringify([text, compileArgs, linkArgs, smallDriverTools.map(toolFingerprint)]), ...contents);
  const folder = await cachedFolder(`small-driver-${arch}-${level}-${key}`, async (own) => {
    await mkdir(own, { recursive: true });
    for (const name of files) await copyFile(join(answersFolder, name), join(own, name));
    await writeFile(join(own, 'd.c'), text);
    const run = (tool: string, args: readonly string[]) => execa(toolPath(tool), args, { cwd: own, stdin: 'ignore' });
    await run('llvm-dlltool-22', [...machine.dlltool, '-d', definitions, '-l', 'nt.lib']);
    await run('clang-22', compileArgs);
    await run('lld-link-22', linkArgs);
  });
  return readFile(join(folder, 'd.sys'));
}

/** One line for each finding of the rule, and `undetermined` where it is. */
export async function saidOf(driver: SmallDriver, rule: string): Promise<string[]> {
  const { findings, undetermined } = check(parsed(await smallDriver(driver)), { code: readingCode(codeEngine()) });
  return [
    ...findings
      .filter(({ code }) => code === rule)
      .map(({ data }) =>
        [data['outcome'] ?? 'store', ...((data['values'] as readonly number[] | undefined) ?? [])].join(' '),
      ),
    ...undetermined.filter(({ code }) => code === rule).map(() => 'undetermined'),
  ];
}
