/** Files that Windows or another process guards: read-only, held open, those of the system. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folderWith } from '../../support/command.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { windowsPath } from '../../support/windows/windows-node.js';
import { runWindowsJson, windowsTest } from '../../support/windows/windows-test.js';

const original = readFileSync(committedSample('init-rwx'));

windowsTest('read-only: refused before anything is written', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  chmodSync(at('a.sys'), 0o444);
  const { exitCode, image } = await runWindowsJson(['fix', 'a.sys'], { cwd: folder });
  t.is(exitCode, 2);
  t.like(image.error, { code: 'read-only' });
  t.regex(image.error?.message ?? '', /read-only\. Make it writable, or write elsewhere with --out DIR\./);
  t.true(readFileSync(at('a.sys')).equals(original));
  t.deepEqual(readdirSync(folder), ['a.sys']);
});

windowsTest('held open for a moment, as a virus scanner does: the rename waits and succeeds', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const { exitCode, image } = await runWindowsJson(['fix', 'a.sys'], { cwd: folder, hold: { 'a.sys': 1500 } });
  t.deepEqual([exitCode, image.plan?.outcome], [0, 'fixed']);
  t.false(readFileSync(at('a.sys')).equals(original));
  t.deepEqual(readdirSync(folder), ['a.sys']);
});

windowsTest(
  'held open for good: ten seconds, then the file, the cause and the remedy; nothing has changed',
  async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    const { exitCode, image } = await runWindowsJson(['fix', 'a.sys'], { cwd: folder, hold: { 'a.sys': 60_000 } });
    t.is(exitCode, 2);
    t.like(image.error, { code: 'held' });
    t.regex(
      image.error?.message ?? '',
      /^Cannot replace a\.sys: held open by another process for 10 s.*Close the program/s,
    );
    t.true(readFileSync(at('a.sys')).equals(original));
    t.deepEqual(readdirSync(folder), ['a.sys']);
  },
);

windowsTest('a drive of an installed Windows: its folders are left alone without --force', async (t) => {
  const { folder, at } = folderWith(t);
  const inside = [
    'Windows/System32/drivers/a.sys',
    'Windows/System32/DriverStore/FileRepository/a.inf_amd64_1/a.sys',
    'root/a.sys',
  ];
  for (const path of inside) {
    mkdirSync(dirname(at(path)), { recursive: true });
    copyFileSync(committedSample('init-rwx'), at(path));
  }
  const set = { SystemRoot: windowsPath(at('root')) };
  const asked = [
    'WINDOWS\\system32\\Drivers\\A.SYS',
    'windows\\System32\\..\\System32\\DriverStore\\FileRepository\\a.inf_amd64_1\\a.sys',
    `\\\\?\\${windowsPath(at('root/a.sys'))}`,
  ];
  const { exitCode, report } = await runWindowsJson(['fix', ...asked], { cwd: folder, set });
  t.is(exitCode, 1);
  t.deepEqual(
    report.images.map(({ path, plan }) => [path, plan?.refusals[0]?.code]),
    asked.map((path) => [path, 'protected']),
  );
  for (const path of inside) t.true(readFileSync(at(path)).equals(original), path);

  const out = await runWindowsJson(['fix', asked[0]!, '--out', 'copies'], { cwd: folder, set });
  t.is(out.exitCode, 0);
  t.true(readFileSync(at(inside[0]!)).equals(original));
  t.deepEqual(
    readdirSync(join(folder, 'copies')).map((name) => name.toLowerCase()),
    ['a.sys'],
  );
  t.is((await runWindowsJson(['fix', asked[0]!, '--force'], { cwd: folder, set })).exitCode, 0);
  t.false(readFileSync(at(inside[0]!)).equals(original));
});
