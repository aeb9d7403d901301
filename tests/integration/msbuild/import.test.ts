/** The ways in which hvci-fix gets into a project, and what happens when it does not. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import {
  buildTools,
  diagnostics,
  explain,
  fixable,
  linked,
  msbuild,
  ran,
  scratchFolder,
  violations,
  writeProject,
} from '../../support/msbuild/project.js';
import { repositoryFile } from '../../support/repository.js';
import { toolPath, toolsReady } from '../../support/toolchain/tools.js';

const image = 'x64/Debug/demo.sys';
const props = `<Import Project="${repositoryFile('msbuild/hvci-fix.props')}" />`;
const targets = `<Import Project="${repositoryFile('msbuild/hvci-fix.targets')}" />`;
const driver =
  '<PropertyGroup><ConfigurationType>Driver</ConfigurationType><DriverType>WDM</DriverType></PropertyGroup>';

for (const [way, text] of Object.entries({
  'hvci-fix.props in the vcxproj, after Default.props': { configuration: driver + props },
  'hvci-fix.props in the vcxproj, just before Microsoft.Cpp.targets': { body: props },
  'hvci-fix.targets alone, after Microsoft.Cpp.targets': { end: targets },
  'both files, each where it belongs, with targets twice': { body: props, end: targets },
})) {
  test.serial(`one import is enough: ${way}`, async (t) => {
    if (!toolsReady(t, buildTools)) return;
    const folder = await scratchFolder(t);
    await writeProject(folder, {
      directoryBuildProps: null,
      ...text,
      body: fixable + ('body' in text ? text.body : ''),
    });
    const build = await msbuild(folder, 'demo.vcxproj');
    t.is(build.exitCode, 0, explain(build));
    t.is(build.targets.filter((name) => name === 'HvciFix').length, 1);
    t.deepEqual(await violations(join(folder, image)), []);
    // MSB4011: the same file imported twice, which MSBuild ignores and says so.
    t.deepEqual(
      diagnostics(build).filter((line) => line.includes(' warning ') && !line.includes('MSB4011')),
      [],
    );
  });
}

test.serial("somebody else's ForceImportAfterCppTargets is imported as well, before ours", async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeFile(
    join(folder, 'theirs.targets'),
    `<Project><PropertyGroup><AfterLinkTargets>Theirs;$(AfterLinkTargets)</AfterLinkTargets></PropertyGroup>
    <Target Name="Theirs"><Message Importance="high" Text="theirs ran" /></Target></Project>`,
  );
  const directoryBuildProps = `<Project><PropertyGroup>
    <ForceImportAfterCppTargets>$(MSBuildThisFileDirectory)theirs.targets</ForceImportAfterCppTargets>
    </PropertyGroup>${props}</Project>`;
  await writeProject(folder, { body: fixable, directoryBuildProps });
  const build = await msbuild(folder, 'demo.vcxproj');
  t.is(build.exitCode, 0, explain(build));
  t.true(build.output.includes('theirs ran'));
  t.true(build.targets.indexOf('HvciFix') < build.targets.indexOf('Theirs'));
  t.deepEqual(await violations(join(folder, image)), []);
});

test.serial('ForceImportAfterCppTargets naming hvci-fix.targets itself works, as CMake sets it', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  const body = `${fixable}<PropertyGroup><ForceImportAfterCppTargets>${repositoryFile('msbuild/hvci-fix.targets')}</ForceImportAfterCppTargets></PropertyGroup>`;
  for (const directoryBuildProps of [null, undefined]) {
    await writeProject(folder, { body, ...(directoryBuildProps === null && { directoryBuildProps }) });
    const build = await msbuild(folder, 'demo.vcxproj', '-t:Rebuild');
    t.is(build.exitCode, 0, explain(build));
    t.true(ran(build));
    t.deepEqual(diagnostics(build), []);
  }
});

test.serial('a global property, or a later line, that takes the import away is warned of', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  const other = join(folder, 'other.targets');
  await writeFile(other, '<Project />');
  await writeProject(folder, { body: fixable });
  const globally = await msbuild(folder, 'demo.vcxproj', `-p:ForceImportAfterCppTargets=${other}`);
  const body = `${fixable}<PropertyGroup><ForceImportAfterCppTargets>${other}</ForceImportAfterCppTargets></PropertyGroup>`;
  await writeProject(folder, { body });
  const later = await msbuild(folder, 'demo.vcxproj', '-t:Rebuild');
  for (const build of [globally, later]) {
    t.is(build.exitCode, 0);
    t.true(linked(build));
    t.false(ran(build));
    const said = diagnostics(build).filter((line) => line.includes('warning HVCI0001'));
    t.is(said.length, 1, explain(build));
    t.true(said[0]!.includes(other) && said[0]!.includes('HvciFixEnabled'));
  }
  const off = await msbuild(folder, 'demo.vcxproj', '-t:Rebuild', '-p:HvciFixEnabled=false');
  t.deepEqual(diagnostics(off), []);
});

test.serial('a C# project below the same Directory.Build.props is not touched', async (t) => {
  if (!toolsReady(t, ['dotnet'])) return;
  const folder = await scratchFolder(t);
  await writeFile(join(folder, 'Directory.Build.props'), `<Project>${props}</Project>`);
  await writeFile(
    join(folder, 'tool.csproj'),
    `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework>
    <UseAppHost>false</UseAppHost></PropertyGroup></Project>`,
  );
  await writeFile(join(folder, 'empty.cs'), 'public class Empty;');
  const args = ['build', 'tool.csproj', '-nologo', '-v:detailed', '-tl:off', '-p:OutputType=Library'];
  const result = await execa(toolPath('dotnet'), args, { cwd: folder, all: true, reject: false, stdin: 'ignore' });
  t.is(result.exitCode, 0, result.all);
  t.false(/Target "_?HvciFix|HVCI\d{4}/.test(result.all));
});
