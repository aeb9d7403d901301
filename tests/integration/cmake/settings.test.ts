/** Settings of the CMake functions: what they do, and what is said of wrong ones. */
import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  CMAKE,
  CMAKE_FOLDER,
  cmakeReady,
  INJECT,
  type Outcome,
  project,
  projectFrom,
  run,
} from '../../support/cmake/cmake.js';
import { repositoryFile } from '../../support/repository.js';
import { pefile, violationsIn } from '../../support/toolchain/oracles.js';

/** A wrong call: the variables of one-driver, and what must stand in the message. */
const mistakes: [title: string, variables: Record<string, string>, message: RegExp][] = [
  [
    'unknown argument',
    { HOOK: 'target', SETTINGS: 'MODUS;fix' },
    /hvci_fix_target\(driver\): unknown argument MODUS.*It takes MODE, TARGET_OS/,
  ],
  ['unknown argument', { HOOK: 'enable', SETTINGS: 'fast' }, /hvci_fix_enable\(\): unknown argument fast/],
  ['missing value', { HOOK: 'enable', SETTINGS: 'MODE' }, /hvci_fix_enable\(\): MODE has no value/],
  ['unknown mode', { HOOK: 'target', SETTINGS: 'MODE;repair' }, /MODE repair is unknown\. Use fix, check or off/],
  [
    'unknown mode',
    { HOOK: 'none', CMAKE_PROJECT_TOP_LEVEL_INCLUDES: INJECT, HVCI_FIX_MODE: 'on' },
    /MODE on is unknown/,
  ],
  ['missing file', { HOOK: 'enable', SETTINGS: 'CONFIG;none.json' }, /CONFIG .*\/source\/none\.json is no file/],
  ['unknown target', { HOOK: 'enable', SETTINGS: 'EXCLUDE;drivers' }, /EXCLUDE drivers is no target/],
  [
    'generator expression',
    { HOOK: 'target', SETTINGS: 'REPORT;$<CONFIG>.sarif' },
    /REPORT \$<CONFIG>\.sarif holds a generator expression/,
  ],
  [
    'misspelt variable',
    { HOOK: 'none', CMAKE_PROJECT_TOP_LEVEL_INCLUDES: INJECT, HVCI_FIX_MODES: 'fix' },
    /no setting HVCI_FIX_MODES/,
  ],
  [
    'no Node',
    { HOOK: 'target', HVCI_FIX_NODE: '/nowhere/node' },
    /HVCI_FIX_NODE is \/nowhere\/node, which does not exist/,
  ],
];
for (const [index, [title, variables, message]] of mistakes.entries()) {
  test(`mistake ${index + 1}, ${title}: configuring fails and says what to write`, async (t) => {
    if (!cmakeReady(t)) return;
    const one = await project(t, 'one-driver');
    const { status, text } = await one.configure('Ninja', variables);
    t.not(status, 0);
    t.regex(text, message);
  });
}

/** Configures a few lines, after a project with one static library. */
async function lines(t: Parameters<typeof project>[0], ...code: string[]): Promise<Outcome> {
  const one = await project(t, 'one-driver');
  const list = [
    'cmake_minimum_required(VERSION 3.21)',
    'project(lines C)',
    'find_package(hvci-fix CONFIG REQUIRED)',
    'add_library(archive STATIC driver.c)',
    ...code,
  ];
  await writeFile(join(one.source, 'CMakeLists.txt'), list.join('\n'));
  return one.configure('Ninja');
}

test('a Node that is too old, or none, is refused when the project is configured', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  const node = join(one.folder, 'old node');
  await writeFile(node, '#!/bin/sh\necho v18.20.8\n', { mode: 0o755 });
  const old = await one.configure('Ninja', { HOOK: 'target', HVCI_FIX_NODE: node });
  t.not(old.status, 0);
  t.regex(old.text, /needs Node\.js 20\.19 or later, and .*old node is v18\.20\.8\. Set HVCI_FIX_NODE/);
  await writeFile(node, '#!/bin/sh\necho no such option >&2; exit 3\n', { mode: 0o755 });
  const none = await one.configure('Ninja', { HOOK: 'target', HVCI_FIX_NODE: node });
  t.not(none.status, 0);
  t.regex(none.text, /old node, which does not answer as Node\.js \(3 no such option/);
});

