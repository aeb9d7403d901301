/** `hvci-fix init` as a user meets it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import test from 'ava';
import {
  APPLICATION,
  BUILD_PROPS,
  BUILD_PROPS_LINES,
  CMAKE_BLOCK,
  CMAKE_LISTS,
  VCXPROJ,
  VCXPROJ_LINES,
} from '../plugin/init/projects.js';
import { init, projectOf } from '../plugin/init/projects-on-disk.js';
import { toolsReady } from '../support/toolchain/tools.js';

const TARGETS = '  <Import Project="$(VCTargetsPath)\\Microsoft.Cpp.targets" />\n  <ImportGroup';
const wiredVcxproj = VCXPROJ.replace(TARGETS, () => VCXPROJ_LINES + TARGETS);
const up = (text: string, folders: number): string =>
  text.replace('node_modules', `${'../'.repeat(folders)}node_modules`);
const wiredCMake = CMAKE_LISTS.replace('\nadd_library', () => `${CMAKE_BLOCK}\nadd_library`);

test('one driver project: its vcxproj gets the import, --undo takes it out', async (t) => {
  const project = projectOf(t, { 'a.vcxproj': VCXPROJ });
  const before = project.snapshot();
  const dry = await init(project.folder, '--dry-run');
  t.is(dry.exitCode, 0);
  t.regex(dry.stdout, /^--- a\.vcxproj\n\+\+\+ a\.vcxproj\n@@ /);
  t.regex(dry.stdout, /Dry run: nothing was written/);
  t.deepEqual(project.snapshot(), before);

  const done = await init(project.folder);
  t.is(done.exitCode, 0, done.stderr);
  t.is(project.read('a.vcxproj'), wiredVcxproj);
  t.deepEqual(Object.keys(project.snapshot()), ['a.vcxproj'], 'no backup, no other file');

  const { mtimeNs } = statSync(project.path('a.vcxproj'), { bigint: true });
  const again = await init(project.folder);
  t.is(again.exitCode, 0);
  t.is(again.stdout, 'a.vcxproj is wired already.\n');
  t.is(statSync(project.path('a.vcxproj'), { bigint: true }).mtimeNs, mtimeNs, 'not even written');

  t.is((await init(project.folder, '--undo', '--dry-run')).exitCode, 0);
  t.is(project.read('a.vcxproj'), wiredVcxproj);
  t.is((await init(project.folder, '--undo')).exitCode, 0);
  t.deepEqual(project.snapshot(), before);
  t.is((await init(project.folder, '--undo')).stdout, 'There is nothing of hvci-fix init to take out.\n');
});

test('the diff is a patch that patch(1) applies', async (t) => {
  if (!toolsReady(t, ['patch'])) return;
  for (const files of [
    { 'a.vcxproj': VCXPROJ },
    { 'CMakeLists.txt': CMAKE_LISTS },
    { 'CMakeLists.txt': 'set(a b)\nset(CMAKE_EXECUTABLE_SUFFIX .sys) # SUFFIX .sys\nset(SUFFIX .sys)\nproject(x)' },
    { 'd/a.vcxproj': VCXPROJ, 'e/b.vcxproj': VCXPROJ },
  ]) {
    const project = projectOf(t, files);
    const patched = projectOf(t, files);
    const { stdout, exitCode } = await init(project.folder);
    t.is(exitCode, 0);
    const patch = stdout.replace(/^(?:Wired|Created|From the next)[\s\S]*$/m, '');
    execFileSync('patch', ['-p0', '--no-backup-if-mismatch'], {
      cwd: patched.folder,
      input: patch,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.deepEqual(patched.snapshot(), project.snapshot());
    const undo = await init(project.folder, '--undo');
    execFileSync('patch', ['-p0', '-E'], {
      cwd: patched.folder,
      input: undo.stdout.replace(/^(?:Restored|Removed)[\s\S]*$/m, ''),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.deepEqual(patched.snapshot(), project.snapshot());
  }
});

test('several driver projects: Directory.Build.props, made where there is none and removed again', async (t) => {
  const project = projectOf(t, {
    'src/a/a.vcxproj': VCXPROJ.replaceAll('\n', '\r\n'),
    'src/b/b.vcxproj': VCXPROJ,
    'src/tool/tool.vcxproj': APPLICATION,
  });
  const before = project.snapshot();
  const done = await init(project.folder, 'src');
  t.is(done.exitCode, 0, done.stderr);
  t.is(
    project.read('src/Directory.Build.props'),
    `<Project>\n${up(BUILD_PROPS_LINES, 1).replace('begin.', 'begin, in a file of its own.')}</Project>\n`.replaceAll(
      '\n',
      '\r\n',
    ),
  );
  t.is(Object.keys(project.snapshot()).length, 4);
  t.is((await init(project.folder)).stdout, 'src/a/a.vcxproj is wired already.\nsrc/b/b.vcxproj is wired already.\n');
  const undone = await init(project.folder, 'src', '--undo');
  t.regex(undone.stdout, /Removed src\/Directory\.Build\.props, which init had made/);
  t.deepEqual(project.snapshot(), before);
});

test('a Directory.Build.props that was made and then used for more stays, without the import', async (t) => {
  const project = projectOf(t, { 'a/a.vcxproj': VCXPROJ, 'b/b.vcxproj': VCXPROJ });
  await init(project.folder);
  const made = project.read('Directory.Build.props');
  project.write('Directory.Build.props', made.replace('</Project>', '  <PropertyGroup />\n</Project>'));
  t.is((await init(project.folder, '--undo')).exitCode, 0);
  t.is(project.read('Directory.Build.props'), '<Project>\n  <PropertyGroup />\n</Project>\n');
});

test('several driver projects: an existing Directory.Build.props is edited; one above is not hidden by a new one', async (t) => {
  const there = projectOf(t, { 'Directory.Build.props': BUILD_PROPS, 'a/a.vcxproj': VCXPROJ, 'b/b.vcxproj': VCXPROJ });
  t.is((await init(there.folder)).exitCode, 0);
  t.is(
    there.read('Directory.Build.props'),
    BUILD_PROPS.replace('</Project>', () => `${BUILD_PROPS_LINES}</Project>`),
  );

  const above = projectOf(t, {
    'Directory.Build.props': BUILD_PROPS,
    'd/a/a.vcxproj': VCXPROJ,
    'd/b/b.vcxproj': VCXPROJ,
  });
  const before = above.snapshot();
  t.is((await init(above.folder, 'd')).exitCode, 0);
  t.is(above.read('Directory.Build.props'), BUILD_PROPS, 'outside of the folder that was named');
  t.regex(above.read('d/Directory.Build.props'), /^<Project>\n {2}<PropertyGroup>\n {4}<_DirectoryBuildPropsAbove>/);
  t.is((await init(above.folder, 'd', '--undo')).exitCode, 0);
  t.deepEqual(above.snapshot(), before);
});

test('CMake: the top-level list, with the package further up', async (t) => {
  const project = projectOf(t, {
    'driver/CMakeLists.txt': CMAKE_LISTS.replace(/\nadd_library[\s\S]*/, 'add_subdirectory(sub)\n'),
    'driver/sub/CMakeLists.txt': 'project(sub)\nwdk_add_driver(x x.c)\n',
    // Generated files are nobody's to edit.
    'driver/build/CMakeCache.txt': '',
    'driver/build/x.vcxproj': VCXPROJ,
  });
  const before = project.snapshot();
  const done = await init(project.folder);
  t.is(done.exitCode, 0, done.stderr);
  const block = up(CMAKE_BLOCK, 1);
  t.true(
    project.read('driver/CMakeLists.txt').includes(`# and a comment\n${block}`),
    project.read('driver/CMakeLists.txt'),
  );
  t.is(project.read('driver/sub/CMakeLists.txt'), 'project(sub)\nwdk_add_driver(x x.c)\n');
  t.is((await init(project.folder, '--undo')).exitCode, 0);
  t.deepEqual(project.snapshot(), before);
});

