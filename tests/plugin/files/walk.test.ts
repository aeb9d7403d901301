import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadPatternParser } from '../../../plugin/files/glob.js';
import { expandPaths, type WalkOptions } from '../../../plugin/files/walk.js';
import { act, needsRoot, otherUser, scratch } from './scratch.js';

function tree(t: ExecutionContext, files: readonly string[]): string {
  const folder = scratch(t);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), 'MZ');
  }
  return folder;
}

/** Paths below `folder`; failures as `code:path`. */
async function found(folder: string, paths: readonly string[], options?: WalkOptions): Promise<string[]> {
  const entries = await expandPaths(
    paths.map((path) => join(folder, path)),
    options,
  );
  return [...entries].map((entry) => (entry.ok ? '' : `${entry.code}:`) + entry.path.replace(`${folder}/`, ''));
}

test('a folder gives its images in code-unit order, by extension in any case', async (t) => {
  const folder = tree(t, [
    'b.sys',
    'B.SYS',
    'a/z.dll',
    'a/y.Exe',
    'a.efi',
    'c.txt',
    'sys',
    'x.sys.bak',
    'é.sys',
    'a/b/c/d.sys',
  ]);
  const expected = ['B.SYS', 'a/b/c/d.sys', 'a/y.Exe', 'a/z.dll', 'a.efi', 'b.sys', 'é.sys'];
  t.deepEqual(await found(`${folder}`, ['']), expected);
});

test('our own temporary files are passed over', async (t) => {
  const folder = tree(t, ['a.sys', `.hvci-fix-${'a'.repeat(24)}.tmp.sys`]);
  t.deepEqual(await found(folder, ['']), ['a.sys']);
});

test('a named file is taken whatever its name, and is named; one in a folder is not', async (t) => {
  const folder = tree(t, ['d/a.sys', 'odd.bin']);
  const entries = [...(await expandPaths([join(folder, 'odd.bin'), join(folder, 'd')]))];
  t.deepEqual(
    entries.map((entry) => entry.named),
    [true, false],
  );
});

test('paths read as they were typed', async (t) => {
  const folder = tree(t, ['d/a.sys']);
  const list = async (path: string) => [...(await expandPaths([path]))].map((entry) => entry.path);
  t.deepEqual(await list(`${folder}/d/`), [`${folder}/d/a.sys`]);
  t.deepEqual(await list(`${folder}/./d`), [`${folder}/./d/a.sys`]);
  const here = `import(${JSON.stringify(new URL('../../../plugin/files/walk.js', import.meta.url).href)}).then(async (m) => {
    for (const p of ['.', './d', '*/*.sys', './**/*.sys']) console.log(...[...(await m.expandPaths([p]))].map((e) => e.path)) })`;
  t.is(
    execFileSync(process.execPath, ['-e', here], { cwd: folder, encoding: 'utf8' }),
    'd/a.sys\n./d/a.sys\nd/a.sys\nd/a.sys\n',
  );
});

test('the path below the folder or the pattern goes with each file; one that is named has none', async (t) => {
  const folder = tree(t, ['x64/r/a.sys', 'arm64/a.sys', 'b.sys']);
  const list = async (...paths: string[]) =>
    [...(await expandPaths(paths.map((path) => `${folder}/${path}`)))].map((entry) => entry.ok && entry.relative);
  t.deepEqual(await list(''), ['arm64/a.sys', 'b.sys', 'x64/r/a.sys']);
  t.deepEqual(await list('x64/'), ['r/a.sys']);
  t.deepEqual(await list('*/a.sys', 'x64/**/*.sys'), ['arm64/a.sys', 'r/a.sys']);
  t.deepEqual(await list('x64/r/a.sys', 'b.sys'), [undefined, undefined]);
  t.deepEqual(await list('b.sys'), [undefined]);
});

