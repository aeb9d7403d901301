import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import test from 'ava';
import { replaceFile } from '../../../plugin/files/write.js';
import { act, identityOf, mountSmall, needsRoot, otherUser, replace, scratch, temporaries, text } from './scratch.js';

test('the content is new, the mode stays, nothing else is left', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  chmodSync(path, 0o751);
  const before = statSync(path).ino;
  t.deepEqual(await replace(path, 'newer'), { ok: true, path, size: 5, notes: [] });
  t.is(text(path), 'newer');
  t.is(statSync(path).mode & 0o7777, 0o751);
  t.not(statSync(path).ino, before); // renamed over, not written in place
  t.deepEqual(readdirSync(folder), ['a.sys']);
});

test('a file that changed since it was read is left alone', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  const changes: Record<string, () => void> = {
    'other size': () => writeFileSync(path, 'linked again'),
    'same size, other time': () => writeFileSync(path, 'dlo'),
    'other file': () => {
      writeFileSync(join(folder, 'b'), 'old');
      utimesSync(join(folder, 'b'), 1000, 1000);
      renameSync(join(folder, 'b'), path);
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    for (const moment of ['before', 'during'] as const) {
      writeFileSync(path, 'old');
      utimesSync(path, 1000, 1000);
      const identity = identityOf(path);
      if (moment === 'before') change();
      const prepare = async (temporary: string) => {
        if (moment === 'during') change();
        return { ok: true as const, path: temporary };
      };
      const expected = moment === 'before' ? text(path) : null;
      const result = await replaceFile(path, Buffer.from('fixed'), identity, { prepare });
      t.is(result.ok ? 'written' : result.code, 'changed', `${name}, ${moment}`);
      t.not(text(path), 'fixed');
      if (expected !== null) t.is(text(path), expected);
      t.deepEqual(temporaries(folder), []);
    }
  }
});

test('a file that vanished is not made again', async (t) => {
  const path = join(scratch(t), 'a.sys');
  writeFileSync(path, 'old');
  const identity = identityOf(path);
  renameSync(path, `${path}.moved`);
  const result = await replaceFile(path, Buffer.from('new'), identity);
  t.is(result.ok ? '' : result.code, 'missing');
  t.false(existsSync(path));
});

test('a symbolic link stays, its target is replaced in its own folder', async (t) => {
  const folder = scratch(t);
  mkdirSync(join(folder, 'real'));
  const target = join(folder, 'real', 'a.sys');
  const link = join(folder, 'link.sys');
  writeFileSync(target, 'old');
  symlinkSync('real/a.sys', link);
  const result = await replace(link, 'new');
  if (!result.ok) return t.fail(result.message);
  t.is(result.path, target);
  t.regex(result.notes.join(), /symbolic link/);
  t.true(lstatSync(link).isSymbolicLink());
  t.is(readlinkSync(link), 'real/a.sys');
  t.is(text(target), 'new');
});

test('of hard links this name changes, the others keep the old content, and it is said', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  linkSync(path, join(folder, 'cache.sys'));
  const result = await replace(path, 'new');
  t.regex(result.ok ? result.notes.join() : '', /2 names/);
  t.is(text(path), 'new');
  t.is(text(join(folder, 'cache.sys')), 'old');
});

test('a read-only file is refused, for root too', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  chmodSync(path, 0o444);
  const result = await replace(path, 'new');
  t.like(result, { ok: false, code: 'read-only', path });
  t.is(text(path), 'old');
});

test('a user without rights to file or folder is refused, the file stays', (t) => {
  if (!needsRoot(t)) return;
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  chmodSync(folder, 0o777);
  t.like(act(['replace', path, '9'], { uid: otherUser }), { ok: false, code: 'no-rights', path });
  chmodSync(folder, 0o755);
  chmodSync(path, 0o666);
  const result = act(['replace', path, '9'], { uid: otherUser });
  t.like(result, { ok: false, code: 'no-rights', path });
  t.true(String(result.message).includes(folder)); // it is the folder that forbids it
  t.is(text(path), 'old');
});

