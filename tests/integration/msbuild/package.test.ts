/** The NuGet package: packed, restored from a folder, imported by NuGet and by hand, and run. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import {
  buildTools,
  diagnostics,
  explain,
  fixable,
  msbuild,
  ran,
  scratchFolder,
  unfixable,
  violations,
  writeProject,
} from '../../support/msbuild/project.js';
import { repositoryFile } from '../../support/repository.js';
import { toolPath, toolsReady } from '../../support/toolchain/tools.js';

const driver =
  '<PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>';

async function dotnet(cwd: string, ...args: string[]): Promise<{ exitCode: number | undefined; all: string }> {
  const { exitCode, all } = await execa(toolPath('dotnet'), args, { cwd, all: true, reject: false, stdin: 'ignore' });
  return { exitCode, all };
}

/** Packs into `folder`/feed and restores from there alone, into `folder`/packages. */
async function restored(t: ExecutionContext, folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(repositoryFile('package.json'), 'utf8')) as { version: string };
  const project = repositoryFile('msbuild/nuget/hvci-fix.pack.csproj');
  const own = `-p:BaseIntermediateOutputPath=${join(folder, 'obj')}/`;
  const packed = await dotnet(folder, 'pack', project, '-nologo', '-o', join(folder, 'feed'), own);
  t.is(packed.exitCode, 0, packed.all);
  t.false(/warning NU\d+/.test(packed.all), packed.all);
  t.deepEqual(await readdir(join(folder, 'feed')), [`hvci-fix.${version}.nupkg`]);

  const source = '<packageSources><clear /><add key="folder" value="feed" /></packageSources>';
  await writeFile(join(folder, 'nuget.config'), `<configuration>${source}</configuration>`);
  // Framework native: what a vcxproj restores for, so that build/native is what NuGet picks.
  await mkdir(join(folder, 'restore'));
  await writeFile(
    join(folder, 'restore/restore.csproj'),
    `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>native</TargetFramework>
    <TargetFrameworkIdentifier>native</TargetFrameworkIdentifier><TargetFrameworkVersion>v0.0</TargetFrameworkVersion>
    <RestorePackagesPath>${join(folder, 'packages')}</RestorePackagesPath></PropertyGroup>
    <ItemGroup><PackageReference Include="hvci-fix" Version="[${version}]" /></ItemGroup></Project>`,
  );
  const result = await dotnet(folder, 'restore', 'restore/restore.csproj', '--no-cache');
  t.is(result.exitCode, 0, result.all);
  return join(folder, 'packages/hvci-fix', version);
}

test.serial('packed, restored for the framework native, imported, and the bundled tool runs', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  const installed = await restored(t, folder);
  for (const [file, part] of [
    ['props', '.props'],
    ['targets', '.targets'],
  ]) {
    const generated = await readFile(join(folder, `restore/obj/restore.csproj.nuget.g.${file}`), 'utf8');
    t.true(generated.includes(`build/native/hvci-fix${part}`), generated);
  }

  const project = join(folder, 'driver');
  await mkdir(project);
  const native = (file: string) => `<Import Project="${join(installed, 'build/native', file)}" />`;
  // As Visual Studio writes them for packages.config: the props at the top, the targets in ExtensionTargets.
  const text = { configuration: native('hvci-fix.props') + driver, end: native('hvci-fix.targets') };
  await writeProject(project, { ...text, directoryBuildProps: null, body: fixable });
  const build = await msbuild(project, 'demo.vcxproj');
  t.is(build.exitCode, 0, explain(build));
  t.true(ran(build));
  t.deepEqual(diagnostics(build), []);
  t.deepEqual(await violations(join(project, 'x64/Debug/demo.sys')), []);
  t.true(build.output.includes(`HVCI_MSBUILD_CLI=${join(installed, 'dist/cli.cjs')}`), 'the tool of the package');

  await writeProject(project, { ...text, directoryBuildProps: null, body: unfixable });
  const failing = await msbuild(project, 'demo.vcxproj', `-p:HvciFixReport=${join(folder, 'report.sarif')}`);
  t.is(failing.exitCode, 1);
  t.true(diagnostics(failing).some((line) => line.includes('error HVCI2005')));
  JSON.parse(await readFile(join(folder, 'report.sarif'), 'utf8'));
});
