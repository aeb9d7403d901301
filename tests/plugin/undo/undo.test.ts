/** `hvci-fix undo`: what `fix --backup` changed, put back. Expected bytes are those of the committed samples. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { readImage } from '../../../plugin/files/read.js';
import { replaceFile } from '../../../plugin/files/write.js';
import { keepOriginal } from '../../../plugin/undo/keep.js';
import { folderWith, run } from '../../support/command.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { sign, signingKey, verifySignature } from '../../support/toolchain/signing.js';
import { signingTools, toolPath, toolsReady } from '../../support/toolchain/tools.js';
import { needsRoot, otherUser } from '../files/scratch.js';

interface Undone {
  readonly path: string;
  readonly outcome: string;
  readonly backupRemoved: boolean;
  readonly notes: readonly string[];
}

const original = readFileSync(committedSample('init-rwx', 'x64'));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const BACKUP = 'a.sys.hvci-fix-backup';
const RECORD = 'a.sys.hvci-fix-backup.json';

/** A folder with `a.sys` fixed and its backup. */
async function fixedFolder(t: ExecutionContext, options: readonly string[] = []) {
  const made = folderWith(t, { 'a.sys': 'init-rwx' });
  chmodSync(made.at('a.sys'), 0o640);
  const { exitCode, stdout, stderr } = await run(['fix', '--backup', ...options, 'a.sys'], { cwd: made.folder });
  t.is(exitCode, 0, stdout + stderr);
  const fixed = readFileSync(made.at('a.sys'));
  t.notDeepEqual(fixed, original);
  return { ...made, fixed };
}

async function undo(folder: string, args: readonly string[], options = {}) {
  const { exitCode, stdout } = await run(['undo', '--format', 'json', ...args], { cwd: folder, ...options });
  const { files } = JSON.parse(stdout) as { readonly files: readonly Undone[] };
  return { exitCode, files, outcomes: files.map(({ path, outcome }) => [path, outcome]), file: files[0]! };
}

test('the bytes and the mode are back; a second undo finds nothing to do; fix --backup works again', async (t) => {
  const { folder, at, fixed } = await fixedFolder(t);
  t.deepEqual((await undo(folder, ['a.sys', '--dry-run'])).outcomes, [['a.sys', 'planned']]);
  t.deepEqual(readFileSync(at('a.sys')), fixed);
  const first = await undo(folder, ['a.sys']);
  t.deepEqual([first.exitCode, first.outcomes], [0, [['a.sys', 'restored']]]);
  t.deepEqual(readFileSync(at('a.sys')), original);
  t.is(statSync(at('a.sys')).mode & 0o777, 0o640);
  const { ino, mtimeMs } = statSync(at('a.sys'));
  const second = await undo(folder, ['a.sys']);
  t.deepEqual([second.exitCode, second.outcomes], [0, [['a.sys', 'already']]]);
  t.like(statSync(at('a.sys')), { ino, mtimeMs });
  t.deepEqual(readdirSync(folder), ['a.sys', BACKUP, RECORD]);
  t.is((await run(['fix', '--backup', 'a.sys'], { cwd: folder })).exitCode, 0);
  t.deepEqual(readFileSync(at('a.sys')), fixed);
  t.is((await undo(folder, [BACKUP])).file.outcome, 'restored');
});

test('the record says what sha256sum says', async (t) => {
  const { at, fixed } = await fixedFolder(t);
  t.deepEqual(JSON.parse(readFileSync(at(RECORD), 'utf8')), {
    schemaVersion: 1,
    tool: 'hvci-fix',
    original: { size: original.length, sha256: sha256(original) },
    fixed: { size: fixed.length, sha256: sha256(fixed) },
  });
});

test('--remove-backup leaves the file alone in its folder', async (t) => {
  const { folder, at } = await fixedFolder(t);
  const { file } = await undo(folder, ['.', '--remove-backup']);
  t.true(file.backupRemoved);
  t.deepEqual(readdirSync(folder), ['a.sys']);
  t.deepEqual(readFileSync(at('a.sys')), original);
  const again = await undo(folder, ['.']);
  t.is(again.exitCode, 2);
  t.regex(again.file.notes[0] ?? '', /^Nothing to undo in \.: /);
});