test('MSBuild and CMake side by side: both, unless --only says', async (t) => {
  const files = { 'a.vcxproj': VCXPROJ, 'CMakeLists.txt': CMAKE_LISTS };
  const both = projectOf(t, files);
  t.is((await init(both.folder)).exitCode, 0);
  t.deepEqual([both.read('a.vcxproj'), both.read('CMakeLists.txt')], [wiredVcxproj, wiredCMake]);
  t.is((await init(both.folder, '--undo', '--only', 'msbuild')).exitCode, 0);
  t.deepEqual([both.read('a.vcxproj'), both.read('CMakeLists.txt')], [VCXPROJ, wiredCMake]);

  const one = projectOf(t, files);
  t.is((await init(one.folder, '--only=cmake')).exitCode, 0);
  t.deepEqual([one.read('a.vcxproj'), one.read('CMakeLists.txt')], [VCXPROJ, wiredCMake]);

  const other = projectOf(t, { 'a.vcxproj': VCXPROJ, 'CMakeLists.txt': 'project(x)\nadd_executable(x x.c)\n' });
  const done = await init(other.folder);
  t.is(other.read('CMakeLists.txt'), 'project(x)\nadd_executable(x x.c)\n');
  t.regex(done.stdout, /CMakeLists\.txt: no driver target was found there/);
});

