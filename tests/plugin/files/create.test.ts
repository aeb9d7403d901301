import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createFile, writeReportFile } from '../../../plugin/files/create.js';
import { mountSmall, scratch } from './scratch.js';

const bytes = (text: string) => Buffer.from(text);
const codeOf = (result: { ok: boolean; code?: string }) => (result.ok ? 'written' : result.code);

test('a new file gets its folders, mode and content; nothing is ever overwritten', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'out', 'x64', 'a.sys');
  t.deepEqual(await createFile(path, bytes('new'), { mode: 0o100754 }), { ok: true, path, size: 3, notes: [] });
  t.is(readFileSync(path, 'utf8'), 'new');
  t.is(statSync(path).mode & 0o7777, 0o754);
  t.is(statSync(path).nlink, 1);
  t.is(codeOf(await createFile(path, bytes('other'))), 'exists');
  const link = join(folder, 'link.sys');
  symlinkSync('nowhere', link);
  t.is(codeOf(await createFile(link, bytes('other'))), 'exists');
  t.is(readFileSync(path, 'utf8'), 'new');
  t.deepEqual(readdirSync(join(folder, 'out', 'x64')), ['a.sys']);
});

test('a name taken while the file was signed is not overwritten', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  const prepare = async (temporary: string) => {
    writeFileSync(path, 'theirs');
    return { ok: true as const, path: temporary };
  };
  t.is(codeOf(await createFile(path, bytes('ours'), { prepare })), 'exists');
  t.is(readFileSync(path, 'utf8'), 'theirs');
  t.deepEqual(readdirSync(folder), ['a.sys']);
});

test('a folder that cannot be made is a failure with its path', async (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file', 'a.sys');
  const result = await createFile(path, bytes('x'));
  t.true(!result.ok && result.message.includes(path));
});

test('without a mode the umask counts', async (t) => {
  const path = join(scratch(t), 'a.sys');
  await createFile(path, bytes('x'));
  t.is(statSync(path).mode & 0o777, 0o666 & ~process.umask());
});

test('a report goes over the one before, through a link, keeping the mode', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'report.json');
  t.true((await writeReportFile(path, '{"a": "é"}')).ok);
  t.is(readFileSync(path, 'utf8'), '{"a": "é"}');
  chmodSync(path, 0o600);
  symlinkSync('report.json', join(folder, 'latest.json'));
  t.true((await writeReportFile(join(folder, 'latest.json'), '{}')).ok);
  t.is(readFileSync(path, 'utf8'), '{}');
  t.is(statSync(path).mode & 0o777, 0o600);
  mkdirSync(join(folder, 'd'));
  t.is(codeOf(await writeReportFile(join(folder, 'd'), '{}')), 'directory');
  t.is(codeOf(await writeReportFile(join(folder, 'none', 'r.json'), '{}')), 'missing');
  t.deepEqual(readdirSync(folder).sort(), ['d', 'latest.json', 'report.json']);
});

test('a report never goes over an image, whatever it is called', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a.sys');
  writeFileSync(path, 'MZ and the rest');
  symlinkSync('a.sys', join(folder, 'report.json'));
  for (const name of ['a.sys', 'report.json', '../a.sys', './/a.sys']) {
    mkdirSync(join(folder, 'sub'), { recursive: true });
    const result = await writeReportFile(`${folder}${name.startsWith('..') ? '/sub' : ''}/${name}`, 'report');
    t.is(codeOf(result), 'image', name);
  }
  t.is(readFileSync(path, 'utf8'), 'MZ and the rest');
  // What begins otherwise, or is too short to tell, is no image.
  for (const content of ['M', '', '{"MZ"', 'mz']) {
    writeFileSync(path, content);
    t.true((await writeReportFile(path, content)).ok, content);
  }
});

test('a report to a device is written to it', (t) => {
  const module = new URL('../../../plugin/files/create.js', import.meta.url).href;
  const program = `import(${JSON.stringify(module)}).then((m) => m.writeReportFile('/dev/stdout', 'the report'))`;
  // A shell's pipe: the one that Node gives a child is a socket, which /dev/stdout cannot open.
  const run = spawnSync('bash', ['-c', '"$@" | cat', '-', process.execPath, '-e', program], { encoding: 'utf8' });
  t.is(run.stdout + run.stderr, 'the report');
});

test('a full disk leaves the report before', async (t) => {
  const folder = scratch(t);
  if (!mountSmall(t, folder, '64k')) return;
  const path = join(folder, 'report.json');
  writeFileSync(path, 'before');
  t.is(codeOf(await writeReportFile(path, 'x'.repeat(100_000))), 'no-space');
  t.is(readFileSync(path, 'utf8'), 'before');
  t.deepEqual(readdirSync(folder), ['report.json']);
});