test('--remove-backup below a folder: each file is told once', async (t) => {
  const { folder } = await fixedFolder(t);
  const { exitCode, outcomes } = await undo(folder, ['.', '--remove-backup']);
  t.deepEqual([exitCode, outcomes], [0, [['a.sys', 'restored']]]);
});

test('signed again by --sign-with: the record is of the signed file, and undo knows it', async (t) => {
  if (!toolsReady(t, signingTools)) return;
  const { key, certificate } = await signingKey();
  const command = `${toolPath('osslsigncode')} sign -h sha256 -certs "${certificate}" -key "${key}" -in {in} -out {out}`;
  const { folder, at, fixed } = await fixedFolder(t, ['--sign-with', command]);
  t.true((await verifySignature(at('a.sys'))).valid);
  const record = JSON.parse(readFileSync(at(RECORD), 'utf8')) as { fixed: { sha256: string } };
  t.is(record.fixed.sha256, sha256(fixed));
  t.is((await undo(folder, ['a.sys'])).file.outcome, 'restored');
  t.deepEqual(readFileSync(at('a.sys')), original);
});

test('signed by hand after the fix: refused, as the signature would be lost', async (t) => {
  if (!toolsReady(t, signingTools)) return;
  const { folder, at } = await fixedFolder(t);
  copyFileSync(await sign(at('a.sys')), at('a.sys'));
  t.is((await undo(folder, ['a.sys'])).file.outcome, 'refused');
  t.true((await verifySignature(at('a.sys'))).valid);
});

test('rebuilt since: refused with status 1, and nothing is touched; --force puts it back', async (t) => {
  const { folder, at } = await fixedFolder(t);
  appendFileSync(at('a.sys'), 'x');
  const changed = readFileSync(at('a.sys'));
  const { exitCode, file } = await undo(folder, ['a.sys']);
  t.is(exitCode, 1);
  t.is(file.outcome, 'refused');
  t.regex(file.notes[0] ?? '', /^a\.sys is not what fix wrote: .* --force puts the backup back\.$/);
  t.deepEqual(readFileSync(at('a.sys')), changed);
  t.is((await undo(folder, ['a.sys', '--force'])).file.outcome, 'restored');
  t.deepEqual(readFileSync(at('a.sys')), original);
});

/** TimeDateStamp lies 8 bytes behind e_lfanew's target (PE specification, COFF file header). */
function linkedAgain(bytes: Buffer): Buffer {
  const built = Buffer.from(bytes);
  const stamp = built.readUInt32LE(0x3c) + 8;
  built.writeUInt32LE((built.readUInt32LE(stamp) + 1) >>> 0, stamp);
  return built;
}

test('linked again since: fix --backup keeps the new original in place of the old one, and says so', async (t) => {
  const { folder, at } = await fixedFolder(t);
  const built = linkedAgain(original);
  writeFileSync(at('a.sys'), built);
  // CheckSum is wrong, and is only planned to be mended.
  t.is((await run(['fix', '--backup', '--dry-run', 'a.sys'], { cwd: folder })).exitCode, 1);
  t.deepEqual(readFileSync(at(BACKUP)), original);
  const failed = await run(['fix', '--backup', '--sign-with', 'false {file}', 'a.sys'], { cwd: folder });
  t.is(failed.exitCode, 2);
  t.deepEqual([readFileSync(at(BACKUP)), readFileSync(at('a.sys'))], [original, built]);
  const { exitCode, stdout } = await run(['fix', '--backup', 'a.sys'], { cwd: folder });
  t.is(exitCode, 0, stdout);
  t.true(stdout.includes('the backup of an earlier build'), stdout);
  t.deepEqual(readFileSync(at(BACKUP)), built);
  t.is((await undo(folder, ['a.sys'])).file.outcome, 'restored');
  t.deepEqual(readFileSync(at('a.sys')), built);
});