test('a solution or a project that is named: its projects only', async (t) => {
  const files = {
    'one.sln': 'Project("{8BC9CEB8}") = "a", "a\\a.vcxproj", "{1}"\r\nEndProject\r\n',
    'two.slnx': '<Solution><Project Path="b/b.vcxproj" /></Solution>',
    'a/a.vcxproj': VCXPROJ,
    'b/b.vcxproj': VCXPROJ,
  };
  for (const [named, wired, other] of [
    ['one.sln', 'a', 'b'],
    ['two.slnx', 'b', 'a'],
    ['b/b.vcxproj', 'b', 'a'],
  ] as const) {
    const project = projectOf(t, files);
    const before = project.snapshot();
    t.is((await init(project.folder, named)).exitCode, 0, named);
    t.true(project.read(`${wired}/${wired}.vcxproj`).includes('../node_modules/hvci-fix/msbuild/hvci-fix.props'));
    t.is(project.read(`${other}/${other}.vcxproj`), VCXPROJ);
    t.is((await init(project.folder, named, '--undo')).exitCode, 0);
    t.deepEqual(project.snapshot(), before);
  }
  const all = projectOf(t, files);
  t.regex(
    (await init(all.folder, '-n')).stdout,
    /There are 2 solutions; hvci-fix init one\.sln wires the projects of one only/,
  );
  const missing = await init(projectOf(t, { 'x.sln': files['one.sln'] }).folder, 'x.sln');
  t.is(missing.exitCode, 2);
  t.regex(missing.stderr, /x\.sln names projects that cannot be read\. Cannot read .*a\.vcxproj: no such file/);
});

test('no driver project: said so, status 2, nothing written; --force wires it', async (t) => {
  const project = projectOf(t, { 'tool.vcxproj': APPLICATION });
  const refused = await init(project.folder);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /no project makes a kernel-mode driver \(looked at tool\.vcxproj for/);
  t.is(project.read('tool.vcxproj'), APPLICATION);
  t.is((await init(project.folder, '--force')).exitCode, 0);
  t.true(project.read('tool.vcxproj').includes('hvci-fix.props'));

  const empty = await init(projectOf(t, { 'readme.txt': '' }).folder);
  t.is(empty.exitCode, 2);
  t.regex(empty.stderr, /there is no vcxproj and no CMakeLists\.txt.*--template/);
  const absent = await init(project.folder, 'nowhere');
  t.is(absent.exitCode, 2);
  t.regex(absent.stderr, /nowhere: no such file/);
});

test('a driver is told by its property sheet too', async (t) => {
  const sheet = '<Project><PropertyGroup><ConfigurationType>Driver</ConfigurationType></PropertyGroup></Project>';
  const byImport = APPLICATION.replace(
    '  <ItemGroup>\n',
    '  <Import Project="..\\props\\Kernel.props" />\n  <ItemGroup>\n',
  );
  const project = projectOf(t, { 'props/kernel.props': sheet, 'a/a.vcxproj': byImport });
  t.is((await init(project.folder)).exitCode, 0);
  t.true(project.read('a/a.vcxproj').includes('hvci-fix.props'));
});

