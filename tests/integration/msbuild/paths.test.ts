/** Names that a shell, MSBuild or Windows would take for something else, and builds side by side. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  buildTools,
  diagnostics,
  explain,
  fixable,
  linked,
  msbuild,
  ran,
  scratchFolder,
  unfixable,
  violations,
  writeProject,
} from '../../support/msbuild/project.js';
import { toolsReady } from '../../support/toolchain/tools.js';

/** %41 is A and %3B a semicolon to whoever unescapes once too often. */
const hostile = "a b;c%d %41 %3B (e) & f $HOME $(Platform) it's @x é漢🚗 #1 !";

test.serial('every character that means something to somebody stays text', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t, hostile);
  const name = 'my & dr%41iver; (1)';
  await writeProject(folder, { name, body: fixable });
  const settings = ['-p:SignMode=TestSign', '-p:HvciFixReport=reports/'];
  const first = await msbuild(folder, `${name}.vcxproj`, ...settings);
  t.is(first.exitCode, 0, explain(first));
  const image = join(folder, 'x64/Debug', `${name}.sys`);
  t.deepEqual(await violations(image), []);
  t.deepEqual(await readdir(join(folder, 'reports')), [`${name}.Debug.x64.sarif`]);
  const second = await msbuild(folder, `${name}.vcxproj`, ...settings);
  t.false(linked(second) || ran(second), 'the stamp is found again');
  const clean = await msbuild(folder, `${name}.vcxproj`, ...settings, '-t:Clean');
  t.is(clean.exitCode, 0, explain(clean));
  const left = await readdir(join(folder, 'x64/Debug/int', `${name}.tlog`));
  t.deepEqual(left, []);
});

test.serial('an error in such a folder is one line in canonical form', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t, hostile);
  await writeProject(folder, { body: unfixable });
  await writeFile(join(folder, 'hvci-fix.config.json'), '{ "targetOs": "1703" }');
  const build = await msbuild(folder, 'demo.vcxproj');
  t.is(build.exitCode, 1);
  t.is(diagnostics(build).filter((line) => line.includes(' error HVCI2005: ')).length, 1, explain(build));
});

test.serial('paths of over 260 characters', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t, join('deep '.repeat(30), 'deeper'.repeat(30)));
  t.true(folder.length > 300);
  await writeProject(folder, { body: fixable });
  const build = await msbuild(folder, 'demo.vcxproj', '-p:SignMode=TestSign');
  t.is(build.exitCode, 0, explain(build));
  t.deepEqual(await violations(join(folder, 'x64/Debug/demo.sys')), []);
});

test.serial('eight drivers at once, one report folder, two of them in one project folder', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  const projects = Array.from({ length: 8 }, (_, index) => `driver${index}`);
  for (const [index, name] of projects.entries()) {
    const own = join(folder, index < 2 ? 'shared' : name);
    await mkdir(own, { recursive: true });
    await writeProject(own, { name, body: `${fixable}<PropertyGroup><IntDir>int/${name}/</IntDir></PropertyGroup>` });
  }
  const paths = projects.map((name, index) => `${index < 2 ? 'shared' : name}/${name}.vcxproj`);
  await writeFile(
    join(folder, 'all.proj'),
    `<Project><ItemGroup><All Include="${paths.join(';')}" /></ItemGroup>
    <Target Name="Build"><MSBuild Projects="@(All)" BuildInParallel="true" /></Target></Project>`,
  );
  const report = `-p:HvciFixReport=${join(folder, 'reports')}/`;
  const build = await msbuild(folder, 'all.proj', '-m:4', '-p:SignMode=TestSign', report);
  t.is(build.exitCode, 0, explain(build));
  t.is(build.targets.filter((target) => target === '_HvciFixRun').length, 8);
  for (const [index, name] of projects.entries()) {
    const own = join(folder, index < 2 ? 'shared' : name);
    t.deepEqual(await violations(join(own, `x64/Debug/${name}.sys`)), []);
    JSON.parse(await readFile(join(folder, `reports/${name}.Debug.x64.sarif`), 'utf8'));
  }
  const again = await msbuild(folder, 'all.proj', '-m:4', '-p:SignMode=TestSign', report);
  t.false(ran(again), explain(again));
});