test('root keeps the owner; another user says whose the file becomes', async (t) => {
  if (!needsRoot(t)) return;
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  chownSync(path, 1234, 2345);
  chmodSync(path, 0o4755);
  t.true((await replace(path, 'new')).ok);
  t.is(statSync(path).uid, 1234);
  t.is(statSync(path).gid, 2345);
  t.is(statSync(path).mode & 0o7777, 0o4755);
  chmodSync(path, 0o666);
  chmodSync(folder, 0o777);
  const result = act(['replace', path, '9'], { uid: otherUser });
  t.true(result.ok);
  t.regex(String(result.notes), /user 65534 now; it was user 1234's.*group 2345/);
  t.is(statSync(path).uid, otherUser);
  t.is(statSync(path).mode & 0o777, 0o666);
});

test('a mode that shuts out even the owner does not stop the write', (t) => {
  if (!needsRoot(t)) return;
  const folder = scratch(t);
  chmodSync(folder, 0o777);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  chmodSync(path, 0o466); // writable for others, not for the owner, who the writer becomes
  t.like(act(['replace', path, '9'], { uid: otherUser }), { ok: true, size: 9 });
  t.is(statSync(path).mode & 0o777, 0o466);
});

test('a full disk leaves the original and no temporary file', async (t) => {
  const folder = scratch(t);
  if (!mountSmall(t, folder, '256k')) return;
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'o'.repeat(150_000));
  const result = await replace(path, 'n'.repeat(200_000));
  t.like(result, { ok: false, code: 'no-space', path });
  t.regex(result.ok ? '' : result.message, /Free disk space/);
  t.is(text(path), 'o'.repeat(150_000));
  t.deepEqual(readdirSync(folder), ['a.sys']);
  t.true((await replace(path, 'n'.repeat(50_000))).ok); // it works again when there is room
});

test('a limit on file size (ulimit -f) is no crash', (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  t.like(act(['replace', path, '200000'], { shell: 'ulimit -f 64' }), { ok: false, code: 'no-space', path });
  t.is(text(path), 'old');
  t.deepEqual(temporaries(folder), []);
});

test('a name at the system’s limit is replaced', async (t) => {
  const path = join(scratch(t), `${'x'.repeat(251)}.sys`);
  writeFileSync(path, 'old');
  t.true((await replace(path, 'new')).ok);
  t.is(text(path), 'new');
});

test('old leftovers of a crash go, fresh ones and other files stay', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  const names = {
    stale: `.hvci-fix-${'a'.repeat(24)}.tmp`,
    staleSys: `.hvci-fix-${'c'.repeat(24)}.tmp.sys`,
    fresh: `.hvci-fix-${'b'.repeat(24)}.tmp`,
    users: '.hvci-fix-notes.tmp',
    folder: `.hvci-fix-${'d'.repeat(24)}.tmp.d`,
  };
  mkdirSync(join(folder, names.folder));
  for (const name of [names.stale, names.staleSys, names.fresh, names.users]) writeFileSync(join(folder, name), 'x');
  const old = Date.now() / 1000 - 7200;
  for (const name of [names.stale, names.staleSys, names.users, names.folder]) utimesSync(join(folder, name), old, old);
  t.true((await replace(path, 'new')).ok);
  t.deepEqual(readdirSync(folder).sort(), ['a.sys', names.fresh, names.users, names.folder].sort());
});

test('preparation: the name keeps the extension, another file may come back, a failure leaves the original', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old', { mode: 0o640 });
  let seen = '';
  const result = await replace(path, 'new', {
    prepare: async (temporary) => {
      seen = temporary;
      t.is(text(temporary), 'new');
      t.is(text(path), 'old');
      writeFileSync(`${temporary}.x`, 'signed');
      return { ok: true, path: `${temporary}.x` };
    },
  });
  t.like(result, { ok: true, size: 6 });
  t.regex(basename(seen), /^\.hvci-fix-[0-9a-f]{24}\.tmp\.sys$/);
  t.is(text(path), 'signed');
  t.is(statSync(path).mode & 0o777, 0o640);
  const failure = { ok: false, code: 'signing', path, message: 'no' } as const;
  t.deepEqual(await replace(path, 'newer', { prepare: async () => failure }), failure);
  t.is(text(path), 'signed');
  t.deepEqual(readdirSync(folder), ['a.sys']);
});