test('what is missing, empty or without images is an error that names it', async (t) => {
  const folder = tree(t, ['d/a.txt']);
  t.deepEqual(await found(folder, ['none.sys', 'd', '*.sys', 'none/*.sys']), [
    'missing:none.sys',
    'no-match:d',
    'no-match:*.sys',
    'no-match:none/*.sys',
  ]);
  for (const entry of await expandPaths(['', join(folder, 'd'), join(folder, '*.sys')])) {
    t.true(entry.named && !entry.ok && entry.message.includes(entry.path));
  }
});

test('a folder that holds packages only: what to name in its place, and that finds them', async (t) => {
  const folder = tree(t, ['d/x/foo.cab', 'd/x/bar.cab', 'd/readme.txt']);
  const [entry] = await expandPaths([join(folder, 'd')]);
  if (entry === undefined || entry.ok) return t.fail();
  t.true(entry.message.includes(`such as ${join(folder, 'd/x/bar.cab')}.`), entry.message);
  const [, pattern = ''] = /hvci-fix check "(.*)"$/.exec(entry.message) ?? [];
  const paths = [...(await expandPaths([pattern]))].map(({ path }) => path);
  t.deepEqual(paths, [join(folder, 'd/x/bar.cab'), join(folder, 'd/x/foo.cab')]);
});

test('archives beside drivers are counted, those that are named are not', async (t) => {
  const folder = tree(t, ['d/a.sys', 'd/z.cab', 'd/x/bar.zip', 'd/readme.txt', 'd/a.inf', 'e/c.cab', 'f.zip']);
  const archives = new Set<string>();
  const found = [
    ...(await expandPaths(
      ['d', 'e', 'f.zip'].map((path) => join(folder, path)),
      { archives },
    )),
  ];
  t.deepEqual(
    found.map(({ ok }) => ok),
    [true, false, true],
  );
  t.deepEqual([...archives].sort(), [join(folder, 'd/x/bar.zip'), join(folder, 'd/z.cab')]);
});

test('an archive in two of the folders counts once, one that is named too not at all', async (t) => {
  const folder = tree(t, ['d/a.sys', 'd/x/b.sys', 'd/x/bar.zip', 'd/z.cab']);
  const archives = new Set<string>();
  const paths = ['d', 'd/x', 'd/**/*.cab'].map((path) => join(folder, path));
  t.is([...(await expandPaths(paths, { archives }))].length, 3);
  t.deepEqual([...archives], [join(folder, 'd/x/bar.zip')]);
});

test('where all that was found is passed over, nothing was checked: the call fails', async (t) => {
  const folder = tree(t, ['d/a.txt', 'real.sys']);
  symlinkSync('../real.sys', join(folder, 'd/link.sys'));
  t.deepEqual(await found(folder, ['d', 'd/*.sys'], { followLinks: false }), [
    'link:d/link.sys',
    'no-match:d',
    'link:d/link.sys',
    'no-match:d/*.sys',
  ]);
  symlinkSync('link.sys', join(folder, 'd/z.sys'));
  rmSync(join(folder, 'real.sys'));
  t.deepEqual(await found(folder, ['d']), ['missing:d/link.sys', 'missing:d/z.sys', 'no-match:d']);
});

