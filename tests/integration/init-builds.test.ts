/** What init wrote, read by the real readers: `dotnet msbuild` with the stand-in for the VC targets, and CMake with Ninja. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { APPLICATION, BUILD_PROPS, VCXPROJ } from '../plugin/init/projects.js';
import { init, type Project, projectOf } from '../plugin/init/projects-on-disk.js';
import { fixable, msbuild, ran, unfixable, violations, writeProject } from '../support/msbuild/project.js';
import { repositoryFile } from '../support/repository.js';
import { toolPath, toolsReady } from '../support/toolchain/tools.js';

const ASKED = ['HvciFixMode', '_HvciFixTargetsImported', 'ForceImportAfterCppTargets', 'RootNamespace'] as const;

/** Properties of an evaluated project. */
async function evaluate(project: Project, file: string): Promise<Record<(typeof ASKED)[number], string>> {
  const options = ['-nologo', `-p:VCTargetsPath=${repositoryFile('tests/support/msbuild/vc')}`];
  const { stdout } = await execa(
    toolPath('dotnet'),
    ['msbuild', project.path(file), ...options, `-getProperty:${ASKED.join(',')}`],
    {
      env: { DOTNET_CLI_USE_MSBUILD_SERVER: '0', DOTNET_CLI_UI_LANGUAGE: 'en', DOTNET_NOLOGO: '1' },
    },
  );
  return (JSON.parse(stdout) as { Properties: Record<(typeof ASKED)[number], string> }).Properties;
}

const codings: Record<string, (text: string) => Buffer> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with BOM and CRLF': (text) => Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}`),
  'UTF-16LE': (text) => Buffer.from(`\uFEFF${text.replace('utf-8', 'utf-16')}`, 'utf16le'),
  'UTF-16BE': (text) => Buffer.from(`\uFEFF${text.replace('utf-8', 'utf-16')}`, 'utf16le').swap16(),
  'Windows-1252': (text) => Buffer.from(text.replace('utf-8', 'iso-8859-1'), 'latin1'),
};
const named = (text: string): string =>
  text.replace('<ProjectGuid>', '<RootNamespace>Größe</RootNamespace>\n    <ProjectGuid>');

for (const [coding, encode] of Object.entries(codings)) {
  test(`MSBuild evaluates a wired vcxproj in ${coding}`, async (t) => {
    if (!toolsReady(t, ['dotnet'])) return;
    t.timeout(120_000);
    const project = projectOf(t, { 'a.vcxproj': encode(named(VCXPROJ)) });
    const before = project.snapshot();
    const bare = await evaluate(project, 'a.vcxproj');
    t.is(bare._HvciFixTargetsImported, '', 'not before init');
    t.is((await init(project.folder)).exitCode, 0);
    const after = await evaluate(project, 'a.vcxproj');
    t.is(after._HvciFixTargetsImported, 'true');
    t.is(after.HvciFixMode, 'fix');
    // MSBuild itself reads a code page as UTF-8.
    t.is(bare.RootNamespace === 'Größe', coding !== 'Windows-1252');
    t.is(after.RootNamespace, bare.RootNamespace, 'its encoding is what it was');
    t.is((await init(project.folder, '--undo')).exitCode, 0);
    t.deepEqual(project.snapshot(), before);
  });
}

test('MSBuild evaluates projects that share a Directory.Build.props, made or there before', async (t) => {
  if (!toolsReady(t, ['dotnet'])) return;
  t.timeout(120_000);
  const made = projectOf(t, {
    'src/a/a.vcxproj': VCXPROJ,
    'src/b/b.vcxproj': VCXPROJ,
    'src/tool/tool.csproj': '<Project />',
  });
  t.is((await init(made.folder, 'src')).exitCode, 0);
  for (const name of ['src/a/a.vcxproj', 'src/b/b.vcxproj'])
    t.is((await evaluate(made, name))._HvciFixTargetsImported, 'true', name);

  // The one above sets HvciFixMode; the new one must not hide it.
  const above = projectOf(t, {
    'Directory.Build.props': BUILD_PROPS,
    'd/a/a.vcxproj': VCXPROJ,
    'd/b/b.vcxproj': VCXPROJ,
  });
  t.is((await init(above.folder, 'd')).exitCode, 0);
  const chained = await evaluate(above, 'd/a/a.vcxproj');
  t.deepEqual([chained._HvciFixTargetsImported, chained.HvciFixMode], ['true', 'check']);

  const there = projectOf(t, { 'Directory.Build.props': BUILD_PROPS, 'a/a.vcxproj': VCXPROJ, 'b/b.vcxproj': VCXPROJ });
  t.is((await init(there.folder)).exitCode, 0);
  const edited = await evaluate(there, 'b/b.vcxproj');
  t.deepEqual([edited._HvciFixTargetsImported, edited.HvciFixMode], ['true', 'check']);
});

