/**
 * The hooks beside the real props of Microsoft's SDK package. Restoring it takes 1 GB of disk, so this runs where
 * HVCI_FIX_KIT=1 is set. Microsoft.Windows.WDK.x64 was not to be had from the source the tests were written with (NU1101), so
 * nothing here compiles against the kit's kernel headers.
 */
import { copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
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
import { cachedFolder } from '../../support/toolchain/cache.js';
import { toolPath, toolsReady } from '../../support/toolchain/tools.js';

const VERSION = '10.0.26100.9169';
const packages = ['Microsoft.Windows.SDK.CPP', 'Microsoft.Windows.SDK.CPP.x64'];
const wanted = process.env['HVCI_FIX_KIT'] === '1' ? test.serial : test.serial.skip;

/** Restores as `dotnet` does, then lays the packages out as packages.config does. */
async function restoreKit(folder: string): Promise<void> {
  const downloads = packages.map((id) => `<PackageDownload Include="${id}" Version="[${VERSION}]" />`).join('');
  await writeFile(
    join(folder, 'kit.csproj'),
    `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework>
    <RestorePackagesPath>$(MSBuildThisFileDirectory)global</RestorePackagesPath></PropertyGroup>
    <ItemGroup>${downloads}</ItemGroup></Project>`,
  );
  await execa(toolPath('dotnet'), ['restore', 'kit.csproj'], { cwd: folder, stdin: 'ignore' });
  await mkdir(join(folder, 'packages'));
  for (const id of packages)
    await symlink(join('../global', id.toLowerCase(), VERSION), join(folder, 'packages', `${id}.${VERSION}`));
}

wanted("a template builds, and is checked, with the SDK package's real props imported", async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const kit = await cachedFolder(`kit-${VERSION}`, restoreKit);
  const folder = await scratchFolder(t);
  const template = repositoryFile('msbuild/templates/hvci-wdm');
  for (const file of (await readdir(template)).filter((name) => !name.startsWith('.')))
    await copyFile(join(template, file), join(folder, file));
  await mkdir(join(folder, 'node_modules'));
  await symlink(repositoryFile('.'), join(folder, 'node_modules/hvci-fix'));

  const settings = [`-p:KitVersion=${VERSION}`, `-p:PackagesFolder=${join(kit, 'packages')}/`];
  const asked = await msbuild(
    folder,
    'HvciDriver.vcxproj',
    ...settings,
    '-v:quiet',
    '-getProperty:WindowsSDKInstalled',
  );
  t.is(asked.output.trim(), 'true', 'the real props were imported');
  const build = await msbuild(folder, 'HvciDriver.vcxproj', ...settings, '-p:SignMode=TestSign');
  t.is(build.exitCode, 0, explain(build));
  t.true(ran(build));
  t.deepEqual(diagnostics(build), []);
  t.deepEqual(await violations(join(folder, 'x64/Debug/HvciDriver.sys')), []);
});
