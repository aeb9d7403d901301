/** When HvciFix runs: after Link, before everything that signs or packages, and for drivers only. */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  buildTools,
  diagnostics,
  exists,
  explain,
  fixable,
  linked,
  linkSetting,
  msbuild,
  ran,
  scratchFolder,
  unfixable,
  violations,
  writeProject,
} from '../../support/msbuild/project.js';
import { verifySignature } from '../../support/toolchain/signing.js';
import { toolsReady } from '../../support/toolchain/tools.js';

const image = 'x64/Debug/demo.sys';

test.serial('a driver is fixed after Link and signed afterwards, and the signature holds', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  const build = await msbuild(folder, 'demo.vcxproj', '-p:SignMode=TestSign');
  t.is(build.exitCode, 0, explain(build));
  const wanted = ['Link', '_HvciFixRun', 'HvciFix', 'AfterLink', 'DriverTestSign', 'TestSign', 'ApiValidator'];
  const later = ['DriverPackageTarget', 'Inf2Cat', 'PackageTestSign', '_Link', 'PostBuildEvent'];
  const order = [...wanted, ...later];
  t.deepEqual(
    build.targets.filter((name) => order.includes(name)),
    order,
  );
  t.deepEqual(await violations(join(folder, image)), []);
  const { valid, output } = await verifySignature(join(folder, image));
  t.true(valid, output);
});

test.serial('DriverProductionSign comes after the fix as well', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  const build = await msbuild(folder, 'demo.vcxproj', '-p:SignMode=ProductionSign');
  t.is(build.exitCode, 0, explain(build));
  t.true(build.targets.indexOf('HvciFix') < build.targets.indexOf('DriverProductionSign'));
  t.true((await verifySignature(join(folder, image))).valid);
});

test.serial('an error fails the build, and nothing is signed or packaged, now or in the next build', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: unfixable });
  for (const [attempt, links] of [true, false].entries()) {
    const build = await msbuild(folder, 'demo.vcxproj', '-p:SignMode=TestSign');
    t.is(build.exitCode, 1);
    t.is(linked(build), links, `build ${attempt}`);
    const said = diagnostics(build);
    t.true(
      said.some((line) => line.startsWith(`${join(folder, image)} : error HVCI2005: `)),
      said.join('\n'),
    );
    t.true(said.some((line) => line.includes('error HVCI0005') && line.includes('HvciFixEnabled')));
    for (const name of ['AfterLink', 'DriverTestSign', 'TestSign', 'DriverPackageTarget', 'PostBuildEvent'])
      t.false(build.targets.includes(name), name);
  }
  t.false((await verifySignature(join(folder, image))).valid);
});

test.serial('a linker that fails is not followed by a check', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: linkSetting('AdditionalDependencies', 'missing.lib') });
  const build = await msbuild(folder, 'demo.vcxproj');
  t.is(build.exitCode, 1);
  t.false(ran(build));
});

test.serial(
  'drivers are known by ConfigurationType, SubSystem, Driver, extension or a plain linker option',
  async (t) => {
    if (!toolsReady(t, buildTools)) return;
    const library = '<PropertyGroup><ConfigurationType>DynamicLibrary</ConfigurationType></PropertyGroup>';
    const entry = linkSetting('EntryPointSymbol', 'DriverEntry');
    const projects: Record<string, string> = {
      subsystem: linkSetting('SubSystem', 'Native'),
      driver: linkSetting('Driver', 'WDM') + linkSetting('AdditionalOptions', '/subsystem:native'),
      extension: `<PropertyGroup><TargetExt>.sys</TargetExt></PropertyGroup>${linkSetting('AdditionalOptions', '/subsystem:native')}`,
      option: linkSetting('AdditionalOptions', '/ignore:4000 /DRIVER /SUBSYSTEM:NATIVE'),
    };
    for (const [name, body] of Object.entries(projects)) {
      const folder = await scratchFolder(t);
      await writeProject(folder, { configuration: library, body: body + entry + fixable });
      const build = await msbuild(folder, 'demo.vcxproj');
      t.is(build.exitCode, 0, explain(build));
      t.true(ran(build), name);
      const made = join(folder, name === 'extension' ? image : 'x64/Debug/demo.dll');
      t.false((await violations(made)).includes('HVCI2003'), name);
    }
  },
);

test.serial('a user-mode library is left alone', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  const configuration = '<PropertyGroup><ConfigurationType>DynamicLibrary</ConfigurationType></PropertyGroup>';
  await writeProject(folder, { configuration, body: fixable });
  const build = await msbuild(folder, 'demo.vcxproj');
  t.is(build.exitCode, 0, explain(build));
  t.false(ran(build));
  t.true((await violations(join(folder, 'x64/Debug/demo.dll'))).includes('HVCI2003'));
  t.false(await exists(join(folder, 'x64/Debug/int/demo.tlog/hvci-fix.state')));
});

test.serial('nothing runs in a design-time build, in the signing instance, or when it is switched off', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const off = ['DesignTimeBuild=true', 'SignStage=SignDriver', 'HvciFixEnabled=false', 'HvciFixMode=off'];
  for (const setting of off) {
    const folder = await scratchFolder(t);
    await writeProject(folder, { body: unfixable });
    const build = await msbuild(folder, 'demo.vcxproj', `-p:${setting}`);
    t.is(build.exitCode, 0, setting);
    t.deepEqual(
      build.targets.filter((name) => name === '_HvciFixRun' || name === '_HvciFixPrepare'),
      [],
      setting,
    );
  }
});

test.serial('check mode tells and does not write', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: linkSetting('SetChecksum', 'false') });
  await msbuild(folder, 'demo.vcxproj', '-p:HvciFixEnabled=false');
  await copyFile(join(folder, image), join(folder, 'before.sys'));
  const build = await msbuild(folder, 'demo.vcxproj', '-p:HvciFixMode=check');
  t.is(build.exitCode, 0, explain(build));
  t.true(ran(build));
  t.true(
    diagnostics(build).some((line) => line.includes('warning HVCI4001')),
    explain(build),
  );
  t.deepEqual(await readFile(join(folder, image)), await readFile(join(folder, 'before.sys')));
});
