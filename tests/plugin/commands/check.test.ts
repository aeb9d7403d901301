/** Which exit status for which images; folders, patterns, severities and the target. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { folderWith, type JsonReport, run, runJson } from '../../support/command.js';
import { needsRoot, otherUser } from '../files/scratch.js';

const names = (report: JsonReport): string[] => report.images.map(({ path }) => path);
const statuses = (report: JsonReport): string[] => report.images.map(({ status }) => status);

/** A tree with two drivers that are fine or nearly so, and everything that cannot be checked. */
function mixedFolder(t: ExecutionContext): string {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean', 'b.SYS': 'init-rwx', 'c.txt': 'iat-in-text' });
  mkdirSync(at('sub'));
  for (const name of ['sub/d.dll', 'sub/e.exe', 'sub/f.efi']) writeFileSync(at(name), readFileSync(at('a.sys')));
  writeFileSync(at('sub/cut.sys'), readFileSync(at('a.sys')).subarray(0, 100));
  writeFileSync(at('sub/empty.sys'), '');
  writeFileSync(at('sub/text.sys'), 'not a driver');
  symlinkSync('nothing', at('sub/link.sys'));
  execFileSync('mkfifo', [at('sub/pipe.sys')]);
  return folder;
}

for (const [files, args, exitCode] of [
  [{ 'a.sys': 'clean' }, ['a.sys'], 0],
  [{ 'a.sys': 'init-rwx' }, ['a.sys'], 0],
  [{ 'a.sys': 'no-nx' }, ['a.sys'], 0],
  [{ 'a.sys': 'iat-in-text' }, ['a.sys'], 1],
  [{ 'a.sys': 'low-alignment' }, ['a.sys'], 1],
  [{ 'a.sys': 'writable-code' }, ['a.sys'], 1],
  [{ 'a.sys': 'straddling-relocations' }, ['a.sys'], 1],
  [{ 'a.sys': 'straddling-relocations' }, ['a.sys', '--target-os', '1703'], 0],
  [{ 'a.sys': 'straddling-relocations' }, ['a.sys', '--target-os', '1607'], 1],
  [{ 'a.sys': 'clean' }, ['none.sys'], 2],
  [{ 'a.sys': 'clean' }, ['a.sys', 'none.sys'], 2],
  [{ 'a.sys': 'iat-in-text' }, ['none.sys', 'a.sys'], 2],
  [{ 'a.sys': 'iat-in-text', 'b.sys': 'clean' }, ['a.sys', 'b.sys'], 1],
  [{ 'a.sys': 'init-rwx' }, ['a.sys', '--max-warnings', '0'], 1],
  [{ 'a.sys': 'init-rwx' }, ['a.sys', '--max-warnings', '1'], 0],
  [{ 'a.sys': 'init-rwx', 'b.sys': 'init-rwx' }, ['.', '--max-warnings', '1'], 1],
  [{ 'a.sys': 'init-rwx' }, ['a.sys', '--severity', 'HVCI2003=error'], 1],
  [{ 'a.sys': 'init-rwx' }, ['a.sys', '--severity', 'hvci2003=off', '--max-warnings', '0'], 0],
  [{ 'a.sys': 'iat-in-text' }, ['a.sys', '--severity', 'HVCI2005=warning'], 0],
  [{ 'a.sys': 'iat-in-text' }, ['a.sys', '--severity', 'HVCI2005=off', '--severity', 'HVCI2005=error'], 1],
  // Memory integrity does not exist there: information only.
  [{ 'a.sys': ['init-rwx', 'x86'] }, ['a.sys', '--max-warnings', '0'], 0],
  [{ 'a.sys': ['init-rwx', 'arm64'] }, ['a.sys', '--max-warnings', '0'], 1],
] as const) {
  test(`${JSON.stringify(files)} ${args.join(' ')}: status ${exitCode}`, async (t) => {
    const { folder } = folderWith(t, files);
    t.is((await run(args, { cwd: folder })).exitCode, exitCode);
  });
}

test('a folder: every image below it; what cannot be read is a line, and no failure of the call', async (t) => {
  const folder = mixedFolder(t);
  const { exitCode, report } = await runJson(['.'], { cwd: folder });
  t.deepEqual(
    report.images.map(({ path, status, error }) => [path, status, error?.code]),
    [
      ['a.sys', 'clean', undefined],
      ['b.SYS', 'findings', undefined],
      ['sub/cut.sys', 'unreadable', 'truncated'],
      ['sub/d.dll', 'clean', undefined],
      ['sub/e.exe', 'clean', undefined],
      ['sub/empty.sys', 'unreadable', 'empty'],
      ['sub/f.efi', 'clean', undefined],
      ['sub/link.sys', 'unreadable', 'missing'],
      ['sub/pipe.sys', 'unreadable', 'not-regular'],
      ['sub/text.sys', 'unreadable', 'not-pe'],
    ],
  );
  t.is(exitCode, 0);
  t.deepEqual(report.summary, { images: 10, clean: 4, errors: 0, warnings: 1, fixed: 0, refused: 0, unreadable: 5 });
  for (const { path, error } of report.images) if (error) t.true(error.message.includes(path), error.message);
});

for (const [name, code] of [
  ['sub/cut.sys', 'truncated'],
  ['sub/empty.sys', 'empty'],
  ['sub/link.sys', 'missing'],
  ['sub/pipe.sys', 'not-regular'],
  ['sub/text.sys', 'not-pe'],
  ['sub/none.sys', 'missing'],
  ['*.none', 'no-match'],
  ['nothing-here', 'no-match'],
] as const) {
  test(`${name} named: ${code}, status 2`, async (t) => {
    const folder = mixedFolder(t);
    mkdirSync(join(folder, 'nothing-here'));
    const { exitCode, image } = await runJson([name], { cwd: folder });
    t.is(exitCode, 2);
    t.is(image.status, 'unreadable');
    t.is(image.error?.code, code);
    const text = await run([name], { cwd: folder });
    t.true(text.stdout.includes(name), text.stdout);
  });
}