test('not linked again, or a backup that fix did not make: it is never replaced', async (t) => {
  for (const [change, record] of [
    [(bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')]), 'kept'],
    [linkedAgain, 'gone'],
    [linkedAgain, 'of other bytes'],
  ] as const) {
    const { folder, at } = await fixedFolder(t);
    writeFileSync(at('a.sys'), change(original));
    if (record === 'gone') rmSync(at(RECORD));
    if (record === 'of other bytes') appendFileSync(at(BACKUP), 'x');
    const kept = readFileSync(at(BACKUP));
    const { exitCode, stdout } = await run(['fix', '--backup', 'a.sys'], { cwd: folder });
    t.is(exitCode, 2);
    t.true(stdout.replace(/\s+/g, ' ').includes('it is not known to be of an earlier build'), stdout);
    t.deepEqual(readFileSync(at(BACKUP)), kept);
    t.deepEqual(readFileSync(at('a.sys')), change(original));
  }
});

test('the fixed driver with another time stamp is no other build: its original is never replaced', async (t) => {
  const { folder, at, fixed } = await fixedFolder(t);
  writeFileSync(at('a.sys'), linkedAgain(fixed));
  const { exitCode, stdout } = await run(['fix', '--backup', 'a.sys'], { cwd: folder });
  t.is(exitCode, 2, stdout);
  t.deepEqual(readFileSync(at(BACKUP)), original);
});

test('a backup that is not what fix kept is never put back', async (t) => {
  const { folder, at, fixed } = await fixedFolder(t);
  const bytes = readFileSync(at(BACKUP));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(at(BACKUP), bytes);
  for (const args of [['a.sys'], ['a.sys', '--force']]) {
    const { exitCode, file } = await undo(folder, args);
    t.deepEqual([exitCode, file.outcome], [2, 'failed']);
    t.regex(file.notes[0] ?? '', /is not what fix kept/);
  }
  t.deepEqual(readFileSync(at('a.sys')), fixed);
});

for (const [what, record] of [
  ['empty', ''],
  ['not JSON', '{'],
  ['null', 'null'],
  ['of another schema', '{"schemaVersion":2}'],
  ['without hashes', '{"schemaVersion":1,"original":{"size":1,"sha256":"x"},"fixed":{}}'],
] as const)
  test(`a record that is ${what}: status 2, nothing is touched`, async (t) => {
    const { folder, at, fixed } = await fixedFolder(t);
    writeFileSync(at(RECORD), record);
    const { exitCode, file } = await undo(folder, ['a.sys']);
    t.deepEqual([exitCode, file.outcome], [2, 'failed']);
    t.deepEqual(readFileSync(at('a.sys')), fixed);
  });

test('no record, as the first hvci-fix left it: only with --force', async (t) => {
  const { folder, at } = await fixedFolder(t);
  rmSync(at(RECORD));
  t.is((await undo(folder, ['a.sys'])).exitCode, 1);
  t.is((await undo(folder, ['a.sys', '--force'])).file.outcome, 'restored');
  t.deepEqual(readFileSync(at('a.sys')), original);
});

test('another run makes the backup meanwhile: nobody is told to remove it', async (t) => {
  const { at } = folderWith(t, { 'a.sys': 'init-rwx' });
  // Asked for its length when it is written: after the name was found free.
  class Slow extends Uint8Array {
    override get length(): number {
      if (!existsSync(at(BACKUP))) writeFileSync(at(BACKUP), original);
      return this.byteLength;
    }
  }
  const kept = await keepOriginal(at('a.sys'), new Slow(original), original, 0o644, undefined);
  t.is(kept.ok ? '' : kept.code, 'exists');
  t.regex(kept.ok ? '' : kept.message, /another run made that file meanwhile\. Keep it, and run again/);
  t.deepEqual(readFileSync(at(BACKUP)), original);
  t.deepEqual(readdirSync(at('.')).sort(), ['a.sys', BACKUP]);
});

test('two runs at once: who comes too late leaves the backup that the other one goes by', async (t) => {
  const { at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const fixed = readFileSync(committedSample('clean'));
  const read = readImage(at('a.sys'));
  if (!read.ok) return t.fail(read.message);
  const runs = [];
  for (let run = 0; run < 2; run++) {
    const kept = await keepOriginal(at('a.sys'), original, fixed, 0o644, undefined);
    if (!kept.ok) return t.fail(kept.message);
    runs.push(kept);
  }
  const [late, first] = runs;
  t.true((await replaceFile(at('a.sys'), fixed, read.identity, first)).ok);
  t.false((await replaceFile(at('a.sys'), fixed, read.identity, late)).ok);
  late?.discard();
  t.deepEqual(readFileSync(at(BACKUP)), original);
});

test('the driver itself is gone: it comes back', async (t) => {
  const { folder, at } = await fixedFolder(t);
  rmSync(at('a.sys'));
  t.is((await undo(folder, ['a.sys'])).file.outcome, 'restored');
  t.deepEqual(readFileSync(at('a.sys')), original);
  t.is(statSync(at('a.sys')).mode & 0o777, 0o640);
});

test('folders and patterns: what has a backup, each once; the others are passed over', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'init-rwx', 'c.sys': 'clean' });
  mkdirSync(at('d'));
  renameSync(at('b.sys'), at('d/b.sys'));
  const fix = ['fix', '--backup', '.'];
  await run(fix, { cwd: folder });
  t.deepEqual((await undo(folder, ['*.sys'])).outcomes, [['a.sys', 'restored']]);
  await run(fix, { cwd: folder });
  t.deepEqual((await undo(folder, ['.', 'a.sys', 'd'])).outcomes, [
    ['a.sys', 'restored'],
    ['d/b.sys', 'restored'],
  ]);
  t.deepEqual(readFileSync(at('d/b.sys')), original);
});

