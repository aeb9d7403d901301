/** Paths as Windows users write them, in a real node.exe. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folderWith } from '../../support/command.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { runWindows, windowsPath } from '../../support/windows/windows-node.js';
import { runWindowsJson, windowsTest } from '../../support/windows/windows-test.js';

function put(folder: string, path: string, sample: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  copyFileSync(committedSample(sample), join(folder, path));
}

const NAME = 'a b\\ünï 😀\\drv (x86) & co [1].sys';

windowsTest('one file under many spellings: each is read, and shown as it was typed', async (t) => {
  const { folder } = folderWith(t);
  put(folder, NAME.replaceAll('\\', '/'), 'clean');
  const full = windowsPath(join(folder, NAME));
  const spellings = [
    NAME,
    NAME.replaceAll('\\', '/'),
    `.\\${NAME}`,
    `a b\\..\\a b\\\\${NAME.slice(4)}`,
    NAME.toUpperCase().replace('Ü', 'ü').replace('Ï', 'ï'),
    full,
    full.replace('Z:', 'z:').replaceAll('\\', '/'),
    `Z:${NAME}`,
    `\\\\?\\${full}`,
    `\\\\.\\${full}`,
  ];
  const { exitCode, report } = await runWindowsJson(['check', ...spellings], { cwd: folder });
  t.is(exitCode, 0);
  t.deepEqual(
    report.images.map(({ path, status, machine }) => [path, status, machine]),
    spellings.map((path) => [path, 'clean', 'x64']),
  );
  // Examined once: it is told from others by its identity, not by its name.
  t.deepEqual(
    report.images.map(({ duplicateOf }) => duplicateOf),
    spellings.map((_, index) => (index === 0 ? undefined : spellings[0])),
  );
});

windowsTest('folders and patterns, in any case and with either separator', async (t) => {
  const { folder } = folderWith(t);
  put(folder, 'Out/x64/a.sys', 'clean');
  put(folder, 'Out/x64/deep er/b.sys', 'clean');
  const paths = async (...args: string[]) =>
    (await runWindowsJson(['check', ...args], { cwd: folder })).report.images.map(({ path }) => path);
  const out = windowsPath(join(folder, 'Out'));
  t.deepEqual(await paths('Out\\'), ['Out\\x64\\a.sys', 'Out\\x64\\deep er\\b.sys']);
  t.deepEqual(await paths('out\\**\\*.SYS'), ['out\\x64\\a.sys', 'out\\x64\\deep er\\b.sys']);
  t.deepEqual(await paths(`${out}\\x64\\?.sys`, `\\\\?\\${out}\\x64\\deep*\\*`), [
    `${out}\\x64\\a.sys`,
    `\\\\?\\${out}\\x64\\deep er\\b.sys`,
  ]);
});

// It was taken for a pattern, for its `?`, and the whole drive was walked.
windowsTest('a misspelt path behind \\\\?\\ is a missing file', async (t) => {
  for (const path of ['\\\\?\\Z:\\tmp\\no such.sys', '\\\\?\\GLOBALROOT\\Device\\HarddiskVolume9\\no such.sys']) {
    const { exitCode, image, report } = await runWindowsJson(['fix', path]);
    t.is(exitCode, 2, path);
    t.is(report.images.length, 1);
    t.like(image, { path, status: 'unreadable', error: { code: 'missing' } });
  }
});

windowsTest('longer than MAX_PATH: checked and fixed', async (t) => {
  const { folder } = folderWith(t);
  const long = `${Array.from({ length: 6 }, (_, index) => `${index}`.padEnd(60, 'd')).join('\\')}\\a.sys`;
  put(folder, long.replaceAll('\\', '/'), 'init-rwx');
  const { exitCode, image } = await runWindowsJson(['fix', long], { cwd: folder });
  t.deepEqual([exitCode, image.plan?.outcome, image.path], [0, 'fixed', long]);
  t.false(readFileSync(join(folder, long.replaceAll('\\', '/'))).equals(readFileSync(committedSample('init-rwx'))));
});

windowsTest('suppressions of the configuration: case and separators do not count', async (t) => {
  const { folder, at } = folderWith(t);
  put(folder, 'Vendor/Sub/a.sys', 'iat-in-text');
  const accepted = async (path: string, asked: string): Promise<boolean> => {
    const suppress = [{ code: 'HVCI2005', path, reason: 'the vendor was told' }];
    writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ suppress }));
    return (await runWindows(['check', asked, '-q'], { cwd: folder })).exitCode === 0;
  };
  t.true(await accepted('Vendor/**', 'Vendor'));
  t.true(await accepted('vendor/SUB/*.sys', 'VENDOR\\sub\\A.sys'));
  t.true(await accepted('Vendor\\Sub\\a.sys', windowsPath(at('Vendor/Sub/a.sys'))));
  t.false(await accepted('Other/**', 'Vendor'));
});