test('a target that links nothing, and one that is not there', async (t) => {
  if (!cmakeReady(t)) return;
  t.regex((await lines(t, 'hvci_fix_target(archive)')).text, /nothing is linked for this target \(STATIC_LIBRARY\)/);
  t.regex((await lines(t, 'hvci_fix_target(later)')).text, /hvci_fix_target\(later\): there is no such target/);
});

test('one report for two targets', async (t) => {
  if (!cmakeReady(t)) return;
  const { status, text } = await lines(
    t,
    'add_executable(a driver.c)',
    'add_executable(b driver.c)',
    'hvci_fix_target(a REPORT r/x.sarif)',
    'hvci_fix_target(b REPORT r/../r/x.sarif)',
  );
  t.not(status, 0);
  t.regex(text, /hvci_fix_target\(b\): REPORT .*\/r\/x\.sarif is the report of a already/);
});

test('BASELINE: what stands in it does not fail the build, what is new does', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  const baseline = join(one.source, 'baseline.json');
  await one.configure('Ninja', { HOOK: 'target', SETTINGS: 'MODE;off', DEFECT: 'iat' });
  t.is((await one.make()).status, 0);
  const cli = join(CMAKE_FOLDER, '../dist/cli.cjs');
  const made = await run(process.execPath, [cli, 'baseline', join(one.build, 'driver.sys'), '-o', baseline]);
  t.is(made.status, 0, made.output);

  const settings = `BASELINE;${baseline}`;
  t.is((await one.configure('Ninja', { HOOK: 'target', SETTINGS: settings, DEFECT: 'iat' })).status, 0);
  const known = await one.make();
  t.is(known.status, 0, known.output);
  await writeFile(baseline, (await readFile(baseline, 'utf8')).replaceAll('HVCI2005', 'HVCI2004'));
  const fresh = await one.make();
  t.not(fresh.status, 0, fresh.output);
  t.regex(fresh.output, /error HVCI2005/);
});

test('a project without drivers configures, and is told so', async (t) => {
  if (!cmakeReady(t)) return;
  const { status, output } = await lines(t, 'hvci_fix_enable()');
  t.is(status, 0);
  t.regex(output, /hvci-fix found no driver target in /);
});

test('MODE check leaves the file as the linker made it; off does not look', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  await one.configure('Ninja', { HOOK: 'target', SETTINGS: 'MODE;check', DEFECT: 'init' });
  const checked = await one.make();
  t.is(checked.status, 0, checked.output);
  t.regex(checked.output, /driver\.sys ?: warning HVCI2003/);
  const [report] = await pefile([join(one.build, 'driver.sys')]);
  t.deepEqual(violationsIn(report!), ['HVCI2003']);

  await one.configure('Ninja', { HOOK: 'target', SETTINGS: 'MODE;off', DEFECT: 'iat' });
  const off = await one.make();
  t.is(off.status, 0, off.output);
  t.notRegex(off.output, /HVCI\d{4}/);
});

