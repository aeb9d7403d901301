/** Every property, the page that shows them, and the messages when one is wrong. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import {
  buildTools,
  diagnostics,
  exists,
  explain,
  fixable,
  linkSetting,
  msbuild,
  ran,
  scratchFolder,
  unfixable,
  violations,
  writeProject,
} from '../../support/msbuild/project.js';
import { repositoryFile } from '../../support/repository.js';
import { toolsReady } from '../../support/toolchain/tools.js';

const image = 'x64/Debug/demo.sys';
const unsafeImage = linkSetting('DataExecutionPrevention', 'false');
const packed =
  '<ItemDefinitionGroup><ClCompile><StructMemberAlignment>1Byte</StructMemberAlignment></ClCompile></ItemDefinitionGroup>';
const argumentsOf = async (folder: string): Promise<string[]> =>
  (await readFile(join(folder, 'x64/Debug/int/demo.tlog/hvci-fix.args'), 'utf8'))
    .replace('\uFEFF', '')
    .trim()
    .split('\n');

const names = [
  ...['Enabled', 'Mode', 'TargetOs', 'Config', 'Input', 'TreatWarningsAsErrors', 'Suppress', 'Report', 'Node', 'Cli'],
  ...['AdditionalOptions', 'Baseline'],
].map((name) => `HvciFix${name}`);

test.serial('the property page and the README have every property, and every property is used', async (t) => {
  const page = await readFile(repositoryFile('msbuild/hvci-fix.xml'), 'utf8');
  const shown = [...page.matchAll(/<\w+Property Name="(\w+)"/g)].map(([, name]) => name!);
  t.deepEqual(shown.toSorted(), names.toSorted());
  const readme = await readFile(repositoryFile('msbuild/README.md'), 'utf8');
  const explained = [...readme.matchAll(/^\| `(HvciFix\w+)` \|/gm)].map(([, name]) => name!);
  t.deepEqual(explained.toSorted(), names.toSorted());
  const files = ['hvci-fix.targets', 'hvci-fix.arguments.targets', 'hvci-fix.props'];
  const used = (await Promise.all(files.map((file) => readFile(repositoryFile(`msbuild/${file}`), 'utf8')))).join('');
  for (const name of names) t.true(used.includes(`$(${name})`), name);
  const modes = [...page.matchAll(/<EnumValue Name="(\w+)"/g)].map(([, name]) => name);
  t.deepEqual(modes, ['fix', 'check', 'off']);
});

test.serial('a Node that is not there is an error that names HvciFixNode', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  for (const node of ['/no/such/node', 'no-such-node']) {
    const build = await msbuild(folder, 'demo.vcxproj', `-p:HvciFixNode=${node}`, '-p:SignMode=TestSign');
    t.is(build.exitCode, 1);
    const said = diagnostics(build).filter((line) => line.includes('error HVCI0002'));
    t.is(said.length, 1, explain(build));
    t.true(said[0]!.includes('HvciFixNode') && said[0]!.includes(node));
    t.false(build.targets.includes('TestSign'));
  }
});

test.serial('a wrong HvciFixCli and a wrong HvciFixMode are errors that name the property', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  const cli = await msbuild(folder, 'demo.vcxproj', '-p:HvciFixCli=/no/such/cli.cjs');
  t.is(cli.exitCode, 1);
  t.true(diagnostics(cli).some((line) => line.includes('error HVCI0003') && line.includes('HvciFixCli')));
  const mode = await msbuild(folder, 'demo.vcxproj', '-p:HvciFixMode=repair');
  t.is(mode.exitCode, 1);
  t.true(diagnostics(mode).some((line) => line.includes('error HVCI0004') && line.includes("'repair'")));
});

test.serial('a wrong call of the build step is an error that says where its options come from', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  const build = await msbuild(folder, 'demo.vcxproj', '-p:HvciFixAdditionalOptions=--no-such-option');
  t.is(build.exitCode, 1);
  t.true(
    diagnostics(build).some((line) => line.includes('error HVCI0006') && line.includes('hvci-fix.args')),
    explain(build),
  );
});

test.serial('target OS, project OS, suppressions and options reach the build step as they are', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  const body = `<PropertyGroup><TargetVersion>Windows10</TargetVersion>
    <HvciFixSuppress>HVCI3002;HVCI4003</HvciFixSuppress></PropertyGroup>${fixable}`;
  await writeProject(folder, { body });
  t.is((await msbuild(folder, 'demo.vcxproj')).exitCode, 0);
  const lines = await argumentsOf(folder);
  t.deepEqual(lines, [
    `--image=${join(folder, image)}`,
    '--mode=fix',
    '--target-os=auto',
    '--project-os=Windows10',
    '--suppress=HVCI3002',
    '--suppress=HVCI4003',
    `--project=${join(folder, 'demo.vcxproj')}`,
    `--link-options=${join(folder, 'x64/Debug/int/demo.tlog/hvci-fix.link')}`,
    '--link-source=demo.vcxproj',
  ]);
  await msbuild(folder, 'demo.vcxproj', '-p:_NT_TARGET_VERSION=0xA000006', '-p:HvciFixTargetOs=1703');
  const other = await argumentsOf(folder);
  t.true(other.includes('--target-os=1703') && other.includes('--project-os=0xA000006'), other.join('\n'));
});

test.serial('warnings fail the build when they are treated as errors, and pass when they are suppressed', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: linkSetting('SetChecksum', 'false') });
  const strict = ['-p:HvciFixMode=check', '-p:HvciFixTreatWarningsAsErrors=true'];
  const failing = await msbuild(folder, 'demo.vcxproj', ...strict);
  t.is(failing.exitCode, 1, explain(failing));
  t.true(diagnostics(failing).some((line) => line.includes('error HVCI4001')));
  const passing = await msbuild(folder, 'demo.vcxproj', ...strict, '-p:HvciFixSuppress=HVCI4001');
  t.is(passing.exitCode, 0, explain(passing));
});

test.serial(
  'HvciFixConfig, relative to the project, decides the severity; a wrong one fails and is named',
  async (t) => {
    if (!toolsReady(t, buildTools)) return;
    const folder = await scratchFolder(t);
    await writeProject(folder, { body: unfixable });
    await writeFile(join(folder, 'mine.json'), '{ "severity": { "HVCI2005": "off" } }');
    const build = await msbuild(folder, 'demo.vcxproj', '-p:HvciFixConfig=mine.json');
    t.is(build.exitCode, 0, explain(build));
    await writeFile(join(folder, 'mine.json'), '{ "severities": {} }');
    const wrong = await msbuild(folder, 'demo.vcxproj', '-p:HvciFixConfig=mine.json');
    t.is(wrong.exitCode, 1);
    t.true(wrong.output.includes(join(folder, 'mine.json')) && wrong.output.includes('severities'));
  },
);

test.serial('without HvciFixConfig, the nearest hvci-fix.config.json above the project counts', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t, 'inner');
  await writeProject(folder, { body: unfixable });
  await writeFile(join(folder, '../hvci-fix.config.json'), '{ "severity": { "HVCI2005": "off" } }');
  const build = await msbuild(folder, 'demo.vcxproj');
  t.is(build.exitCode, 0, explain(build));
});

test.serial('a relocation across two pages names FunctionLevelLinking of the project', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { sample: 'straddling-relocations' });
  const build = await msbuild(folder, 'demo.vcxproj', '-p:HvciFixTargetOs=1607');
  t.is(build.exitCode, 1);
  const said = diagnostics(build).filter((line) => line.includes(' error HVCI3001: '));
  t.true(said[0]?.includes('/Gy-, from FunctionLevelLinking in demo.vcxproj'), explain(build));
});

test.serial('where the INF says which Windows it installs on, that is the target; a change of it counts', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t, 'a;b %20 (c)');
  const inf = async (decoration: string): Promise<void> =>
    writeFile(
      join(folder, 'demo.inf'),
      Buffer.from(`\uFEFF[Manufacturer]\r\n%M% = Standard,${decoration}\r\n`, 'utf16le'),
    );
  const body = `<PropertyGroup><TargetVersion>Windows10</TargetVersion></PropertyGroup>
    <ItemGroup><Inf Include="demo.inf" /></ItemGroup>`;
  await writeProject(folder, { sample: 'straddling-relocations', body });
  await inf('NT$ARCH$.10.0...16299');
  const modern = await msbuild(folder, 'demo.vcxproj');
  t.is(modern.exitCode, 0, explain(modern));
  t.true((await argumentsOf(folder)).includes(`--inf=${join(folder, 'demo.inf')}`));
  t.false(ran(await msbuild(folder, 'demo.vcxproj')));
  await inf('NT$ARCH$.10.0...14393');
  const older = await msbuild(folder, 'demo.vcxproj');
  t.is(older.exitCode, 1);
  t.true(
    diagnostics(older).some((line) => line.includes(' error HVCI3001: ')),
    explain(older),
  );
  t.is((await msbuild(folder, 'demo.vcxproj', '-p:HvciFixTargetOs=1703')).exitCode, 0);
  t.is(
    (await argumentsOf(folder)).find((line) => line.startsWith('--inf=')),
    undefined,
  );
  await rm(join(folder, 'demo.inf'));
  const gone = await msbuild(folder, 'demo.vcxproj');
  t.is(gone.exitCode, 1, 'TargetVersion says Windows 10');
  t.regex(gone.output, /hvci-fix : warning : Cannot read the INF .*demo\.inf: no such file/);
});

test.serial('a Node that is too old is said to be so, however it fails', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: unfixable });
  // The Node at hand under an older name; one that cannot even read the program ends with 1, as Node 12 does.
  for (const [version, failure] of [
    ['18.20.8', ''],
    ['12.22.12', "if (process.argv[2] === 'build-step') { console.error('SyntaxError'); process.exit(1); }"],
  ] as const) {
    const preload = join(folder, `node ${version}.cjs`);
    await writeFile(preload, `Object.defineProperty(process.versions, 'node', { value: '${version}' }); ${failure}`);
    const node = join(folder, `node ${version}`);
    await writeFile(node, `#!/bin/sh\nexec "${process.execPath}" --require "${preload}" "$@"\n`, { mode: 0o755 });
    const build = await msbuild(folder, 'demo.vcxproj', `-p:HvciFixNode=${node}`);
    t.is(build.exitCode, 1);
    const codes = diagnostics(build).map((line) => /error (HVCI\d{4})/.exec(line)?.[1]);
    t.true(codes.includes('HVCI0002') && !codes.includes('HVCI0005') && !codes.includes('HVCI0006'), explain(build));
  }
});

test.serial('on Windows the command names variables for cmd.exe, which expands them once', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: fixable });
  // Only the text can be looked at here: this shell finds no program of such a name.
  const build = await msbuild(folder, 'demo.vcxproj', '-p:OS=Windows_NT');
  t.true(diagnostics(build).some((line) => line.includes('error HVCI0002')));
  t.true(
    build.output.includes('"%HVCI_MSBUILD_NODE%" "%HVCI_MSBUILD_CLI%" build-step "@%HVCI_MSBUILD_ARGUMENTS%"') ||
      build.output.includes('%HVCI_MSBUILD_NODE%: not found'),
    explain(build),
  );
});

test.serial('HvciFixReport writes SARIF, in a folder under a name of its own', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: unfixable });
  t.is((await msbuild(folder, 'demo.vcxproj', '-p:HvciFixReport=out/reports/')).exitCode, 1);
  const report = join(folder, 'out/reports/demo.Debug.x64.sarif');
  const sarif = JSON.parse(await readFile(report, 'utf8')) as {
    version: string;
    runs: { results: { ruleId: string }[] }[];
  };
  t.is(sarif.version, '2.1.0');
  t.true(sarif.runs[0]!.results.some(({ ruleId }) => ruleId === 'HVCI2005'));
  await msbuild(folder, 'demo.vcxproj', '-p:HvciFixReport=single.sarif');
  t.true(await exists(join(folder, 'single.sarif')));
});

test.serial('HvciFixInput names the image where the linker output is not the driver', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  const copy = `<Target Name="CopyAside" AfterTargets="Link">
    <Copy SourceFiles="$(TargetPath)" DestinationFiles="$(OutDir)aside.sys" /></Target>`;
  await writeProject(folder, { body: fixable, end: copy });
  const build = await msbuild(folder, 'demo.vcxproj', '-p:HvciFixInput=x64/Debug/aside.sys');
  t.is(build.exitCode, 0, explain(build));
  t.deepEqual(await violations(join(folder, 'x64/Debug/aside.sys')), []);
  t.deepEqual(await violations(join(folder, image)), ['HVCI2003']);
});

test.serial('the hints name the option of the project', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, {
    body: unfixable + unsafeImage + packed + linkSetting('AdditionalOptions', '/ignore:4254'),
  });
  const build = await msbuild(folder, 'demo.vcxproj');
  t.true(ran(build));
  const options = await readFile(join(folder, 'x64/Debug/int/demo.tlog/hvci-fix.link'), 'utf8');
  t.deepEqual(options.replace('\uFEFF', '').trim().split('\n'), [
    ...['/DRIVER', '/RELEASE', '/MERGE:.rdata=.text', '/SECTION:INIT,ERD', '/NXCOMPAT:NO', '/Gy-', '/Zp1'],
    '/ignore:4254',
  ]);
  const said = diagnostics(build).filter((line) => line.includes('HVCI2005'));
  t.true(
    said.some((line) => line.includes('/MERGE:.rdata=.text, from MergeSections in demo.vcxproj')),
    said.join('\n'),
  );
});

test.serial('HvciFixBaseline lets known findings in, and not one more', async (t) => {
  if (!toolsReady(t, buildTools)) return;
  const folder = await scratchFolder(t);
  await writeProject(folder, { body: unfixable });
  t.is((await msbuild(folder, 'demo.vcxproj')).exitCode, 1);
  const made = await execa(
    process.execPath,
    [repositoryFile('dist/cli.cjs'), 'baseline', join(folder, image), '-o', join(folder, 'known.json')],
    { reject: false, all: true },
  );
  t.is(made.exitCode, 0, made.all);
  const baseline = '-p:HvciFixBaseline=known.json';
  const report = '-p:HvciFixReport=report.sarif';
  const known = await msbuild(folder, 'demo.vcxproj', baseline, report);
  t.is(known.exitCode, 0, explain(known));
  t.regex(await readFile(join(folder, 'report.sarif'), 'utf8'), /"baselineState":\s*"unchanged"/);

  await writeProject(folder, { body: unfixable + linkSetting('AdditionalOptions', '/section:.text,ERW') });
  const worse = await msbuild(folder, 'demo.vcxproj', baseline, report);
  t.is(worse.exitCode, 1);
  t.true(
    diagnostics(worse).some((line) => line.includes(' error HVCI2003')),
    explain(worse),
  );
});
