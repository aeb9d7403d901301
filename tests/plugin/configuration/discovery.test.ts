/** Which hvci-fix.config.json a call works by, and what stands above it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { folderWith, run, runJson } from '../../support/command.js';

const NAME = 'hvci-fix.config.json';

/** `tree`: paths and contents; an object is written as JSON, and a path with / at its end is a folder. */
function project(t: ExecutionContext, tree: Record<string, object | string>) {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(path.endsWith('/') ? at(path) : dirname(at(path)), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(at(path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { folder, at };
}

async function targetIn(folder: string, image: string, ...args: string[]): Promise<string> {
  return (await runJson([image, ...args], { cwd: folder })).report.targetOs;
}

test('the nearest one above the current folder; none above the folder that holds .git', async (t) => {
  const { at } = project(t, {
    [NAME]: { targetOs: '1607' },
    [`one/${NAME}`]: { targetOs: '1703' },
    'one/two/three/': {},
    'repository/.git/': {},
    'repository/source/': {},
    'linked/.git': 'gitdir: elsewhere',
    'linked/source/': {},
    'own/.git/': {},
    [`own/${NAME}`]: { targetOs: '2004' },
    'own/source/': {},
  });
  t.is(await targetIn(at('.'), 'a.sys'), '1607');
  t.is(await targetIn(at('one'), '../a.sys'), '1703');
  t.is(await targetIn(at('one/two/three'), at('a.sys')), '1703');
  t.is(await targetIn(at('repository'), at('a.sys')), '1507');
  t.is(await targetIn(at('repository/source'), at('a.sys')), '1507');
  t.is(await targetIn(at('linked/source'), at('a.sys')), '1507', 'in a work tree .git is a file');
  t.is(await targetIn(at('own/source'), at('a.sys')), '2004');
});

test('--config names another one; options stand above both', async (t) => {
  const { folder } = project(t, {
    [NAME]: { targetOs: '1607' },
    'other/settings.json': { targetOs: '1809', maxWarnings: 0 },
  });
  t.is(await targetIn(folder, 'a.sys', '--config', 'other/settings.json'), '1809');
  t.is(await targetIn(folder, 'a.sys', '--config', 'other/settings.json', '--target-os', '22H2'), '22H2');
  t.is((await run(['a.sys', '--config', 'other/settings.json'], { cwd: folder })).exitCode, 1);
  t.is((await run(['a.sys', '--config', 'other/settings.json', '--max-warnings', '1'], { cwd: folder })).exitCode, 0);
});

test('every key does what it says', async (t) => {
  const { folder, at } = project(t, { [NAME]: { severity: { HVCI2003: 'error' } } });
  t.is((await run(['a.sys'], { cwd: folder })).exitCode, 1);
  t.is((await run(['a.sys', '--severity', 'HVCI2003=info'], { cwd: folder })).exitCode, 0);
  writeFileSync(at(NAME), JSON.stringify({ $schema: 'x', maxWarnings: 0 }));
  const { exitCode, stderr } = await run(['a.sys'], { cwd: folder });
  t.is(exitCode, 1);
  t.regex(stderr, /1 warning/);
  // A text that is no image stays none; a program is checked.
  const { folder: other, at: there } = folderWith(t, { 'b.sys': 'init-rwx' });
  writeFileSync(there(NAME), JSON.stringify({ treatAs: 'driver' }));
  t.is((await runJson(['b.sys'], { cwd: other })).image.kind, 'driver');
});

test('stripWrite and stripExecute of the configuration are the word that fix needs', async (t) => {
  for (const key of ['stripWrite', 'stripExecute']) {
    const { folder, at } = folderWith(t, { 'a.sys': 'writable-code' });
    t.is((await run(['fix', 'a.sys'], { cwd: folder })).exitCode, 1);
    writeFileSync(at(NAME), JSON.stringify({ [key]: ['PATCH'] }));
    const { exitCode, image } = await runJson(['fix', '--no-code', 'a.sys'], { cwd: folder });
    t.is(exitCode, 0);
    t.is(image.plan?.outcome, 'fixed');
  }
});

test('--strip-execute stands above stripWrite of the configuration for the same section, and the other way round', async (t) => {
  // The top byte of Characteristics, E0 before: 20 is MEM_EXECUTE, 80 MEM_WRITE.
  for (const [key, option, top] of [
    ['stripWrite', '--strip-execute', 'c0'],
    ['stripExecute', '--strip-write', '60'],
  ] as const) {
    const { folder, at } = folderWith(t, { 'a.sys': 'writable-code' });
    writeFileSync(at(NAME), JSON.stringify({ [key]: ['PATCH'] }));
    const { exitCode, image } = await runJson(['fix', '--no-code', option, 'PATCH', 'a.sys'], { cwd: folder });
    t.is(exitCode, 0);
    const edit = image.plan?.edits.find(({ field }) => field.endsWith('.characteristics'));
    t.is(edit?.after.slice(6), top);
  }
});

test('a byte order mark, blanks and a link do not matter', async (t) => {
  const { folder, at } = project(t, { 'real.json': '\uFEFF\n { "targetOs" : "1703" }\n' });
  symlinkSync('real.json', at(NAME));
  t.is(await targetIn(folder, 'a.sys'), '1703');
});

for (const [content, words] of [
  ['', 'is not valid JSON'],
  ['{', 'is not valid JSON'],
  ['{ "targetOs": "1703", }', 'is not valid JSON'],
  ['// comment\n{}', 'is not valid JSON'],
  ['[]', 'must be of type object'],
  ['null', 'must be of type object'],
  ['"1703"', 'must be of type object'],
] as const) {
  test(`not a configuration: ${JSON.stringify(content)}`, async (t) => {
    const { folder, at } = project(t, { [NAME]: content });
    const { exitCode, stdout, stderr } = await run(['a.sys'], { cwd: folder });
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.true(stderr.includes(at(NAME)), stderr);
    t.true(stderr.includes(words), stderr);
  });
}

test('a configuration that is a folder or a link to nothing', async (t) => {
  const { folder } = project(t, { [`${NAME}/`]: '' });
  const directory = await run(['a.sys'], { cwd: folder });
  t.is(directory.exitCode, 2);
  t.regex(directory.stderr, /hvci-fix\.config\.json: it is a folder/);
  const named = await run(['a.sys', '--config', 'nothing.json'], { cwd: folder });
  t.is(named.exitCode, 2);
  t.regex(named.stderr, /There is no configuration .*nothing\.json; check --config\./);
});

test('what is there under its name and cannot be read is an error: a pipe, a link to nothing or to itself', async (t) => {
  const { folder, at } = project(t, {});
  for (const [make, words] of [
    [() => execFileSync('mkfifo', [at(NAME)]), /hvci-fix\.config\.json is a socket, pipe or device\. Remove it/],
    [() => symlinkSync('nothing.json', at(NAME)), /hvci-fix\.config\.json is a link that leads nowhere\. Correct/],
    [() => symlinkSync(NAME, at(NAME)), /hvci-fix\.config\.json: its symbolic links go in a circle\. Correct/],
  ] as const) {
    make();
    const { exitCode, stderr, stdout } = await run(['a.sys'], { cwd: folder, timeout: 20_000 });
    t.deepEqual([exitCode, stdout], [2, '']);
    t.regex(stderr, words);
    rmSync(at(NAME));
  }
});