test('patterns', async (t) => {
  const folder = tree(t, [
    'a.sys',
    'b.bin',
    'x64/a.sys',
    'x64/deep/b.sys',
    'arm64/a.sys',
    'arm64/n.obj',
    'v1/a1.sys',
    'v1/a2.sys',
    'Program Files (x86)/p.sys',
    'Program Files (x86)/sub+!@$/q.sys',
  ]);
  const is = async (pattern: string, expected: string[], options?: WalkOptions) =>
    t.deepEqual(await found(folder, [pattern], options), expected, pattern);
  await is('*.sys', ['a.sys']);
  await is('?.bin', ['b.bin']);
  await is('*/*.sys', ['Program Files (x86)/p.sys', 'arm64/a.sys', 'v1/a1.sys', 'v1/a2.sys', 'x64/a.sys']);
  await is('x64/**/*.sys', ['x64/a.sys', 'x64/deep/b.sys']);
  await is('{x64,arm64}/a.sys', ['arm64/a.sys', 'x64/a.sys']);
  await is('{x64/deep,arm64}/*.sys', ['arm64/a.sys', 'x64/deep/b.sys']);
  await is('v1/a[2-9].sys', ['v1/a2.sys']);
  await is('v1/a[!2].sys', ['v1/a1.sys']);
  await is('arm64/*.obj', ['arm64/n.obj']);
  await is('arm64/*', ['arm64/a.sys']); // any name: images only
  await is('x64/**', ['x64/a.sys', 'x64/deep/b.sys']);
  await is('Program Files (x86)/*.sys', ['Program Files (x86)/p.sys']);
  await is('Program*(x86)/*/q.sys', ['Program Files (x86)/sub+!@$/q.sys']);
  await is('*/sub+!@$/q.sys', ['Program Files (x86)/sub+!@$/q.sys']);
  await is('X64/*.SYS', ['no-match:X64/*.SYS']);
});

test('Windows: backslashes part folders and case does not count', async (t) => {
  const folder = tree(t, ['x64/deep/a.sys', 'x64/b.sys']);
  const entries = await expandPaths([`${folder}\\x64\\**\\*.SYS`], { windowsPatterns: true });
  t.deepEqual(
    [...entries].map((entry) => entry.path),
    [`${folder}/x64/b.sys`, `${folder}/x64/deep/a.sys`],
  );
});

test('Windows: the prefix of a device path is no magic', async (t) => {
  for (const path of [
    '\\\\?\\C:\\absent.sys',
    '\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1\\absent.sys',
    '//?/C:/absent.sys',
  ])
    t.deepEqual(
      [...(await expandPaths([path], { windowsPatterns: true }))].map((entry) => !entry.ok && entry.code),
      ['missing'],
      path,
    );
  const parse = await loadPatternParser(true);
  const { base, depth, matches } = parse('\\\\?\\C:\\a b\\*.sys');
  t.deepEqual([base, depth, matches('X.SYS')], ['\\\\?\\C:\\a b', 0, true]);
  t.is(parse('C:\\*.sys').base, 'C:\\');
  t.is(parse('C:/x/*.sys').base, 'C:/x');
});

test('a path that exists is never a pattern', async (t) => {
  const folder = tree(t, ['a[1].sys', 'a1.sys', 'build {x64}/b.sys', '*.sys']);
  t.deepEqual(await found(folder, ['a[1].sys', 'build {x64}', '*.sys']), ['a[1].sys', 'build {x64}/b.sys', '*.sys']);
});

test('what is given twice is listed once', async (t) => {
  const folder = tree(t, ['d/a.sys', 'd/b.sys']);
  t.deepEqual(await found(folder, ['d/b.sys', 'd', 'd/*.sys']), ['d/b.sys', 'd/a.sys']);
});

test('links: followed, loops told, each folder once, dangling ones told', async (t) => {
  const folder = tree(t, ['d/a.sys', 'd/e/b.sys', 'other/c.sys']);
  symlinkSync('..', join(folder, 'd', 'e', 'up'));
  symlinkSync('../other', join(folder, 'd', 'other'));
  symlinkSync('nothing', join(folder, 'd', 'z.sys'));
  symlinkSync('nothing', join(folder, 'd', 'z.txt'));
  symlinkSync('self.sys', join(folder, 'd', 'self.sys'));
  t.deepEqual(await found(folder, ['d']), [
    'd/a.sys',
    'd/e/b.sys',
    'link-loop:d/e/up',
    'd/other/c.sys',
    'link-loop:d/self.sys',
    'missing:d/z.sys',
  ]);
  t.deepEqual(await found(folder, ['']), [
    'd/a.sys',
    'd/e/b.sys',
    'link-loop:d/e/up',
    'd/other/c.sys', // first met through the link, so not again as other/c.sys
    'link-loop:d/self.sys',
    'missing:d/z.sys',
  ]);
  const unfollowed = await found(folder, ['d'], { followLinks: false });
  t.deepEqual(unfollowed.slice(0, 4), ['d/a.sys', 'd/e/b.sys', 'link:d/e/up', 'link:d/other']);
  t.is((await found(folder, ['d/z.sys'])).join(), 'missing:d/z.sys');
  const [entry] = await expandPaths([join(folder, 'd', 'z.sys')]);
  t.regex(entry?.ok === false ? entry.message : '', /z\.sys: it is a symbolic link to a file that is not there/);
});