test('a C# project beside reads nothing of it', async (t) => {
  if (!toolsReady(t, ['dotnet'])) return;
  t.timeout(120_000);
  const csproj =
    '<Project><Import Project="$(VCTargetsPath)/Microsoft.Cpp.Default.props" /><Target Name="Build" /></Project>';
  const project = projectOf(t, { 'a/a.vcxproj': VCXPROJ, 'b/b.vcxproj': VCXPROJ, 'tool/tool.csproj': csproj });
  t.is((await init(project.folder)).exitCode, 0);
  t.is((await evaluate(project, 'tool/tool.csproj')).HvciFixMode, '');
  t.is((await evaluate(project, 'a/a.vcxproj')).HvciFixMode, 'fix');
});

test('MSBuild: an after-targets import that the project has is chained', async (t) => {
  if (!toolsReady(t, ['dotnet'])) return;
  t.timeout(120_000);
  const own = '<Project><PropertyGroup><RootNamespace>chained</RootNamespace></PropertyGroup></Project>';
  const project = projectOf(t, {
    'a.vcxproj': VCXPROJ.replace(
      '    <ProjectGuid>',
      '    <ForceImportAfterCppTargets>$(MSBuildProjectDirectory)/own.targets</ForceImportAfterCppTargets>\n    <ProjectGuid>',
    ),
    'own.targets': own,
  });
  t.is((await init(project.folder)).exitCode, 0);
  const after = await evaluate(project, 'a.vcxproj');
  t.deepEqual([after._HvciFixTargetsImported, after.RootNamespace], ['true', 'chained']);
});

test('MSBuild: after init the build fixes a driver, or fails on what only a relink mends; after undo it does neither', async (t) => {
  if (!toolsReady(t, ['dotnet', 'clang-22', 'lld-link-22', 'osslsigncode', 'openssl'])) return;
  t.timeout(240_000);
  const project = projectOf(t, {});
  await writeProject(project.folder, { body: fixable, directoryBuildProps: null });
  const driver = project.path('x64/Debug/demo.sys');
  const build = () => msbuild(project.folder, 'demo.vcxproj', '-t:Rebuild', '-p:SignMode=Off');
  t.is((await init(project.folder)).exitCode, 0);
  const fixed = await build();
  t.is(fixed.exitCode, 0, fixed.output);
  t.true(ran(fixed));
  t.deepEqual(await violations(driver), []);

  t.is((await init(project.folder, '--undo')).exitCode, 0);
  const bare = await build();
  t.is(bare.exitCode, 0, bare.output);
  t.false(ran(bare));
  t.notDeepEqual(await violations(driver), []);

  await writeProject(project.folder, { body: unfixable, directoryBuildProps: null });
  t.is((await init(project.folder)).exitCode, 0);
  const failed = await build();
  t.not(failed.exitCode, 0);
  t.regex(failed.output, /error HVCI2005/);
});

/** A driver without a driver kit; `defect` is a link option. */
const driverProject = (defect: string): string => `cmake_minimum_required(VERSION 3.21)
project(demo C)
include("\${SAMPLES}/../tests/support/cmake/driver-options.cmake")
add_subdirectory(driver)
# ${defect}
`;
const driverFolder = (
  defect: string,
): string => `add_executable(driver "\${SAMPLES}/clean/driver.c" "\${SAMPLES}/common/device.c")
set_target_properties(driver PROPERTIES SUFFIX ".sys")
driver_options(driver)
driver_link_options(driver ${defect})
`;

