/** What `hvci-fix fix` does to files: which it writes, which it leaves alone, and what it says of those it cannot write. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { needsRoot, otherUser, temporaries } from '../plugin/files/scratch.js';
import { folderWith, run, runJson } from '../support/command.js';
import { committedSample } from '../support/toolchain/samples.js';

const broken = readFileSync(committedSample('init-rwx'));

/** Inode, size and times: equal when nobody wrote to the file. */
function identity(path: string): string {
  const { ino, size, mtimeNs, ctimeNs, mode } = statSync(path, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs, mode].join(' ');
}

/** The fixed bytes, made once by a plain fix. */
async function fixedBytes(t: ExecutionContext): Promise<Buffer> {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  t.is((await run(['fix', 'a.sys'], { cwd: folder })).exitCode, 0);
  return readFileSync(at('a.sys'));
}

test('--dry-run: the plan of the real run, and not a byte written', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const before = identity(at('a.sys'));
  const planned = await runJson(['fix', '--dry-run', '--backup', 'a.sys'], { cwd: folder });
  t.is(planned.exitCode, 0);
  t.is(planned.image.plan?.outcome, 'planned');
  t.is(planned.image.plan?.writtenTo, null);
  t.is(identity(at('a.sys')), before);
  t.is((await run(['fix', '-n', '--out', 'out', 'a.sys'], { cwd: folder })).exitCode, 0);
  t.deepEqual(readdirSync(folder), ['a.sys']);
  const real = await runJson(['fix', 'a.sys'], { cwd: folder });
  t.deepEqual(real.image.plan?.edits, planned.image.plan?.edits);
});

test('a clean file is not written; a second fix does nothing', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean', 'b.sys': 'init-rwx' });
  const clean = identity(at('a.sys'));
  t.is((await run(['fix', '--backup', '--strip-signature', 'a.sys', 'b.sys'], { cwd: folder })).exitCode, 0);
  t.is(identity(at('a.sys')), clean);
  const fixed = identity(at('b.sys'));
  const { exitCode, image } = await runJson(['fix', '--backup', 'b.sys'], { cwd: folder });
  t.is(exitCode, 0);
  t.is(image.plan?.outcome, 'unchanged');
  t.is(identity(at('b.sys')), fixed);
  t.deepEqual(readdirSync(folder), ['a.sys', 'b.sys', 'b.sys.hvci-fix-backup', 'b.sys.hvci-fix-backup.json']);
});

test('--out: the copy is fixed, the original and its folder untouched, a file that is there refused', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'clean' });
  chmodSync(at('a.sys'), 0o640);
  const before = identity(at('a.sys'));
  const { exitCode, report } = await runJson(['fix', '--out', 'new/out', '.'], { cwd: folder });
  t.is(exitCode, 0);
  t.is(report.images[0]?.plan?.writtenTo, 'new/out/a.sys');
  t.is(identity(at('a.sys')), before);
  t.deepEqual(readdirSync(at('new/out')), ['a.sys']);
  t.deepEqual(readFileSync(at('new/out/a.sys')), await fixedBytes(t));
  t.is(statSync(at('new/out/a.sys')).mode & 0o777, 0o640);

  const copy = identity(at('new/out/a.sys'));
  const again = await runJson(['fix', '--out', 'new/out', 'a.sys'], { cwd: folder });
  t.is(again.exitCode, 2);
  t.is(again.image.error?.code, 'exists');
  t.is(identity(at('new/out/a.sys')), copy);
  // Into its own folder is over itself.
  t.is((await runJson(['fix', '--out', '.', 'a.sys'], { cwd: folder })).image.error?.code, 'exists');
  t.is(identity(at('a.sys')), before);
});