test('a pattern says nothing of links that it does not ask for', async (t) => {
  const folder = tree(t, ['a.sys', 'b.sys', 'd/c.sys']);
  symlinkSync('nothing', join(folder, 'a-gone.sys'));
  symlinkSync('nothing', join(folder, 'b-gone.sys'));
  symlinkSync('a-self.sys', join(folder, 'a-self.sys'));
  symlinkSync('b-self.sys', join(folder, 'b-self.sys'));
  symlinkSync('self.txt', join(folder, 'self.txt'));
  symlinkSync('d', join(folder, 'link'));
  symlinkSync('..', join(folder, 'd', 'up'));
  const a = ['missing:a-gone.sys', 'link-loop:a-self.sys', 'a.sys'];
  t.deepEqual(await found(folder, ['a*.sys']), a);
  // No folder is gone into, so a link to one hides nothing.
  t.deepEqual(await found(folder, ['a*.sys'], { followLinks: false }), a);
  const b = ['missing:b-gone.sys', 'link-loop:b-self.sys', 'b.sys', 'd/c.sys'];
  t.deepEqual(await found(folder, [''], { followLinks: false }), [...a, ...b.slice(0, 4), 'link:d/up', 'link:link']);
});

test('a pipe with the name of a driver is told', async (t) => {
  const folder = tree(t, ['a.sys']);
  execFileSync('mkfifo', [join(folder, 'pipe.sys')]);
  t.deepEqual(await found(folder, ['']), ['a.sys', 'not-regular:pipe.sys']);
});

test('a folder without rights is a line, the rest goes on', (t) => {
  if (!needsRoot(t)) return;
  const folder = tree(t, ['a.sys', 'b/b.sys', 'c.sys']);
  chmodSync(join(folder, 'b'), 0);
  const { found: entries } = act(['walk', folder], { uid: otherUser });
  t.deepEqual(
    entries?.map((entry) => `${entry.code ?? 'ok'} ${entry.path.slice(folder.length)} ${entry.named}`),
    ['ok /a.sys false', 'no-rights /b false', 'ok /c.sys false'],
  );
});

test('a folder that vanishes during the walk is a line', async (t) => {
  const folder = tree(t, ['a/a.sys', 'b/b.sys', 'c/c.sys']);
  const seen: string[] = [];
  for (const entry of await expandPaths([folder])) {
    if (seen.length === 0) rmSync(join(folder, 'b'), { recursive: true });
    seen.push(entry.ok ? 'ok' : entry.code);
    if (!entry.ok) t.regex(entry.message, /it was there when its folder was listed, and is gone/);
  }
  t.deepEqual(seen, ['ok', 'missing', 'ok']);
});

test('a name that is not UTF-8 is told', async (t) => {
  const folder = tree(t, ['a.sys']);
  try {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/b`), Buffer.from([0xff]), Buffer.from('.sys')]), 'MZ');
  } catch {
    t.log('not run: this file system takes UTF-8 names only');
    t.pass();
    return;
  }
  t.deepEqual(await found(folder, ['']), ['a.sys', 'name:b\uFFFD.sys']);
});

test('folders as deep as the system allows are walked without recursion', async (t) => {
  const depth = 1500;
  const folder = tree(t, [`${'d/'.repeat(depth)}a.sys`]);
  t.deepEqual(await found(folder, ['']), [`${'d/'.repeat(depth)}a.sys`]);
});
