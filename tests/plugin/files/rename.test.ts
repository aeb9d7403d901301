import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { replace, scratch, temporaries, text } from './scratch.js';

/** A Windows host on whose clock only waiting takes time, and whose first `failures` renames fail with `code`. */
const windows = (failures: number, code: string) => {
  let clock = 0;
  let attempts = 0;
  const waits: number[] = [];
  const host = {
    platform: 'win32' as const,
    icacls: () => undefined,
    now: () => clock,
    wait: async (ms: number) => {
      waits.push(ms);
      clock += ms;
    },
    rename: (from: string, to: string) => {
      if (++attempts <= failures) throw Object.assign(new Error(`${code}: rename`), { code });
      renameSync(from, to);
    },
  };
  return { host, waits, attempts: () => attempts, clock: () => clock };
};

test('Windows: a file held for a while is waited for', async (t) => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    const path = join(scratch(t), 'a.sys');
    writeFileSync(path, 'old');
    const fake = windows(6, code);
    t.true((await replace(path, 'new', { host: fake.host })).ok, code);
    t.is(text(path), 'new');
    t.is(fake.attempts(), 7);
    t.deepEqual(fake.waits, [10, 20, 40, 80, 160, 320]);
  }
});

test('Windows: a file held for good is given up after ten seconds, by name', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'old');
  const fake = windows(Number.POSITIVE_INFINITY, 'EBUSY');
  const result = await replace(path, 'new', { host: fake.host });
  t.like(result, { ok: false, code: 'held', path });
  t.regex(result.ok ? '' : result.message, /a\.sys: held open by another process/);
  t.is(fake.clock(), 10_000);
  t.is(text(path), 'old');
  t.deepEqual(temporaries(folder), []);
});

test('Windows: a file that changes while it is waited for is refused; other errors are final', async (t) => {
  const path = join(scratch(t), 'a.sys');
  writeFileSync(path, 'old');
  const fake = windows(3, 'EBUSY');
  const { wait } = fake.host;
  fake.host.wait = async (ms) => {
    await wait(ms);
    writeFileSync(path, 'linked again');
  };
  t.like(await replace(path, 'new', { host: fake.host }), { ok: false, code: 'changed' });
  const other = windows(1, 'ENOSPC');
  t.like(await replace(path, 'new', { host: other.host }), { ok: false, code: 'no-space' });
  t.is(other.attempts(), 1);
});

test('elsewhere the same errors are not retried', async (t) => {
  const path = join(scratch(t), 'a.sys');
  writeFileSync(path, 'old');
  const fake = windows(1, 'EPERM');
  t.like(await replace(path, 'new', { host: { ...fake.host, platform: 'linux' } }), { ok: false, code: 'no-rights' });
  t.is(fake.attempts(), 1);
});
