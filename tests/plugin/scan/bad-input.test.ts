/** What a folder can hold and do while it is scanned: a line for each, and the scan goes on. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { COMMAND, folderWith, type JsonImage, quietEnvironment, runJson } from '../../support/command.js';
import { manyDrivers } from '../../support/many-drivers.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { needsRoot, otherUser, scratch } from '../files/scratch.js';

for (const jobs of ['1', '2'])
  test(`--jobs ${jobs}: no rights, a loop of links, a link to nothing, a pipe, a device`, async (t) => {
    if (!needsRoot(t)) return;
    const folder = scratch(t);
    manyDrivers(join(folder, 'ok'), 30);
    mkdirSync(join(folder, 'closed'));
    copyFileSync(committedSample('clean', 'x64'), join(folder, 'closed/a.sys'));
    symlinkSync('..', join(folder, 'ok/up'));
    symlinkSync('b.sys', join(folder, 'a.sys'));
    symlinkSync('a.sys', join(folder, 'b.sys'));
    symlinkSync('/dev/zero', join(folder, 'zero.sys'));
    execFileSync('mkfifo', [join(folder, 'pipe.sys')]);
    chmodSync(join(folder, 'closed'), 0);
    const { exitCode, report } = await runJson(['.', '--code', '--jobs', jobs], {
      cwd: folder,
      uid: otherUser,
      gid: otherUser,
    });
    const unreadable = report.images.filter(({ status }) => status === 'unreadable');
    t.deepEqual(
      unreadable.map(({ path, error }) => [path, error?.code]),
      [
        ['a.sys', 'link-loop'],
        ['b.sys', 'link-loop'],
        ['closed', 'no-rights'],
        ['ok/up', 'link-loop'],
        ['pipe.sys', 'not-regular'],
        ['zero.sys', 'not-regular'],
      ],
    );
    t.is(report.images.length, 36);
    t.is(exitCode, 1);
  });

test('named among others, each of them is a failure of the call', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  execFileSync('mkfifo', [at('pipe.sys')]);
  for (const path of ['/dev/zero', 'pipe.sys', '/dev/null', '/proc/self/mem']) {
    const { exitCode, report } = await runJson([path, 'a.sys'], { cwd: folder });
    t.is(exitCode, 2, path);
    t.is(report.images[0]?.status, 'unreadable');
    t.is(report.images[1]?.status, 'clean');
  }
});

for (const jobs of ['1', '2'])
  test(`--jobs ${jobs}: files that grow, shrink and vanish during the scan`, async (t) => {
    const folder = scratch(t);
    const COUNT = 3000;
    const paths = manyDrivers(join(folder, 'd'), COUNT);
    const command = [COMMAND, 'd', '--code', '--jobs', jobs, '--format', 'ndjson'];
    const child = spawn(process.execPath, command, {
      cwd: folder,
      env: quietEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    const closed = once(child, 'close') as Promise<[number | null]>;
    await once(child.stdout, 'data');
    // From the end, towards the scan: every fifth goes, every fifth grows, every fifth is cut.
    for (let index = COUNT - 1; index >= 0 && child.exitCode === null; index--) {
      const path = paths[index] ?? '';
      if (index % 5 === 0) rmSync(path);
      else if (index % 5 === 1) appendFileSync(path, 'grown');
      else if (index % 5 === 2) writeFileSync(path, readFileSync(path).subarray(0, 700));
      if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const [code] = await closed;
    t.is(code, 1);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonImage & { type: string });
    const images = lines.filter(({ type }) => type === 'image');
    t.is(images.length, COUNT);
    t.is(lines.at(-1)?.type, 'summary');
    const codes = new Set(images.map(({ error }) => error?.code));
    t.true(codes.has('missing'), [...codes].join());
    for (const { error } of images)
      if (error?.code === 'missing') t.regex(error.message, /was there when its folder was listed, and is gone/);
    for (const { error, path } of images) if (error !== undefined) t.true(error.message.includes(path), error.message);
  });

test('100,000 files in a folder: all in order, in bounded memory', async (t) => {
  const folder = scratch(t);
  const COUNT = 100_000;
  mkdirSync(join(folder, 'd'));
  const bytes = readFileSync(committedSample('clean', 'x64'));
  for (let index = 0; index < COUNT; index++) {
    bytes.writeUInt32LE(index, 0x28);
    writeFileSync(join(folder, 'd', `${String(index).padStart(6, '0')}.sys`), bytes);
  }
  // The kernel's own count of the peak, written by the process at its end.
  const peak = join(folder, 'peak.cjs');
  writeFileSync(
    peak,
    "process.on('exit', () => require('fs').writeFileSync('peak', String(process.resourceUsage().maxRSS)));",
  );
  // V8 puts off collecting while there is memory; with this limit the peak shows what is really held on to.
  const command = [
    '--max-old-space-size=128',
    '--require',
    peak,
    COMMAND,
    'd',
    '--format',
    'json',
    '--output',
    'report.json',
  ];
  spawnSync(process.execPath, command, { cwd: folder, env: quietEnvironment(), stdio: 'ignore' });
  const kilobytes = Number(readFileSync(join(folder, 'peak'), 'utf8'));
  t.true(kilobytes < 300 * 1024, `${kilobytes} KB`);
  const { images } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as { images: { path: string }[] };
  t.deepEqual(
    images.map(({ path }) => path),
    Array.from({ length: COUNT }, (_, index) => `d/${String(index).padStart(6, '0')}.sys`),
  );
});
