/** Where the report goes and how it looks there: files, closed pipes, full disks, terminals. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { COMMAND, folderWith, quietEnvironment, run } from '../../support/command.js';
import { mountSmall } from '../files/scratch.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of.
const ESCAPE = /\u001b\[/;

/** The command in a pseudo-terminal of util-linux's script. */
function inTerminal(args: readonly string[], folder: string, env: Record<string, string> = {}): string {
  const line = [process.execPath, COMMAND, ...args].map((arg) => `'${arg}'`).join(' ');
  return execFileSync('script', ['-qec', line, '/dev/null'], {
    cwd: folder,
    env: quietEnvironment({ TERM: 'xterm', ...env }),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const shell = (line: string, folder: string) =>
  spawnSync('bash', ['-c', line], {
    cwd: folder,
    env: quietEnvironment({ NODE: process.execPath, COMMAND }),
    encoding: 'utf8',
  });

test('colours in a terminal; none with --no-color, NO_COLOR, TERM=dumb, in a file or a pipe', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  t.regex(inTerminal(['a.sys'], folder), ESCAPE);
  t.notRegex(inTerminal(['a.sys', '--no-color'], folder), ESCAPE);
  t.notRegex(inTerminal(['a.sys'], folder, { NO_COLOR: '1' }), ESCAPE);
  t.notRegex(inTerminal(['a.sys'], folder, { TERM: 'dumb' }), ESCAPE);
  t.regex(inTerminal(['a.sys'], folder, { NO_COLOR: '' }), ESCAPE, 'no-color.org: an empty NO_COLOR says nothing');
  inTerminal(['a.sys', '--output', 'report.txt'], folder);
  t.notRegex(readFileSync(at('report.txt'), 'utf8'), ESCAPE);
  t.notRegex((await run(['a.sys'], { cwd: folder })).stdout, ESCAPE);
  for (const format of ['json', 'ndjson', 'sarif', 'msbuild'])
    t.notRegex(inTerminal(['a.sys', '--format', format], folder), ESCAPE);
});

test('a hostile file name cannot steer the terminal', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  writeFileSync(at('\u001b[31mred\r\n.sys'), readFileSync(at('a.sys')));
  for (const format of ['text', 'json', 'sarif', 'msbuild', 'ndjson']) {
    const { stdout } = await run(['.', '--format', format], { cwd: folder });
    t.notRegex(stdout, ESCAPE, format);
    t.false(stdout.includes('\r'), format);
  }
});

test('--output: the same text, written whole; the status is that of the check', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text' });
  for (const format of ['text', 'json', 'sarif', 'msbuild', 'ndjson']) {
    const printed = await run(['a.sys', '--format', format], { cwd: folder });
    const saved = await run(['a.sys', '--format', format, '-o', 'report'], { cwd: folder });
    t.deepEqual(saved, { exitCode: 1, stdout: '', stderr: '' });
    t.is(readFileSync(at('report'), 'utf8'), printed.stdout);
  }
});

test('--output: standard error names what could not be read of the files that were named', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  const names = Array.from({ length: 7 }, (_, index) => `gone${index}.sys`);
  for (const command of ['check', 'report']) {
    const { exitCode, stderr } = await run([command, 'a.sys', ...names, '-o', 'out.html'], { cwd: folder });
    t.is(exitCode, 2, command);
    t.deepEqual(stderr.split('\n'), [
      ...names
        .slice(0, 5)
        .map((name) => `hvci-fix: Cannot read ${name}: no such file. Check the spelling of the path.`),
      'hvci-fix: 2 more could not be checked; out.html has them all.',
      '',
    ]);
  }
  await run(['a.sys', '--format', 'ndjson', '-o', 'pc7.ndjson'], { cwd: folder });
  const merged = await run(['report', 'pc7.ndjson', 'gone.sys', '-o', 'out.html'], { cwd: folder });
  t.is(merged.exitCode, 2);
  t.is(merged.stderr, 'hvci-fix: Cannot read gone.sys: no such file. Check the spelling of the path.\n');
});

test('--output that cannot be written: status 2, and the file that is there stays', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  mkdirSync(at('directory'));
  for (const [place, words] of [
    ['no/folder/report', /its folder does not exist/],
    ['directory', /it is a folder\. Name a file\./],
    ['/dev/full', /no space left/],
  ] as const) {
    const { exitCode, stderr } = await run(['a.sys', '--output', place], { cwd: folder });
    t.is(exitCode, 2);
    t.regex(stderr, words);
    t.true(stderr.includes(place));
  }
  t.false(existsSync(at('no')));
});

test('--output that is an image: status 2 before anything is written, by any name of it', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'other.bin': 'clean' });
  const bytes = readFileSync(at('a.sys'));
  symlinkSync('a.sys', at('report.json'));
  linkSync(at('a.sys'), at('hard'));
  mkdirSync(at('sub'));
  const names = readdirSync(folder);
  for (const place of ['a.sys', at('a.sys'), 'sub/../a.sys', 'report.json', 'hard', 'other.bin']) {
    for (const args of [['a.sys'], ['fix', 'a.sys'], ['fix', '--out', 'out', 'a.sys'], ['baseline', 'a.sys']]) {
      const { exitCode, stdout, stderr } = await run([...args, '-o', place], { cwd: folder });
      t.is(exitCode, 2, `${args.join(' ')} -o ${place}`);
      t.is(stdout, '');
      const words = 'it is an image; --output is for the report, fixed images go to --out DIR.';
      t.true(stderr.startsWith(`hvci-fix: Cannot write ${place}: ${words}`), stderr);
      t.true(readFileSync(at('a.sys')).equals(bytes), `${args.join(' ')} -o ${place}`);
    }
  }
  t.deepEqual(readdirSync(folder), names);
});

