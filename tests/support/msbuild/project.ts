/** Driver projects in folders of their own, and `dotnet msbuild` on them with the stand-in for the VC targets. */
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { repositoryFile } from '../repository.js';
import { cachedFolder, keyOf } from '../toolchain/cache.js';
import { pefile, violationsIn } from '../toolchain/oracles.js';
import type { Violation } from '../toolchain/recipes.js';
import { signingKey } from '../toolchain/signing.js';
import { toolPath } from '../toolchain/tools.js';

export const buildTools = ['dotnet', 'clang-22', 'lld-link-22', 'llvm-dlltool-22', 'osslsigncode', 'openssl'] as const;

export interface ProjectText {
  /** Between Default.props and Cpp.props, where a vcxproj has its ConfigurationType; a driver's when absent. */
  readonly configuration?: string;
  /** After Cpp.props: properties and item definitions. */
  readonly body?: string;
  /** After Cpp.targets. */
  readonly end?: string;
  /** Text of Directory.Build.props beside the project; imports hvci-fix.props when absent, none when null. */
  readonly directoryBuildProps?: string | null;
  /** Which sample's driver.c is compiled; clean when absent. */
  readonly sample?: string;
  /** Platform and file name without extension. */
  readonly name?: string;
}

export interface Build {
  readonly exitCode: number;
  /** All of the detailed log. */
  readonly output: string;
  /** Targets in the order in which they started. */
  readonly targets: readonly string[];
}

const importOfProps = `<Project><Import Project="${repositoryFile('msbuild/hvci-fix.props')}" /></Project>`;
const asDriver =
  '<PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>';

/** A folder that is deleted after the test; `inner` is made below it, however strange its name. */
export async function scratchFolder(t: ExecutionContext, inner = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hvci-msbuild-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, inner), { recursive: true });
  return join(folder, inner);
}

/** The import library of the functions that samples and templates call. */
export async function importLibraries(): Promise<string[]> {
  const folder = repositoryFile('tests/support/msbuild/libraries');
  const names = ['ntoskrnl', 'wdfldr'];
  const texts = await Promise.all(names.map((name) => readFile(join(folder, `${name}.def`))));
  const made = await cachedFolder(`msbuild-libraries-${keyOf(...texts)}`, async (own) => {
    for (const name of names) {
      const files = ['-d', join(folder, `${name}.def`), '-l', join(own, `${name}.lib`)];
      await execa(toolPath('llvm-dlltool-22'), ['-m', 'i386:x86-64', ...files]);
    }
  });
  return names.map((name) => join(made, `${name}.lib`));
}

/** Writes the project and its sources into `folder`, and returns the vcxproj's path. */
export async function writeProject(folder: string, text: ProjectText = {}): Promise<string> {
  const { sample = 'clean', name = 'demo', directoryBuildProps = importOfProps } = text;
  for (const file of ['kernel.h', 'sample.h', 'device.c']) {
    await mkdir(join(folder, 'common'), { recursive: true });
    await copyFile(repositoryFile(`samples/common/${file}`), join(folder, 'common', file));
  }
  const source = await readFile(repositoryFile(`samples/${sample}/driver.c`), 'utf8');
  await writeFile(join(folder, 'driver.c'), source.replace('"../common/', '"common/'));
  if (directoryBuildProps !== null) await writeFile(join(folder, 'Directory.Build.props'), directoryBuildProps);
  const path = join(folder, `${name}.vcxproj`);
  await writeFile(
    path,
    `<Project DefaultTargets="Build" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <Import Project="$(VCTargetsPath)/Microsoft.Cpp.Default.props" />
  ${text.configuration ?? asDriver}
  <Import Project="$(VCTargetsPath)/Microsoft.Cpp.props" />
  ${text.body ?? ''}
  <ItemGroup><ClCompile Include="driver.c;common/device.c" /></ItemGroup>
  <Import Project="$(VCTargetsPath)/Microsoft.Cpp.targets" />
  ${text.end ?? ''}
</Project>`,
  );
  return path;
}

/** A link option for every project of a folder. */
export const linkSetting = (name: string, value: string): string =>
  `<ItemDefinitionGroup><Link><${name}>${value}</${name}></Link></ItemDefinitionGroup>`;

/** An INIT that is executable and writable: what the build step can fix. */
export const fixable = linkSetting('SpecifySectionAttributes', 'INIT,ERWD');
/** The import address table in .text: what only another link can mend. */
export const unfixable = linkSetting('MergeSections', '.rdata=.text');

/** Runs `dotnet msbuild` on a project file of `folder`. */
export async function msbuild(folder: string, file: string, ...args: string[]): Promise<Build> {
  const { key, certificate } = await signingKey();
  const libraries = await importLibraries();
  const settings = [
    `-p:VCTargetsPath=${repositoryFile('tests/support/msbuild/vc')}`,
    `-p:StandInNode=${process.execPath}`,
    `-p:StandInTask=${repositoryFile('build/tests/support/msbuild/vc-task.js')}`,
    `-p:StandInLibraries="${libraries.join(';')}"`,
    `-p:StandInKey=${key}`,
    `-p:StandInCertificate=${certificate}`,
  ];
  const options = ['-nologo', '-v:detailed', '-tl:off', '-nodeReuse:false', ...settings, ...args];
  const env = { DOTNET_CLI_USE_MSBUILD_SERVER: '0', DOTNET_CLI_UI_LANGUAGE: 'en', DOTNET_NOLOGO: '1' };
  const result = await execa(toolPath('dotnet'), ['msbuild', file, ...options], {
    cwd: folder,
    env,
    all: true,
    reject: false,
    stdin: 'ignore',
  });
  const targets = [...result.all.matchAll(/^\s*(?:[\d:]+>)?Target "([^"]+)" in (?:file|project)/gm)].map(
    ([, name]) => name!,
  );
  return { exitCode: result.exitCode ?? -1, output: result.all, targets };
}

/** Lines of the log that are errors or warnings, once each. */
export const diagnostics = (build: Build): string[] => [
  ...new Set(
    build.output
      .split('\n')
      .filter((line) => /\b(?:error|warning) (?:HVCI|MSB)\d{4}/.test(line))
      .map((line) => line.trim().replace(/^[\d:]+>/, '')),
  ),
];

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** What pefile finds wrong with an image. */
export async function violations(path: string): Promise<Violation[]> {
  const [image] = await pefile([path]);
  return violationsIn(image!);
}

/** True when the stand-in's Link task really ran the linker. */
export const linked = (build: Build): boolean => /^\s*(?:[\d:]+>)?\s*linked\s*$/m.test(build.output);

/** True when the build step was started. */
export const ran = (build: Build): boolean => build.targets.includes('_HvciFixRun');

/** For the message of a failed assertion: the log without what MSBuild says of its own doings. */
export const explain = (build: Build): string =>
  build.output
    .split('\n')
    .filter(
      (line) =>
        !/^\s*(?:[\d:]+>)?(?:Done|Using|Task|Target|Project|Assembly|Process|MSBuild|Build|Command|Current|Creating|Output file|STAND_IN|"\$STAND|Environment)/.test(
          line.trimStart(),
        ),
    )
    .slice(-60)
    .join('\n');