test('what has no backup, and what does not exist: status 2, the rest is put back', async (t) => {
  const { folder, at } = await fixedFolder(t);
  writeFileSync(at('b.sys'), original);
  const { exitCode, outcomes } = await undo(folder, ['b.sys', 'none.sys', '*.none', 'a.sys']);
  t.is(exitCode, 2);
  t.deepEqual(outcomes, [
    ['b.sys', 'failed'],
    ['none.sys', 'failed'],
    ['*.none', 'failed'],
    ['a.sys', 'restored'],
  ]);
});

test('a link: its target is put back, the link stays', async (t) => {
  const { folder, at } = folderWith(t, { 'real.sys': 'init-rwx' });
  symlinkSync('real.sys', at('a.sys'));
  t.is((await run(['fix', '--backup', 'a.sys'], { cwd: folder })).exitCode, 0);
  t.notDeepEqual(readFileSync(at('real.sys')), original);
  t.is((await undo(folder, ['a.sys'])).file.outcome, 'restored');
  t.deepEqual(readFileSync(at('real.sys')), original);
});

test('a link that fix was given by name: a pattern finds its backup too', async (t) => {
  const { folder, at } = folderWith(t, { 'real.bin': 'init-rwx' });
  symlinkSync('real.bin', at('a.sys'));
  t.is((await run(['fix', '--backup', 'a.sys'], { cwd: folder })).exitCode, 0);
  t.deepEqual((await undo(folder, ['*.sys'])).outcomes, [['a.sys', 'restored']]);
  t.deepEqual(readFileSync(at('real.bin')), original);
});

test('an INF: its images are put back, as fix takes it', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'clean' });
  writeFileSync(at('x.inf'), '[SourceDisksFiles]\na.sys=1\nb.sys=1\n');
  const nothing = await undo(folder, ['x.inf']);
  t.is(nothing.exitCode, 2);
  t.regex(nothing.file.notes[0] ?? '', /^Nothing to undo in x\.inf: /);
  for (const argument of ['x.inf', '*.inf']) {
    await run(['fix', '--backup', 'x.inf'], { cwd: folder });
    t.notDeepEqual(readFileSync(at('a.sys')), original);
    const { exitCode, outcomes } = await undo(folder, [argument]);
    t.deepEqual([exitCode, outcomes], [0, [['a.sys', 'restored']]]);
    t.deepEqual(readFileSync(at('a.sys')), original);
  }
});

test('a read-only file: --dry-run says what undo would, and advises nothing that undo does not have', async (t) => {
  const { folder, at } = await fixedFolder(t);
  chmodSync(at('a.sys'), 0o444);
  for (const args of [['a.sys', '--dry-run'], ['a.sys']]) {
    const { exitCode, file } = await undo(folder, args);
    t.deepEqual([exitCode, file.outcome], [2, 'failed']);
    t.deepEqual(file.notes, ['Cannot replace a.sys: the file is read-only. Make it writable.']);
  }
});

test('a record whose backup is gone: told below a folder', async (t) => {
  const { folder, at } = await fixedFolder(t);
  copyFileSync(at('a.sys'), at('b.sys'));
  copyFileSync(at(RECORD), at('b.sys.hvci-fix-backup.json'));
  const { exitCode, outcomes, files } = await undo(folder, ['.']);
  t.deepEqual(outcomes, [
    ['a.sys', 'restored'],
    ['b.sys', 'failed'],
  ]);
  t.is(exitCode, 0);
  t.regex(files[1]?.notes[0] ?? '', /^There is no b\.sys\.hvci-fix-backup, only its record/);
  rmSync(at(BACKUP));
  t.is((await undo(folder, ['.'])).exitCode, 2);
});