test('--output that becomes an image during the run: the fixed copy stays', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const { exitCode, stderr } = await run(['fix', '--out', 'out', 'a.sys', '-o', 'out/a.sys'], { cwd: folder });
  t.is(exitCode, 2);
  t.regex(stderr, /out\/a\.sys: it is an image/);
  t.is(readFileSync(at('out/a.sys')).toString('latin1', 0, 2), 'MZ');
});

test('a full disk behind --output and behind fix: nothing is lost', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  mkdirSync(at('disk'));
  if (!mountSmall(t, at('disk'), '8k')) return;
  const bytes = readFileSync(at('a.sys'));
  writeFileSync(at('disk/a.sys'), bytes);
  writeFileSync(at('disk/report'), 'old');
  const fixed = await run(['fix', 'disk/a.sys'], { cwd: folder });
  t.is(fixed.exitCode, 2);
  t.regex(fixed.stdout, /no space left/);
  t.deepEqual(readFileSync(at('disk/a.sys')), bytes);
  const saved = await run([at('a.sys'), at('disk/a.sys'), '--format', 'sarif', '-o', 'disk/report'], { cwd: folder });
  t.is(saved.exitCode, 2);
  t.regex(saved.stderr, /no space left/);
  t.is(readFileSync(at('disk/report'), 'utf8'), 'old');
});

test('standard output that is full is an error; a reader that has gone is none', (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text' });
  const full = shell('"$NODE" "$COMMAND" a.sys >/dev/full', folder);
  t.is(full.status, 2);
  t.is(
    full.stderr,
    'hvci-fix: Cannot write to standard output: no space left. Free disk space or quota and run again.\n',
  );

  const bytes = readFileSync(at('a.sys'));
  for (let index = 0; index < 400; index++) writeFileSync(at(`b${index}.sys`), bytes);
  for (const format of ['text', 'json', 'ndjson']) {
    const cut = shell(
      `"$NODE" "$COMMAND" . --format ${format} | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`,
      folder,
    );
    t.is(cut.stdout, '1\n', format);
    t.is(cut.stderr, '', format);
  }
  const closed = shell('"$NODE" "$COMMAND" a.sys >&-', folder);
  t.is(closed.status, 1);
  t.is(closed.stderr, '');
});

test('a slow reader gets all of it', (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const bytes = readFileSync(at('a.sys'));
  for (let index = 0; index < 200; index++) writeFileSync(at(`b${index}.sys`), bytes);
  const { stdout } = shell('"$NODE" "$COMMAND" . --format json | { sleep 0.5; cat; }', folder);
  t.true(stdout.length > 65_536, 'more than a pipe holds');
  t.is((JSON.parse(stdout) as { images: unknown[] }).images.length, 201);
});

test('--quiet: nothing about what is fine, the findings all the same', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  for (const quiet of ['--quiet', '-q'])
    t.deepEqual(await run(['a.sys', quiet], { cwd: folder }), { exitCode: 0, stdout: '', stderr: '' });
  t.deepEqual(await run(['a.sys', '-q', '--format', 'msbuild'], { cwd: folder }), {
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
  const bad = folderWith(t, { 'a.sys': 'clean', 'b.sys': 'iat-in-text' });
  const { exitCode, stdout } = await run(['.', '-q'], { cwd: bad.folder });
  t.is(exitCode, 1);
  t.true(stdout.includes('HVCI2005'));
  t.false(stdout.includes('a.sys'));
  const missing = await run([join(folder, 'none.sys'), '-q']);
  t.is(missing.exitCode, 2);
  t.regex(missing.stdout, /none\.sys/);
});

test('--max-warnings says on standard error why the call failed', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'init-rwx' });
  const { exitCode, stderr, stdout } = await run(['a.sys', '--max-warnings', '0', '--format', 'json'], { cwd: folder });
  t.is(exitCode, 1);
  t.is(stderr, 'hvci-fix: 1 warning, more than --max-warnings 0 allows\n');
  t.notThrows(() => JSON.parse(stdout));
});

test('fix: a report that cannot be written stops it before anything is fixed', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const before = readFileSync(at('a.sys'));
  mkdirSync(at('folder'));
  for (const [output, words] of [
    ['nodir/report.json', /Cannot write nodir\/report\.json: its folder does not exist/],
    ['folder', /Cannot write folder: it is a folder/],
    ['a.sys/report.json', /a part of the path is not a folder/],
  ] as const) {
    const { exitCode, stderr } = await run(['fix', '-o', output, 'a.sys'], { cwd: folder });
    t.is(exitCode, 2);
    t.regex(stderr, words);
    t.deepEqual(readFileSync(at('a.sys')), before);
  }
  t.is((await run(['fix', '--out', 'new', '-o', 'new/report.txt', 'a.sys'], { cwd: folder })).exitCode, 0);
  t.true(existsSync(at('new/report.txt')), 'a folder that --out makes');
});

test('fix: what was fixed is told where its report is lost', (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'init-rwx' });
  const { status, stderr } = shell('"$NODE" "$COMMAND" fix a.sys b.sys > /dev/full', folder);
  t.is(status, 2);
  t.regex(stderr, /standard output: no space left/);
  t.regex(stderr, /2 files were fixed before that: a\.sys, b\.sys\./);
  t.deepEqual(readFileSync(at('a.sys')), readFileSync(at('b.sys')));
});

test('a name that is no UTF-8: it cannot be given, which is not a matter of spelling', (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  const { status, stdout } = shell('n=$(printf "x\\xff.sys"); cp a.sys "$n" && "$NODE" "$COMMAND" "$n"', folder);
  t.is(status, 2);
  t.regex(stdout, /not valid UTF-8 cannot be given\. Rename the file/);
});