test('patterns that no shell expanded', async (t) => {
  const folder = mixedFolder(t);
  const listed = async (pattern: string) => names((await runJson([pattern], { cwd: folder })).report);
  t.deepEqual(await listed('*.sys'), ['a.sys']);
  t.deepEqual(await listed('sub/?.{dll,exe}'), ['sub/d.dll', 'sub/e.exe']);
  t.deepEqual(await listed('**/[ad].*'), ['a.sys', 'sub/d.dll']);
  t.deepEqual(await listed('*.txt'), ['c.txt']);
});

test('the same path twice is checked once', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  t.deepEqual(names((await runJson(['a.sys', './a.sys', '.', '*.sys'], { cwd: folder })).report), ['a.sys']);
});

for (const [given, name] of [
  ['auto', '1507'],
  ['1703', '1703'],
  ['22h2', '22H2'],
  ['11-24H2', '11-24H2'],
  ['24h2', '11-24H2'],
  ['15063', '1703'],
  ['10.0.15063', '1703'],
  ['10.0.15063.2500', '1703'],
  ['26100', '11-24H2'],
  ['14394', '1607'],
] as const) {
  test(`--target-os ${given} is ${name}`, async (t) => {
    const { folder } = folderWith(t, { 'a.sys': 'clean' });
    t.is((await runJson(['a.sys', '--target-os', given], { cwd: folder })).report.targetOs, name);
  });
}

test('--hashes is what sha256sum says, also of a file that is no image; without it null', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean', 'b.sys': 'init-rwx' });
  writeFileSync(at('c.sys'), 'not a driver');
  const { report } = await runJson(['.', '--hashes'], { cwd: folder });
  const expected = execFileSync('sha256sum', ['a.sys', 'b.sys', 'c.sys'], { cwd: folder, encoding: 'utf8' });
  t.is(report.images.map(({ sha256, path }) => `${sha256}  ${path}\n`).join(''), expected);
  const [image] = (await runJson(['a.sys'], { cwd: folder })).report.images;
  t.is(image?.sha256, null);
  t.not(createHash('sha256').update('').digest('hex'), report.images[0]?.sha256);
});

test('a file that may not be read: a line in its folder, status 2 when named', async (t) => {
  if (!needsRoot(t)) return;
  const { folder, at } = folderWith(t, { 'a.sys': 'clean', 'b.sys': 'clean' });
  chmodSync(at('b.sys'), 0o000);
  const nobody = { cwd: folder, uid: otherUser, gid: otherUser };
  const walked = await runJson(['.'], nobody);
  t.is(walked.exitCode, 0);
  t.deepEqual(
    walked.report.images.map(({ status, error }) => [status, error?.code]),
    [
      ['clean', undefined],
      ['unreadable', 'no-rights'],
    ],
  );
  const named = await runJson(['b.sys'], nobody);
  t.is(named.exitCode, 2);
  t.regex(named.image.error?.message ?? '', /Cannot read b\.sys: access denied\. Check the rights/);
});

test('a file of 5 GiB is refused at once', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  truncateSync(at('a.sys'), 5 * 2 ** 30);
  for (const args of [['a.sys'], ['fix', 'a.sys']]) {
    const { exitCode, image } = await runJson(args, { cwd: folder });
    t.is(exitCode, 2);
    t.is(image.error?.code, 'too-large');
  }
});

test('many images: all are reported, in order', async (t) => {
  const { folder, at } = folderWith(t, { 'a0000.sys': 'init-rwx' });
  const bytes = readFileSync(at('a0000.sys'));
  for (let index = 1; index < 500; index++) writeFileSync(at(`a${String(index).padStart(4, '0')}.sys`), bytes);
  const { report } = await runJson(['.'], { cwd: folder });
  t.deepEqual(names(report), [...names(report)].sort());
  t.is(report.summary['warnings'], 500);
  t.deepEqual(new Set(statuses(report)), new Set(['findings']));
});

test('a rule that is off and a finding that is accepted are no approval', async (t) => {
  const { folder: cwd } = folderWith(t, { 'a.sys': 'iat-in-text' });
  const approval = /nothing was found that memory integrity refuses/;
  const off = await run(['a.sys', '--severity', 'HVCI2005=off'], { cwd });
  t.is(off.exitCode, 0);
  t.notRegex(off.stdout, approval);
  t.regex(off.stdout, /HVCI2005 is switched off: nothing was\s+looked\s+at\s+for\s+it/);
  const { report } = await runJson(['a.sys', '--severity', 'HVCI2005=off', '--severity', 'HVCI2003=off'], { cwd });
  t.deepEqual(report.rulesOff, ['HVCI2003', 'HVCI2005']);
  const suppress = [{ code: 'HVCI2005', reason: 'known' }];
  writeFileSync(join(cwd, 'hvci-fix.config.json'), JSON.stringify({ suppress }));
  const accepted = await run(['a.sys'], { cwd });
  t.is(accepted.exitCode, 0);
  t.notRegex(accepted.stdout, approval);
  t.regex(accepted.stdout, /1 finding that the configuration accepts is\s+still\s+there/);
  t.false('rulesOff' in (await runJson(['a.sys'], { cwd })).report);
});