test('--out with two images of one name: the second is refused, not written over the first', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  mkdirSync(at('sub'));
  writeFileSync(at('sub/a.sys'), readFileSync(committedSample('no-nx')));
  const { exitCode, report } = await runJson(['fix', '--out', 'out', 'a.sys', 'sub/a.sys'], { cwd: folder });
  t.is(exitCode, 2);
  t.deepEqual(
    report.images.map(({ plan, error }) => [plan?.outcome, error?.code]),
    [
      ['fixed', undefined],
      ['refused', 'exists'],
    ],
  );
  t.deepEqual(readFileSync(at('out/a.sys')), await fixedBytes(t));
});

test('--out: what lies below a folder or a pattern keeps its path', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const fixed = await fixedBytes(t);
  for (const path of ['src/x64/r', 'src/arm64']) {
    mkdirSync(at(path), { recursive: true });
    writeFileSync(at(`${path}/a.sys`), broken);
  }
  for (const [args, copies] of [
    [['src'], ['arm64/a.sys', 'x64/r/a.sys']],
    [
      ['src/*/a.sys', 'src/x64/**'],
      ['arm64/a.sys', 'r/a.sys'],
    ],
    [['src/x64/r/a.sys'], ['a.sys']],
    [
      ['a.sys', 'src'],
      ['a.sys', 'arm64/a.sys', 'x64/r/a.sys'],
    ],
  ] as const) {
    const out = at(`out-${args.join('-').replaceAll(/\W/g, '')}`);
    const { exitCode, report } = await runJson(['fix', '--out', out, ...args], { cwd: folder });
    t.is(exitCode, 0, args.join(' '));
    t.deepEqual(
      report.images.map(({ plan }) => plan?.writtenTo),
      copies.map((copy) => `${out}/${copy}`),
    );
    for (const copy of copies) t.deepEqual(readFileSync(`${out}/${copy}`), fixed);
  }
});

test('--dry-run says that a copy or a backup has no place, as the real run does', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  mkdirSync(at('sub'));
  mkdirSync(at('out'));
  writeFileSync(at('sub/a.sys'), broken);
  writeFileSync(at('a.sys.hvci-fix-backup'), 'precious');
  writeFileSync(at('out/a.sys'), 'precious');
  for (const options of [['--out', 'out'], ['--backup']]) {
    const dry = await runJson(['fix', '-n', ...options, 'a.sys'], { cwd: folder });
    const real = await runJson(['fix', ...options, 'a.sys'], { cwd: folder });
    t.is(dry.exitCode, 2);
    t.is(dry.image.error?.code, 'exists');
    if (options.includes('--backup'))
      t.regex(dry.image.error?.message ?? '', /with other bytes than the driver has now/);
    t.deepEqual(dry.image, real.image);
  }
  const two = ['a.sys', 'sub/a.sys', '--out', 'new'];
  const dry = await runJson(['fix', '-n', ...two], { cwd: folder });
  t.false(existsSync(at('new')));
  const real = await runJson(['fix', ...two], { cwd: folder });
  for (const { exitCode, report } of [dry, real]) {
    t.is(exitCode, 2);
    t.is(
      report.images[1]?.error?.message,
      'Cannot create new/a.sys for sub/a.sys: it is the fixed copy of a.sys. Give each its own --out, or name a folder above both: what lies below a folder keeps its path.',
    );
  }
  t.deepEqual([dry.image.plan?.outcome, real.image.plan?.outcome], ['planned', 'fixed']);
});

test('--backup: one that is there and has the same bytes will do, and stays whatever happens', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  writeFileSync(at('a.sys.hvci-fix-backup'), broken);
  const backup = identity(at('a.sys.hvci-fix-backup'));
  chmodSync(at('a.sys'), 0o444);
  t.is((await runJson(['fix', '--backup', 'a.sys'], { cwd: folder })).image.error?.code, 'read-only');
  t.is(identity(at('a.sys.hvci-fix-backup')), backup);
  chmodSync(at('a.sys'), 0o644);
  t.is((await runJson(['fix', '-n', '--backup', 'a.sys'], { cwd: folder })).exitCode, 0);
  const { exitCode, image } = await runJson(['fix', '--backup', 'a.sys'], { cwd: folder });
  t.is(exitCode, 0);
  t.is(image.plan?.backup, 'a.sys.hvci-fix-backup');
  t.true(image.plan?.notes.includes('the backup a.sys.hvci-fix-backup was there already, with the same bytes'));
  t.is(identity(at('a.sys.hvci-fix-backup')), backup);
  t.deepEqual(readFileSync(at('a.sys')), await fixedBytes(t));
});

