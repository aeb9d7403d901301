/** The project templates: made by `dotnet new` and as Visual Studio would make them, built, checked. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import {
  buildTools,
  diagnostics,
  explain,
  msbuild,
  ran,
  scratchFolder,
  violations,
} from '../../support/msbuild/project.js';
import { repositoryFile } from '../../support/repository.js';
import { pefile } from '../../support/toolchain/oracles.js';
import { toolPath, toolsReady } from '../../support/toolchain/tools.js';

const templates = [
  { name: 'hvci-kmdf', imports: 'wdfldr.sys' },
  { name: 'hvci-wdm', imports: 'ntoskrnl.exe' },
];
const kernelHeaders = '/usr/share/mingw-w64/include/ddk/ntddk.h';

/** node_modules/hvci-fix, as npm install would leave it. */
async function installHere(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(repositoryFile('.'), join(folder, 'node_modules/hvci-fix'));
}

/** The template's own files, under their own names. */
async function copyTemplate(name: string, folder: string): Promise<void> {
  const files = (await readdir(repositoryFile(`msbuild/templates/${name}`))).filter((file) => !file.startsWith('.'));
  for (const file of files) await copyFile(repositoryFile(`msbuild/templates/${name}/${file}`), join(folder, file));
}

for (const { name, imports } of templates) {
  test.serial(`dotnet new ${name}: installed, instantiated, built, signed, and nothing is wrong with it`, async (t) => {
    if (!toolsReady(t, buildTools)) return;
    t.true(existsSync(kernelHeaders), 'mingw-w64 is not installed');
    const folder = await scratchFolder(t);
    const hive = ['--debug:custom-hive', join(folder, 'hive')];
    const dotnet = (...args: string[]) =>
      execa(toolPath('dotnet'), ['new', ...args, ...hive], { cwd: folder, all: true, reject: false, stdin: 'ignore' });
    const installed = await dotnet('install', repositoryFile(`msbuild/templates/${name}`));
    t.is(installed.exitCode, 0, installed.all);
    const made = await dotnet(name, '-n', 'Foo');
    t.is(made.exitCode, 0, made.all);
    await installHere(folder);

    const project = join(folder, 'Foo');
    t.deepEqual((await readdir(project)).toSorted(), [
      ...['Directory.Build.props', 'Driver.c', 'Foo.inf', 'Foo.vcxproj', 'Public.h', 'README.md', 'packages.config'],
    ]);
    for (const file of await readdir(project))
      t.false((await readFile(join(project, file), 'utf8')).includes('HvciDriver'), file);

    const build = await msbuild(project, 'Foo.vcxproj', '-p:Configuration=Release', '-p:SignMode=TestSign');
    t.is(build.exitCode, 0, explain(build));
    t.deepEqual(diagnostics(build), []);
    t.true(ran(build));
    const image = join(project, 'x64/Release/Foo.sys');
    t.deepEqual(await violations(image), []);
    const [report] = await pefile([image]);
    t.true(report!.importedModules.map((module) => module.toLowerCase()).includes(imports));
    // Nothing had to be mended: the project is right by itself.
    t.false(build.output.includes('hvci-fix cleared') || build.output.includes('hvci-fix wrote'), explain(build));
    const check = await execa(process.execPath, [repositoryFile('dist/cli.cjs'), image, '--format', 'json'], {
      reject: false,
    });
    const { images } = JSON.parse(check.stdout) as { images: { status: string; findings: { code: string }[] }[] };
    t.is(check.exitCode, 0, check.stdout);
    t.is(images[0]!.status, 'clean', check.stdout);
  });
}

test.serial('a template without hvci-fix does not build, and says what to do', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await copyTemplate('hvci-wdm', folder);
  const build = await msbuild(folder, 'HvciDriver.vcxproj');
  t.is(build.exitCode, 1);
  t.regex(build.output, /error\s*: hvci-fix is neither in .* npm install --save-dev hvci-fix/);
  t.is((await msbuild(folder, 'HvciDriver.vcxproj', '-p:HvciFixEnabled=false')).exitCode, 0);
});

test.serial('the Visual Studio templates are the same projects, and build', async (t) => {
  if (!toolsReady(t, [...buildTools, '/usr/bin/python3'])) return;
  const folder = await scratchFolder(t);
  const script = repositoryFile('msbuild/templates/vstemplates.mjs');
  await execa(process.execPath, [script, join(folder, 'zips')]);
  t.deepEqual(
    (await readdir(join(folder, 'zips'))).toSorted(),
    templates.map(({ name }) => `${name}.zip`),
  );
  for (const { name } of templates)
    t.deepEqual(
      await readFile(repositoryFile(`dist/vstemplates/${name}.zip`)),
      await readFile(join(folder, 'zips', `${name}.zip`)),
      'the build has put it where the package has it',
    );
  await installHere(folder);
  for (const { name } of templates) {
    // Python's zipfile tests the checksums, and its XML parser the .vstemplate; it then does what Visual Studio does.
    const project = join(folder, name, 'Bar');
    const instantiated = await execa('/usr/bin/python3', [
      repositoryFile('tests/support/msbuild/instantiate.py'),
      join(folder, 'zips', `${name}.zip`),
      project,
      'Bar',
    ]);
    const files = instantiated.stdout.trim().split('\n').toSorted();
    t.deepEqual(files, (await readdir(project)).toSorted());
    t.deepEqual(files, [
      ...['Bar.inf', 'Bar.vcxproj', 'Directory.Build.props', 'Driver.c', 'Public.h', 'README.md', 'packages.config'],
    ]);
    const build = await msbuild(project, 'Bar.vcxproj');
    t.is(build.exitCode, 0, explain(build));
    t.deepEqual(await violations(join(project, 'x64/Debug/Bar.sys')), []);
    t.regex(await readFile(join(project, 'Bar.vcxproj'), 'utf8'), /<ProjectGuid>\{0{8}-1111-/);
  }
});

test.serial('DriverIntegrityCheck of a template links with /INTEGRITYCHECK, and nothing does without it', async (t) => {
  if (!toolsReady(t, [...buildTools, 'llvm-readobj-22'])) return;
  const folder = await scratchFolder(t);
  await installHere(folder);
  await copyTemplate('hvci-wdm', folder);
  for (const wanted of [false, true]) {
    const build = await msbuild(folder, 'HvciDriver.vcxproj', `-p:DriverIntegrityCheck=${wanted}`);
    t.is(build.exitCode, 0, explain(build));
    const headers = await execa('llvm-readobj-22', ['--file-headers', join(folder, 'x64/Debug/HvciDriver.sys')]);
    t.is(headers.stdout.includes('IMAGE_DLL_CHARACTERISTICS_FORCE_INTEGRITY'), wanted, headers.stdout);
  }
});

test.serial('the pins agree with each other and with the package', async (t) => {
  const { version } = JSON.parse(await readFile(repositoryFile('package.json'), 'utf8')) as { version: string };
  for (const { name } of templates) {
    const read = (file: string) => readFile(repositoryFile(`msbuild/templates/${name}/${file}`), 'utf8');
    const props = await read('Directory.Build.props');
    const pins = [...(await read('packages.config')).matchAll(/id="([^"]+)" version="([^"]+)"/g)];
    t.is(pins.length, 6);
    const kit = /<KitVersion>(.+)<\/KitVersion>/.exec(props)![1];
    t.is(/<HvciFixVersion>(.+)<\/HvciFixVersion>/.exec(props)![1], version);
    for (const [, id, pin] of pins) t.is(pin, id === 'hvci-fix' ? version : kit, id);
  }
});