test('the project, or TARGET_OS, says which Windows must take the driver', async (t) => {
  if (!cmakeReady(t)) return;
  const straddles = 'straddling-relocations';
  const one = await projectFrom(t, repositoryFile('samples'));
  const sample = join(one.source, straddles);
  const build = async (...variables: string[]): Promise<Outcome> => {
    const toolchain = join(CMAKE_FOLDER, 'toolchains/clang-cl-lld-link.cmake');
    const defines = [`-DCMAKE_TOOLCHAIN_FILE=${toolchain}`, `-Dhvci-fix_DIR=${CMAKE_FOLDER}`, ...variables];
    const configured = await run(CMAKE, ['--fresh', '-G', 'Ninja', '-S', sample, '-B', one.build, ...defines]);
    return configured.status === 0 ? one.make() : configured;
  };
  t.regex((await build()).output, /error HVCI3001/);
  t.is((await build('-DWDK_NTDDI_VERSION=0x0A000003')).status, 0); // NTDDI_WIN10_RS2 is 1703
  t.regex((await build('-DWDK_NTDDI_VERSION=0x0A000002')).output, /error HVCI3001/); // RS1 is 1607
  t.is((await build('-DHVCI_FIX_TARGET_OS=1703')).status, 0);
  t.regex((await build('-DHVCI_FIX_TARGET_OS=1607', '-DWDK_NTDDI_VERSION=0x0A000003')).output, /error HVCI3001/);
});

test('the INF among the sources says which Windows must take the driver', async (t) => {
  if (!cmakeReady(t)) return;
  for (const toolchain of ['clang-cl-lld-link', 'clang-lld-link']) {
    const one = await projectFrom(t, repositoryFile('samples'), 'a$b #c');
    const sample = join(one.source, 'straddling-relocations');
    const inf = (name: string, decoration: string): Promise<void> =>
      writeFile(join(sample, name), `[Manufacturer]\n%M% = Standard,${decoration}\n`);
    await inf('my driver.inf', 'NTamd64.10.0...16299');
    await inf('other.inx', 'NT$ARCH$');
    const list = join(sample, 'CMakeLists.txt');
    const text = await readFile(list, 'utf8');
    const sources = 'target_sources(straddling-relocations-driver PRIVATE "my driver.inf" other.inx)';
    await writeFile(list, `${text}\n${sources}\n`);
    const build = async (...variables: string[]): Promise<Outcome> => {
      const file = join(CMAKE_FOLDER, `toolchains/${toolchain}.cmake`);
      const defines = [`-DCMAKE_TOOLCHAIN_FILE=${file}`, `-Dhvci-fix_DIR=${CMAKE_FOLDER}`, ...variables];
      const configured = await run(CMAKE, ['--fresh', '-G', 'Ninja', '-S', sample, '-B', one.build, ...defines]);
      return configured.status === 0 ? one.make() : configured;
    };
    const modern = await build('-DWDK_NTDDI_VERSION=0x0A000002');
    t.is(modern.status, 0, modern.output);
    await inf('my driver.inf', 'NTamd64.10.0...14393');
    t.regex((await one.make()).output, /error HVCI3001/);
    t.is((await build('-DHVCI_FIX_TARGET_OS=1703')).status, 0);
  }
});

test('the configuration beside the sources is used, and a change of it links again', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  const configuration = join(one.source, 'hvci-fix.config.json');
  await writeFile(configuration, '{"severity": {"HVCI2005": "warning"}}');
  await one.configure('Ninja', { HOOK: 'enable', DEFECT: 'iat' });
  const warned = await one.make();
  t.is(warned.status, 0, warned.output);
  t.regex(warned.output, /warning HVCI2005/);
  t.regex((await one.make()).output, /no work to do/);
  await writeFile(configuration, '{}');
  const failed = await one.make();
  t.not(failed.status, 0);
  t.regex(failed.output, /error HVCI2005/);
});

test('a report for each driver, which clean takes away', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  await one.configure('Unix Makefiles', { HOOK: 'enable', SETTINGS: 'REPORT_DIR;reports', DEFECT: 'iat' });
  t.not((await one.make()).status, 0);
  const path = join(one.build, 'reports/driver.sarif');
  const sarif = JSON.parse(await readFile(path, 'utf8')) as { runs: { results: { ruleId: string }[] }[] };
  t.true(sarif.runs[0]!.results.some(({ ruleId }) => ruleId === 'HVCI2005'));
  await one.make('--target', 'clean');
  await t.throwsAsync(stat(path), { code: 'ENOENT' });
});