test('--backup: a link to the original is no backup of it', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  symlinkSync('a.sys', at('a.sys.hvci-fix-backup'));
  t.is((await runJson(['fix', '--backup', 'a.sys'], { cwd: folder })).image.error?.code, 'exists');
  t.deepEqual(readFileSync(at('a.sys')), broken);
});

test('--backup: the original beside it; a backup that is there is not overwritten, and nothing is', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const { image } = await runJson(['fix', '--backup', 'a.sys'], { cwd: folder });
  t.is(image.plan?.backup, 'a.sys.hvci-fix-backup');
  t.deepEqual(readFileSync(at('a.sys.hvci-fix-backup')), broken);
  writeFileSync(at('a.sys'), broken);
  writeFileSync(at('a.sys.hvci-fix-backup'), 'precious');
  const refused = await runJson(['fix', '--backup', 'a.sys'], { cwd: folder });
  t.is(refused.exitCode, 2);
  t.is(refused.image.error?.code, 'exists');
  t.deepEqual(readFileSync(at('a.sys')), broken);
  t.is(readFileSync(at('a.sys.hvci-fix-backup'), 'utf8'), 'precious');
});

test('a read-only file is refused, and no backup of it stays', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  chmodSync(at('a.sys'), 0o444);
  const before = identity(at('a.sys'));
  const { exitCode, image } = await runJson(['fix', '--backup', 'a.sys'], { cwd: folder });
  t.is(exitCode, 2);
  t.is(image.error?.code, 'read-only');
  t.regex(
    image.error?.message ?? '',
    /a\.sys: the file is read-only\. Make it writable, or write elsewhere with --out DIR\./,
  );
  t.is(identity(at('a.sys')), before);
  t.deepEqual(readdirSync(folder), ['a.sys']);
  t.is((await run(['fix', '--out', 'out', 'a.sys'], { cwd: folder })).exitCode, 0);
});

test('a file of another user, and a folder that may not be written: refused, untouched', async (t) => {
  if (!needsRoot(t)) return;
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  chmodSync(at('a.sys'), 0o644);
  const before = identity(at('a.sys'));
  const nobody = { cwd: folder, uid: otherUser, gid: otherUser };
  const refused = await runJson(['fix', 'a.sys'], nobody);
  t.is(refused.exitCode, 2);
  t.is(refused.image.error?.code, 'no-rights');
  t.is(identity(at('a.sys')), before);
  chmodSync(at('a.sys'), 0o666); // the file may be written now, its folder not
  const mode = identity(at('a.sys'));
  t.is((await runJson(['fix', 'a.sys'], nobody)).image.error?.code, 'no-rights');
  t.is(identity(at('a.sys')), mode);
  t.deepEqual(readdirSync(folder), ['a.sys']);
});

test('a folder, a pipe and what is missing', async (t) => {
  const { folder, at } = folderWith(t);
  execFileSync('mkfifo', [at('pipe.sys')]);
  for (const [name, code] of [
    ['pipe.sys', 'not-regular'],
    ['none.sys', 'missing'],
  ] as const) {
    const { exitCode, image } = await runJson(['fix', name], { cwd: folder });
    t.is(exitCode, 2);
    t.is(image.error?.code, code);
  }
  mkdirSync(at('folder.sys'));
  t.is((await runJson(['fix', 'folder.sys'], { cwd: folder })).image.error?.code, 'no-match');
});