test('without the package: what to install, status 2', async (t) => {
  for (const files of [
    { 'a.vcxproj': VCXPROJ },
    { 'CMakeLists.txt': CMAKE_LISTS },
    { 'a/a.vcxproj': VCXPROJ, 'b/b.vcxproj': VCXPROJ },
  ]) {
    const project = projectOf(t, files, null);
    const before = project.snapshot();
    const refused = await init(project.folder);
    t.is(refused.exitCode, 2);
    t.regex(refused.stderr, /npm install --save-dev hvci-fix/);
    t.deepEqual(project.snapshot(), before);
  }
});

test('one file in the way: none is changed', async (t) => {
  for (const [name, content, words] of [
    [
      'b/b.vcxproj',
      VCXPROJ.replace('</Project>', ''),
      /b\/b\.vcxproj: it is no well-formed XML: line 2: <Project> is never closed/,
    ],
    ['CMakeLists.txt', `${CMAKE_LISTS})`, /CMakeLists\.txt: CMake cannot read it: line 10/],
    [
      'b/b.vcxproj',
      VCXPROJ.replace('Microsoft.Cpp.targets" />\n  <ImportGroup', 'Own.targets" />\n  <ImportGroup'),
      /does not import Microsoft\.Cpp\.targets itself/,
    ],
    ['b/b.vcxproj', Buffer.from(VCXPROJ, 'utf16le'), /zero bytes, as UTF-16 without a byte order mark/],
  ] as const) {
    const project = projectOf(t, {
      'a/a.vcxproj': wiredVcxproj.replace('hvci-fix.props', 'my/hvci-fix.props').replace(/ *<!-- hvci-fix:.*\n/g, ''),
      'c/c.vcxproj': VCXPROJ,
      [name]: content,
    });
    const before = project.snapshot();
    const refused = await init(project.folder);
    t.is(refused.exitCode, 2);
    t.regex(refused.stderr, words);
    t.regex(refused.stderr, /Nothing was changed\./);
    t.deepEqual(project.snapshot(), before);
  }
});

test('a Directory.Build.props that MSBuild could not read: said so before anything is wired', async (t) => {
  const broken = BUILD_PROPS.replace('of the whole', 'npm install --save-dev, of the whole');
  const project = projectOf(t, { 'Directory.Build.props': broken, 'a/a.vcxproj': VCXPROJ });
  const before = project.snapshot();
  const refused = await init(project.folder);
  t.is(refused.exitCode, 2);
  t.regex(
    refused.stderr,
    /^hvci-fix: Directory\.Build\.props: it is no well-formed XML: line 3: .*\nNothing was changed\.\n$/,
  );
  t.deepEqual(project.snapshot(), before);
});

test('a read-only file is left alone, and so are the others', async (t) => {
  const project = projectOf(t, { 'a.vcxproj': VCXPROJ, 'CMakeLists.txt': CMAKE_LISTS });
  chmodSync(project.path('CMakeLists.txt'), 0o444);
  const refused = await init(project.folder);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /Cannot change .*CMakeLists\.txt: the file is read-only\. Make it writable/);
  t.is(project.read('a.vcxproj'), VCXPROJ);
  t.is(project.read('CMakeLists.txt'), CMAKE_LISTS);
});

test('lines that somebody changed between the marks: undo says where and leaves them', async (t) => {
  const edited = wiredCMake.replace('hvci_fix_enable()', 'hvci_fix_enable(MODE check)');
  const project = projectOf(t, { 'CMakeLists.txt': edited });
  const refused = await init(project.folder, '--undo');
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /CMakeLists\.txt: the lines of hvci-fix init at line 7 .*changed by hand/);
  t.is(project.read('CMakeLists.txt'), edited);
});