async function cmake(
  t: ExecutionContext,
  project: Project,
  build: string,
): Promise<{ exitCode: number; output: string }> {
  const compiler = [
    ...[
      '-DCMAKE_C_COMPILER=clang-22',
      '-DCMAKE_C_COMPILER_TARGET=x86_64-pc-windows-msvc',
      '-DCMAKE_SYSTEM_NAME=Windows',
    ],
    ...[
      '-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY',
      '-DCMAKE_C_STANDARD_LIBRARIES=',
      '-DCMAKE_LINKER=lld-link-22',
    ],
    ...[
      '-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld-link-22',
      '-DCMAKE_BUILD_TYPE=Release',
      `-DSAMPLES=${repositoryFile('samples')}`,
    ],
    // As toolchain files for cross-compiling say: packages are sought below the sysroot only.
    ...['-DCMAKE_FIND_ROOT_PATH=/nonexistent', '-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY'],
  ];
  const options = { reject: false, all: true } as const;
  const configured = await execa(
    'cmake',
    ['-G', 'Ninja', '-S', project.folder, '-B', join(project.folder, build), ...compiler],
    options,
  );
  if (configured.exitCode !== 0) return { exitCode: configured.exitCode ?? -1, output: configured.all };
  const built = await execa('cmake', ['--build', join(project.folder, build)], options);
  t.true(existsSync(join(project.folder, build, 'build.ninja')));
  return { exitCode: built.exitCode ?? -1, output: `${configured.all}\n${built.all}` };
}

const cmakeTools = ['cmake', 'ninja', 'clang-22', 'lld-link-22', 'llvm-dlltool-22'];

test('CMake: after init the build fixes a driver in a subdirectory; after undo it does not', async (t) => {
  if (!toolsReady(t, cmakeTools)) return;
  t.timeout(240_000);
  for (const style of [(text: string) => text, (text: string) => text.replaceAll('\n', '\r\n')]) {
    const project = projectOf(t, {
      'CMakeLists.txt': style(driverProject('')),
      'driver/CMakeLists.txt': driverFolder('/section:INIT,ERWD'),
    });
    const before = project.snapshot();
    t.is((await init(project.folder)).exitCode, 0);
    const wired = await cmake(t, project, 'build');
    t.is(wired.exitCode, 0, wired.output);
    t.regex(wired.output, /hvci-fix looks after driver/);
    t.deepEqual(await violations(project.path('build/driver/driver.sys')), []);
    await execa('cmake', ['-E', 'rm', '-rf', project.path('build')]);
    t.is((await init(project.folder, '--undo')).exitCode, 0);
    t.deepEqual(project.snapshot(), before);
    const bare = await cmake(t, project, 'build');
    t.is(bare.exitCode, 0, bare.output);
    t.notDeepEqual(await violations(project.path('build/driver/driver.sys')), []);
  }
});

test('CMake: project() as the last line, and a driver that only a relink mends fails the build', async (t) => {
  if (!toolsReady(t, cmakeTools)) return;
  t.timeout(120_000);
  const top = driverProject('').split('\n');
  // What follows project() is read by a file that project() itself includes.
  const project = projectOf(t, {
    'CMakeLists.txt': [
      top[0],
      `set(CMAKE_PROJECT_demo_INCLUDE "\${CMAKE_CURRENT_LIST_DIR}/rest.cmake")`,
      'project(demo C)',
    ].join('\n'),
    'rest.cmake': `${top[2]}\n${driverFolder('/section:INIT,ERD /merge:.rdata=.text')}`,
  });
  t.is((await init(project.folder)).exitCode, 0);
  const failed = await cmake(t, project, 'build');
  t.not(failed.exitCode, 0);
  t.regex(failed.output, /error HVCI2005/);
});

test('an application that is wired by force builds as before', async (t) => {
  if (!toolsReady(t, ['dotnet'])) return;
  t.timeout(120_000);
  const project = projectOf(t, { 'a.vcxproj': APPLICATION });
  t.is((await init(project.folder, '--force')).exitCode, 0);
  t.is((await evaluate(project, 'a.vcxproj'))._HvciFixTargetsImported, 'true');
});

test('MSBuild evaluates the templates with their names filled in', async (t) => {
  if (!toolsReady(t, ['dotnet'])) return;
  t.timeout(120_000);
  for (const template of ['hvci-wdm', 'hvci-kmdf']) {
    const project = projectOf(t, {});
    t.is((await init(project.folder, '--template', template, 'Foo')).exitCode, 0);
    const { _HvciFixTargetsImported, RootNamespace } = await evaluate(project, 'Foo/Foo.vcxproj');
    t.deepEqual([_HvciFixTargetsImported, RootNamespace], ['true', 'Foo'], template);
  }
});