test('a link that is named: its target is fixed, the link stays; one inside a folder is passed over', async (t) => {
  const { folder, at } = folderWith(t, { 'real.sys': 'init-rwx', 'outside.sys': 'init-rwx' });
  symlinkSync('real.sys', at('link.sys'));
  const { exitCode, image } = await runJson(['fix', 'link.sys'], { cwd: folder });
  t.is(exitCode, 0);
  t.true(image.plan?.notes.some((note) => note.includes('symbolic link')));
  t.true(lstatSync(at('link.sys')).isSymbolicLink());
  t.deepEqual(readFileSync(at('real.sys')), await fixedBytes(t));

  mkdirSync(at('tree/elsewhere'), { recursive: true });
  symlinkSync('../outside.sys', at('tree/a.sys'));
  symlinkSync('../../', at('tree/elsewhere/up'));
  // Nothing but links: nothing was checked, which is no success.
  const walked = await runJson(['fix', 'tree'], { cwd: folder });
  t.is(walked.exitCode, 2);
  t.deepEqual(
    walked.report.images.map(({ path, error }) => [path, error?.code]),
    [
      ['tree/a.sys', 'link'],
      ['tree/elsewhere/up', 'link'],
      ['tree', 'no-match'],
    ],
  );
  t.deepEqual(readFileSync(at('outside.sys')), broken);
});

test('hard links: the others keep the old content, and a note says so', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  linkSync(at('a.sys'), at('store'));
  const { image } = await runJson(['fix', 'a.sys'], { cwd: folder });
  t.is(image.plan?.outcome, 'fixed');
  t.true(image.plan?.notes.some((note) => note.includes('hard links')));
  t.deepEqual(readFileSync(at('store')), broken);
});

for (const [what, place] of [
  ['the drivers folder', 'Windows/System32/drivers'],
  ['the driver store', 'Windows/System32/DriverStore/FileRepository/x.inf_amd64'],
] as const) {
  test(`${what} of a Windows installation: refused without --force`, async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    mkdirSync(at(place), { recursive: true });
    const path = at(`${place}/a.sys`);
    renameSync(at('a.sys'), path);
    const before = identity(path);
    for (const [cwd, name] of [
      [folder, path],
      [dirname(path), 'a.sys'],
      [folder, 'Windows'],
    ] as const) {
      const { exitCode, image } = await runJson(['fix', name], { cwd });
      t.is(exitCode, 1);
      t.is(image.plan?.outcome, 'refused');
      t.is(image.plan?.refusals[0]?.code, 'protected');
      t.regex(image.plan?.refusals[0]?.message ?? '', /of a Windows installation\. .*--force/);
      t.is(identity(path), before);
    }
    t.is((await run(['fix', path, '--out', 'copy'], { cwd: folder })).exitCode, 0);
    t.is(identity(path), before);
    t.is((await run(['fix', path, '--force'], { cwd: folder })).exitCode, 0);
    t.deepEqual(readFileSync(path), await fixedBytes(t));
  });
}

test('%SystemRoot% is honoured, also through a link into it', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  mkdirSync(at('root'));
  renameSync(at('a.sys'), at('root/a.sys'));
  symlinkSync('root/a.sys', at('link.sys'));
  for (const name of ['root/a.sys', 'link.sys']) {
    const { exitCode, image } = await runJson(['fix', name], { cwd: folder, env: { SystemRoot: at('root') } });
    t.is(exitCode, 1);
    t.is(image.plan?.refusals[0]?.code, 'protected', name);
  }
  t.deepEqual(readFileSync(at('root/a.sys')), broken);
});

test('nothing is left behind, whatever happened', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'init-rwx', 'c.sys': 'writable-code' });
  chmodSync(at('b.sys'), 0o444);
  await run(['fix', '.', '--strip-write', 'PATCH'], { cwd: folder });
  t.deepEqual(temporaries(folder), []);
  t.false(existsSync(at('out')));
});
