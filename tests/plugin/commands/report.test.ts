/** `hvci-fix report` as users call it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { folderWith, run } from '../../support/command.js';
import { sarifProblems } from '../../support/sarif-multitool.js';

interface Data {
  readonly drivers: readonly {
    readonly path: string;
    readonly load: string;
    readonly hosts?: readonly number[];
    readonly map?: { readonly edits: readonly { readonly field: string }[] };
  }[];
  readonly hosts: readonly string[];
  readonly remarks: readonly string[];
  readonly targetOs: string | null;
}

const dataOf = (path: string): Data => {
  const html = readFileSync(path, 'utf8');
  return JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? 'null') as Data;
};

test('a folder: one page, exit status as check has it, the same bytes every time', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'iat-in-text', 'c.sys': 'clean' });
  const first = await run(['report', '.', '-o', 'r.html'], { cwd: folder });
  t.deepEqual(first, { exitCode: 1, stdout: '', stderr: '' });
  const html = readFileSync(at('r.html'));
  const { drivers, targetOs, hosts } = dataOf(at('r.html'));
  t.deepEqual(
    drivers.map(({ path, load }) => [path, load]),
    [
      ['a.sys', 'loads'],
      ['b.sys', 'refused'],
      ['c.sys', 'loads'],
    ],
  );
  t.deepEqual(
    drivers[0]?.map?.edits.map(({ field }) => field),
    ['optionalHeader.checkSum', 'sections[4].characteristics'],
  );
  t.is(targetOs, '1507');
  t.deepEqual(hosts, []);
  await run(['report', '.', '-o', 'r.html'], { cwd: folder });
  t.true(html.equals(readFileSync(at('r.html'))));
});

test('results of machines and drivers of this one, in one page', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'iat-in-text' });
  for (const name of ['pc1', 'pc2'])
    await run(['check', 'a.sys', '--format', 'ndjson', '--page-map', '-o', `${name}.ndjson`], { cwd: folder });
  const { exitCode, stderr } = await run(['report', '*.ndjson', 'a.sys', 'b.sys', '-o', 'r.html'], { cwd: folder });
  t.deepEqual([exitCode, stderr], [1, '']);
  const { drivers, hosts, targetOs } = dataOf(at('r.html'));
  t.deepEqual(hosts, ['pc1', 'pc2', 'this machine']);
  t.deepEqual(
    drivers.map(({ path, hosts: on, map }) => [path, on, map !== undefined]),
    [
      ['a.sys', [0, 1, 2], true],
      ['b.sys', [2], true],
    ],
  );
  t.is(targetOs, null);
});

test('merged into NDJSON and SARIF instead', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text' });
  for (const name of ['pc1', 'pc2'])
    await run(['check', 'a.sys', '--format', 'ndjson', '-o', `${name}.ndjson`], { cwd: folder });
  const lines = await run(['report', 'pc1.ndjson', 'pc2.ndjson', '--format', 'ndjson'], { cwd: folder });
  const [image, summary] = lines.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(image, { type: 'image', path: 'a.sys', status: 'findings', machines: ['pc1', 'pc2'] });
  t.like(summary.summary, { images: 1, errors: 1 });
  const sarif = await run(['report', 'pc1.ndjson', 'pc2.ndjson', '--format', 'sarif'], { cwd: folder });
  const log = JSON.parse(sarif.stdout);
  t.deepEqual(log.runs[0].artifacts[0].properties.machines, ['pc1', 'pc2']);
  t.is(log.runs[0].results.length, 1);
  writeFileSync(at('all.sarif'), sarif.stdout);
  // The tool's home page is asked for by a rule that is not GitHub's, and there is none yet.
  t.deepEqual(
    sarifProblems(at('all.sarif')).filter((problem) => !problem.includes('warning SARIF2005')),
    [],
  );
});

test('a file of results that cannot be used is status 2, the others count; a cut one is a remark', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  const { stdout } = await run(['check', 'a.sys', '--format', 'ndjson'], { cwd: folder });
  writeFileSync(at('cut.ndjson'), stdout.slice(0, stdout.indexOf('\n') + 30));
  const cut = await run(['report', 'cut.ndjson', '-o', 'r.html'], { cwd: folder });
  t.is(cut.exitCode, 0);
  t.is(
    cut.stderr,
    'hvci-fix: cut.ndjson ends without a summary: that check was cut short. The 1 images it got to count.\n',
  );
  writeFileSync(at('bad.ndjson'), 'x');
  const bad = await run(['report', 'cut.ndjson', 'bad.ndjson', 'gone.ndjson', '-o', 'r.html'], { cwd: folder });
  t.is(bad.exitCode, 2);
  t.regex(bad.stderr, /gone\.ndjson: no such file/);
  t.is(dataOf(at('r.html')).drivers.length, 1);
  t.is(dataOf(at('r.html')).remarks.length, 3);
  // A driver that is named and cannot be read is the call's failure beside results too.
  t.is((await run(['report', 'cut.ndjson', 'gone.sys', '-o', 'r.html'], { cwd: folder })).exitCode, 2);
});

test('a result is not replaced by what holds less than it; merged results may take the place of one', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  await run(['check', 'a.sys', '--format', 'ndjson', '-o', 'pc1.ndjson'], { cwd: folder });
  const before = readFileSync(at('pc1.ndjson'));
  for (const format of ['html', 'sarif']) {
    const args = ['report', 'pc1.ndjson', '--format', format, '-o', './pc1.ndjson'];
    const { exitCode, stderr } = await run(args, { cwd: folder });
    t.is(exitCode, 2);
    t.true(stderr.includes('--output ./pc1.ndjson is one of the results that are read'), stderr);
    t.true(before.equals(readFileSync(at('pc1.ndjson'))));
  }
  const merging = ['report', '*.ndjson', '--format', 'ndjson', '-o', 'pc1.ndjson'];
  t.is((await run(merging, { cwd: folder })).exitCode, 0);
  t.true(readFileSync(at('pc1.ndjson'), 'utf8').includes('"HVCI2003"'));
});

test('wrong calls', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  for (const [args, words] of [
    [['report'], /Name at least one driver, folder or file of results/],
    [['report', 'a.sys'], /Name the page to write/],
    [['report', 'a.sys', '--format', 'text'], /--format text: use html, sarif, ndjson, json\./],
    [['report', 'a.sys', '-o', 'a.sys'], /it is an image/],
  ] as const) {
    const { exitCode, stderr } = await run(args, { cwd: folder });
    t.is(exitCode, 2);
    t.regex(stderr, words);
  }
  t.false(existsSync(join(folder, 'report.html')));
  t.is(readFileSync(at('a.sys')).subarray(0, 2).toString(), 'MZ');
});