test('wrong calls', async (t) => {
  const { folder } = projectOf(t, { 'a.vcxproj': VCXPROJ });
  for (const [args, words] of [
    [['a', 'b'], /takes one folder or project; b is one more/],
    [['--only', 'make'], /--only make: use msbuild or cmake/],
    [['--name', 'x'], /--name belongs to --template/],
    [['--template', 'cmake-wdm', '--undo'], /--undo has no meaning/],
    [['--template', 'nothing', 'new'], /There is no template nothing\. The templates are .*cmake-wdm/],
    [['--template', 'cmake-wdm', 'my driver'], /my driver cannot name a driver.*--name/],
    [['package.json'], /package\.json: no such file/],
  ] as const) {
    const refused = await init(folder, ...args);
    t.is(refused.exitCode, 2, args.join(' '));
    t.regex(refused.stderr, words);
  }
});

test('--template copies with the name filled in, and never over a file', async (t) => {
  const project = projectOf(t, {});
  const dry = await init(project.folder, '--template', 'cmake-wdm', 'FooBar', '--dry-run');
  t.regex(dry.stdout, /Would create FooBar\/CMakeLists\.txt/);
  t.deepEqual(project.snapshot(), {});
  const made = await init(project.folder, '--template', 'cmake-wdm', 'FooBar');
  t.is(made.exitCode, 0, made.stderr);
  t.regex(project.read('FooBar/CMakeLists.txt'), /project\(FooBar /);
  t.is((JSON.parse(project.read('FooBar/package.json')) as { name: string }).name, 'foo-bar');
  for (const text of Object.keys(project.snapshot()).map(project.read)) t.notRegex(text, /HvciDriver|hvci-driver/);
  t.regex(project.read('FooBar/.gitignore'), /^node_modules\/$/m);
  t.false('FooBar/gitignore' in project.snapshot());

  const before = project.snapshot();
  const again = await init(project.folder, '--template', 'cmake-wdm', 'FooBar');
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /Already there: .*FooBar\/CMakeLists\.txt.*Nothing was written/);
  t.deepEqual(project.snapshot(), before);
});

test('each template of the package is copied, and wired already', async (t) => {
  for (const [template, wired] of [
    ['cmake-wdm', 'CMakeLists.txt is wired already.\n'],
    ['hvci-wdm', 'Foo.vcxproj is wired already.\n'],
    ['hvci-kmdf', 'Foo.vcxproj is wired already.\n'],
  ] as const) {
    const project = projectOf(t, {});
    t.is((await init(project.folder, '--template', template, '.', '--name', 'Foo')).exitCode, 0, template);
    for (const text of Object.keys(project.snapshot()).map(project.read)) t.notRegex(text, /HvciDriver|hvci-driver/);
    t.is((await init(project.folder)).stdout, wired);
  }
});

test('a Directory.Build.props that was there is never removed, however empty', async (t) => {
  const project = projectOf(t, {
    'Directory.Build.props': '<Project>\n</Project>\n',
    'a/a.vcxproj': VCXPROJ,
    'b/b.vcxproj': VCXPROJ,
  });
  const before = project.snapshot();
  t.is((await init(project.folder)).exitCode, 0);
  t.notDeepEqual(project.snapshot(), before);
  t.is((await init(project.folder, '--undo')).exitCode, 0);
  t.deepEqual(project.snapshot(), before);
});

test('nested Directory.Build.props: the one that all of them read', async (t) => {
  const above = "$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))";
  const nested = `<Project>\n  <Import Project="${above}" />\n</Project>\n`;
  const project = projectOf(t, {
    'Directory.Build.props': BUILD_PROPS,
    'd/Directory.Build.props': nested,
    'd/a/a.vcxproj': VCXPROJ,
    'd/b/b.vcxproj': VCXPROJ,
    // Reads its own only.
    'e/Directory.Build.props': '<Project></Project>',
    'e/c.vcxproj': VCXPROJ,
  });
  t.is((await init(project.folder)).exitCode, 0);
  t.true(project.read('Directory.Build.props').includes('hvci-fix.props'));
  t.is(project.read('d/Directory.Build.props'), nested);
  t.regex(
    project.read('e/Directory.Build.props'),
    /^<Project><!-- hvci-fix: begin, inline\..*<!-- hvci-fix: end --><\/Project>$/,
  );
  t.is((await init(project.folder)).stdout.match(/is wired already/g)?.length, 3);
});