for (const toolchain of ['clang-cl-lld-link', 'clang-lld-link'] as const) {
  test(`${toolchain}: a linker launcher that is there already goes on running`, async (t) => {
    if (!cmakeReady(t)) return;
    const one = await project(t, 'one-driver');
    const note = join(one.folder, 'note');
    await writeFile(note, `#!/bin/sh\necho "$1 $2" >> '${one.folder}/noted'\nshift 2\nexec "$@"\n`, { mode: 0o755 });
    for (const generator of ['Ninja', 'Unix Makefiles'] as const) {
      const variables = { HOOK: 'target', DEFECT: 'init', CMAKE_C_LINKER_LAUNCHER: `${note};by;launcher` };
      const configured = await one.configure(generator, variables, toolchain);
      t.is(configured.status, 0, configured.output);
      const built = await one.make();
      t.is(built.status, 0, built.output);
      t.regex(built.output, /hvci-fix cleared MEM_WRITE of INIT/);
      t.is(await readFile(join(one.folder, 'noted'), 'utf8'), 'by launcher\n');
      await rm(join(one.folder, 'noted'));
      await rm(one.build, { recursive: true });
    }
  });
}

test('a launcher of link rules, as CTest sets one, goes on running', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  const note = join(one.folder, 'note');
  await writeFile(note, `#!/bin/sh\necho "$1" >> '${one.folder}/noted'\nshift\nexec "$@"\n`, { mode: 0o755 });
  const list = join(one.source, 'CMakeLists.txt');
  const text = await readFile(list, 'utf8');
  await writeFile(list, `${text}\nset_property(GLOBAL PROPERTY RULE_LAUNCH_LINK "${note} <TARGET_TYPE>")\n`);
  await one.configure('Ninja', { HOOK: 'target', DEFECT: 'init' });
  const built = await one.make();
  t.is(built.status, 0, built.output);
  t.regex(built.output, /hvci-fix cleared MEM_WRITE of INIT/);
  t.is(await readFile(join(one.folder, 'noted'), 'utf8'), 'EXECUTABLE\n');
});

