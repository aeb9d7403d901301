/** SARIF and JSON reports of real runs, read back; logs of other tools passed over. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import type { ImageReport } from '../../../plugin/report/model.js';
import { folderWith, run } from '../../support/command.js';
import { read } from './files.js';

async function written(t: Parameters<typeof folderWith>[0], format: string): Promise<string> {
  const { folder, at } = folderWith(t, { 'a b.sys': 'init-rwx', 'clean.sys': 'clean', 'iat.sys': 'iat-in-text' });
  await run(['check', '.', '--hashes', '--format', format, '-o', `out.${format}`], { cwd: folder });
  return readFileSync(at(`out.${format}`), 'utf8');
}

const essence = (images: readonly ImageReport[]) =>
  images.map(({ path, sha256, size, machine, kind, signed, status, findings }) => ({
    ...{ path, sha256, size, machine, kind, signed, status },
    findings: findings.map(({ code, name, severity, effect, section, field, offset, length, rva, fix, data }) => ({
      ...{ code, name, severity, effect, section, field, offset, length, rva, fix, data },
    })),
  }));

test('our SARIF says the same as our JSON', async (t) => {
  const fromJson = await read(t, { 'pc.json': await written(t, 'json') });
  const fromSarif = await read(t, { 'pc.sarif': await written(t, 'sarif') });
  t.is(fromJson.images.length, 3);
  t.deepEqual(essence(fromSarif.images), essence(fromJson.images));
  t.true(fromSarif.images.flatMap(({ findings }) => findings).every(({ message }) => message.length > 20));
  t.deepEqual(fromSarif.images[0]?.machines, ['pc']);
});

test('runs of other tools are passed over and said', async (t) => {
  const log = JSON.parse(await written(t, 'sarif'));
  log.runs.unshift(
    { tool: { driver: { name: 'CodeQL' } }, results: [{ ruleId: 'HVCI2003', level: 'error' }] },
    { tool: 4 },
    null,
  );
  const { images, remarks, failures } = await read(t, { 'pc.sarif': JSON.stringify(log) });
  t.is(images.length, 3);
  t.deepEqual(remarks, [
    'pc.sarif: passed over a run of CodeQL.',
    'pc.sarif: passed over a run of a tool without a name.',
  ]);
  t.deepEqual(failures, []);
});

test('a log without a run of ours is of no use', async (t) => {
  const { images, failures } = await read(t, { 'x.sarif': '{"version":"2.1.0","runs":[]}' });
  t.deepEqual(images, []);
  t.deepEqual(failures, ['x.sarif holds no run of hvci-fix.']);
});

test('forged logs: every member of another type, still no exception', async (t) => {
  const log = JSON.stringify(JSON.parse(await written(t, 'sarif')), null, 2);
  const members = [...new Set([...log.matchAll(/"(\w+)": (?=[[{"\dtf])/g)].map(([, name]) => name!))];
  t.true(members.length > 30);
  for (const name of members) {
    for (const value of ['null', '"x"', '[[]]', '{"a":1}', '-1']) {
      const forged = log.replace(
        new RegExp(`("${name}": )("(?:[^"\\\\]|\\\\.)*"|-?\\d+|true|false)`, 'g'),
        `$1${value}`,
      );
      await t.notThrowsAsync(read(t, { 'x.sarif': forged }), `${name}: ${value}`);
    }
  }
});