test('something else has the name of the record: fix --backup refuses, and leaves all as it was', async (t) => {
  for (const prepare of [
    (at: (name: string) => string) => writeFileSync(at(RECORD), 'precious'),
    (at: (name: string) => string) => symlinkSync('elsewhere.txt', at(RECORD)),
    (at: (name: string) => string) => mkdirSync(at(RECORD)),
  ]) {
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    prepare(at);
    const before = readdirSync(folder);
    const { exitCode, stdout } = await run(['fix', '--backup', 'a.sys'], { cwd: folder });
    t.is(exitCode, 2);
    t.true(stdout.includes('a file of that name is already there'), stdout);
    t.deepEqual(readFileSync(at('a.sys')), original);
    t.deepEqual(readdirSync(folder), before);
  }
});

test('a folder that may not be written: failed, with words', async (t) => {
  if (!needsRoot(t)) return;
  const { folder, at, fixed } = await fixedFolder(t);
  for (const name of readdirSync(folder)) chmodSync(at(name), 0o666);
  const { exitCode, file } = await undo(folder, ['a.sys'], { uid: otherUser, gid: otherUser });
  t.deepEqual([exitCode, file.outcome], [2, 'failed']);
  t.regex(file.notes[0] ?? '', /access denied/);
  t.deepEqual(readFileSync(at('a.sys')), fixed);
});

test('link loops, endless names, folders without rights: words and status 2, a line below a folder', async (t) => {
  if (!needsRoot(t)) return;
  const { folder, at } = await fixedFolder(t);
  for (const name of readdirSync(folder)) chmodSync(at(name), 0o666);
  chmodSync(folder, 0o777);
  symlinkSync('loop.sys', at('loop.sys'));
  mkdirSync(at('locked'));
  for (const name of ['x.sys', 'x.sys.hvci-fix-backup']) writeFileSync(at(`locked/${name}`), original);
  chmodSync(at('locked'), 0o700);
  const other = { uid: otherUser, gid: otherUser };
  const long = 'x'.repeat(300);
  const named = await undo(folder, ['loop.sys', 'locked/x.sys', 'locked', 'loop.sys/*.sys', long], other);
  t.is(named.exitCode, 2);
  t.deepEqual(
    named.files.map(({ path, notes }) => [path, /circle|access denied|too long/.exec(notes[0] ?? '')?.[0]]),
    [
      ['loop.sys', 'circle'],
      ['locked/x.sys', 'access denied'],
      ['locked', 'access denied'],
      ['loop.sys/*.sys', 'circle'],
      [long, 'too long'],
    ],
  );
  const walked = await undo(folder, ['.', '--dry-run'], other);
  t.deepEqual(walked.outcomes, [
    ['a.sys', 'planned'],
    ['locked', 'failed'],
  ]);
  t.is(walked.exitCode, 0);
  rmSync(at(BACKUP));
  t.is((await undo(folder, ['.', '--dry-run'], other)).exitCode, 2, 'nothing was found');
});

test('in words', async (t) => {
  const { folder } = await fixedFolder(t);
  const { stdout } = await run(['undo', 'a.sys', '--remove-backup'], { cwd: folder });
  t.is(stdout, 'restored       a.sys\n  the backup was removed\n1 file is as before the fix.\n');
  t.is((await run(['undo'], { cwd: folder })).exitCode, 2);
});

test('--quiet: nothing but what was left alone', async (t) => {
  const { folder, at } = await fixedFolder(t);
  copyFileSync(committedSample('clean'), at('b.sys'));
  t.deepEqual(await run(['undo', '-q', 'a.sys'], { cwd: folder }), { exitCode: 0, stdout: '', stderr: '' });
  t.deepEqual(readFileSync(at('a.sys')), original);
  const { exitCode, stdout } = await run(['undo', '--quiet', 'a.sys', 'b.sys'], { cwd: folder });
  t.is(exitCode, 2);
  t.regex(stdout, /^failed +b\.sys\n/);
  t.false(stdout.includes('a.sys'));
});