test('a Visual Studio generator gets the MSBuild import and the settings, and no launcher', async (t) => {
  if (!cmakeReady(t)) return;
  // The generator itself is for Windows only: here its name decides, and the properties are looked at.
  const { status, output } = await lines(
    t,
    'set(CMAKE_GENERATOR "Visual Studio 17 2022")',
    'set(WDK_NTDDI_VERSION 0x0A000006)',
    'add_executable(driver driver.c)',
    'set_target_properties(driver PROPERTIES SUFFIX .sys VS_GLOBAL_ForceImportAfterCppTargets "C:/x/theirs.targets")',
    `hvci_fix_target(driver MODE check REPORT "/r/100% $(x);y.sarif")`,
    'function(show)',
    '  foreach(name VS_GLOBAL_ForceImportAfterCppTargets VS_GLOBAL__HvciFixChainedImport VS_GLOBAL_HvciFixMode',
    '          VS_GLOBAL_HvciFixReport VS_GLOBAL_HvciFixAdditionalOptions RULE_LAUNCH_LINK C_LINKER_LAUNCHER)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CMake's variables
    '    get_target_property(value driver ${name})',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CMake's variables
    '    message(STATUS "${name}=${value}")',
    '  endforeach()',
    'endfunction()',
    'cmake_language(DEFER CALL show)',
  );
  t.is(status, 0, output);
  const shown = Object.fromEntries([...output.matchAll(/^-- (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  t.like(shown, {
    VS_GLOBAL_ForceImportAfterCppTargets: join(CMAKE_FOLDER, '../msbuild/hvci-fix.targets'),
    VS_GLOBAL__HvciFixChainedImport: 'C:/x/theirs.targets',
    VS_GLOBAL_HvciFixMode: 'check',
    VS_GLOBAL_HvciFixReport: '/r/100%25 %24%28x%29%3By.sarif',
    VS_GLOBAL_HvciFixAdditionalOptions: '--project-os 0x0A000006',
    RULE_LAUNCH_LINK: 'value-NOTFOUND',
    C_LINKER_LAUNCHER: 'value-NOTFOUND',
  });
});

test('beside cmake-js: an addon of the same project is left alone', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'several-directories');
  const tool = join(one.source, 'tool/CMakeLists.txt');
  // What cmake-js gives a project, and what its manual has the project do with it.
  await writeFile(
    tool,
    `${await readFile(tool, 'utf8')}
add_library(addon SHARED tool.c \${CMAKE_JS_SRC})
set_target_properties(addon PROPERTIES PREFIX "" SUFFIX .node)
target_include_directories(addon PRIVATE \${CMAKE_JS_INC})
target_link_libraries(addon PRIVATE \${CMAKE_JS_LIB})
target_link_options(addon PRIVATE /nodefaultlib /noentry)
`,
  );
  const configured = await one.configure('Ninja', {
    CMAKE_PROJECT_TOP_LEVEL_INCLUDES: INJECT,
    CMAKE_JS_VERSION: '8.0.0',
    CMAKE_JS_INC: one.folder,
  });
  t.is(configured.status, 0, configured.output);
  t.regex(configured.output, /hvci-fix looks after filter, bus, port$/m);
  const rules = await readFile(join(one.build, 'CMakeFiles/rules.ninja'), 'utf8');
  t.is(rules.match(/link\.cjs/g)?.length, 3);
});

/** Requested version, and whether 0.1.0 (package.json's) answers to it; from npm's rules for ^. */
test('find_package with a version: as npm reads a caret', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  const { version } = JSON.parse(await readFile(repositoryFile('package.json'), 'utf8')) as { version: string };
  const [major, minor] = version.split('.').map(Number) as [number, number];
  const cases: [string, boolean][] = [
    [version, true],
    [`${major}.${minor}`, true],
    [`${major}.${minor + 1}`, false],
    [`${major + 1}`, false],
    [`${major}.${minor}...${major + 1}`, true],
    [`${major + 1}...${major + 2}`, false],
  ];
  const code = cases.map(
    ([asked]) => `find_package(hvci-fix ${asked} CONFIG QUIET)\nmessage(STATUS "${asked}=\${hvci-fix_FOUND}")`,
  );
  await writeFile(
    join(one.source, 'CMakeLists.txt'),
    `cmake_minimum_required(VERSION 3.21)\nproject(v NONE)\n${code.join('\nset(hvci-fix_FOUND 0)\n')}\n`,
  );
  const { output } = await run(CMAKE, ['-S', one.source, '-B', one.build, `-DCMAKE_PREFIX_PATH=${CMAKE_FOLDER}`]);
  const found = [...output.matchAll(/^-- ([\d.]+)=(\w+)$/gm)].map(([, asked, answer]) => [
    asked,
    /^(?:1|TRUE)$/.test(answer!),
  ]);
  t.deepEqual(found, cases);
});

test('found in node_modules, as npm lays it out', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  const installed = join(one.source, 'node_modules/hvci-fix');
  for (const part of ['cmake', 'dist', 'package.json'])
    await cp(join(CMAKE_FOLDER, '..', part), join(installed, part), { recursive: true });
  const configured = await one.configure('Ninja', {
    HOOK: 'enable',
    DEFECT: 'init',
    'hvci-fix_DIR': undefined,
    CMAKE_PREFIX_PATH: join(one.source, 'node_modules'),
  });
  t.is(configured.status, 0, configured.output);
  const built = await one.make();
  t.is(built.status, 0, built.output);
  t.regex(built.output, /hvci-fix cleared MEM_WRITE of INIT/);
});
