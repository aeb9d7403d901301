/** NDJSON of other machines: killed jobs, PowerShell's UTF-16, hostile lines. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { readResults } from '../../../plugin/fleet/read-results.js';
import { scratch } from '../files/scratch.js';
import { clean, legacy } from '../report/samples.js';
import { ndjson, read } from './files.js';

const good = { ...clean, path: 'C:\\out\\good.sys' };

test('images come back as they were written, with the machine that the file is named after', async (t) => {
  const { images, remarks, failures } = await read(t, { 'results/lab-7.ndjson': ndjson(good, legacy) });
  t.deepEqual(images, [
    { ...good, machines: ['lab-7'] },
    { ...legacy, machines: ['lab-7'] },
  ]);
  t.deepEqual([remarks, failures], [[], []]);
});

test('a killed job: half a last line is no image, what came before counts, and it is said', async (t) => {
  const whole = ndjson(good, legacy);
  const second = whole.indexOf('\n') + 1;
  for (const end of [second + 40, whole.lastIndexOf('\n', whole.length - 2) + 20]) {
    const { images, remarks, failures } = await read(t, { 'a.ndjson': whole.slice(0, end) });
    t.is(images.length, end === second + 40 ? 1 : 2);
    t.is(remarks.length, 1);
    t.regex(remarks[0]!, /^a\.ndjson ends without a summary: that check was cut short\. The \d images/);
    t.deepEqual(failures, []);
  }
});

test('several runs in one file: the last one was killed, and it is said', async (t) => {
  const first = ndjson(good);
  const { images, remarks } = await read(t, { 'all.ndjson': first + first + ndjson(legacy).split('\n')[0] });
  t.is(images.length, 2);
  t.is(remarks.length, 1);
  t.regex(remarks[0]!, /^all\.ndjson ends without a summary: that check was cut short\. /);
  const killed = ndjson(legacy, good).split('\n')[0];
  for (const files of [
    [killed, first],
    [first, killed, ndjson(legacy)],
  ]) {
    const { remarks: told } = await read(t, { 'all.ndjson': files.map((each) => `${each}\n`).join('') });
    t.regex(told[0] ?? '', /^all\.ndjson holds a check that was cut short\. /);
  }
  // Two that write at once.
  const [image, end] = first.split('\n');
  for (const lines of [first + ndjson(legacy), `${image}\n${image}\n${end}\n${end}\n`])
    t.deepEqual((await read(t, { 'all.ndjson': lines })).remarks, []);
});

test('every length of a cut file is read without a failure of ours', async (t) => {
  const whole = ndjson(good);
  // Without its last two characters the summary is cut off as well.
  for (let end = 0; end < whole.length - 1; end += 13) {
    const { images, remarks, failures } = await read(t, { 'a.ndjson': whole.slice(0, end) });
    t.true(images.length <= 1);
    t.is(remarks.length + failures.length, 1);
  }
});

test('UTF-16 with a byte order mark, CRLF, empty lines: what > of Windows PowerShell makes', async (t) => {
  const text = `\ufeff${ndjson(legacy).replaceAll('\n', '\r\n\r\n')}`;
  for (const encoding of ['utf16le', 'utf8'] as const) {
    const { images, remarks } = await read(t, { 'a.ndjson': Buffer.from(text, encoding) });
    t.deepEqual(images, [{ ...legacy, machines: ['a'] }]);
    t.deepEqual(remarks, []);
  }
});

test('lines that are none of ours are named and passed over', async (t) => {
  const bad = [
    'not json',
    '[]',
    '{"type":"image"}',
    '{"type":"image","path":1,"status":"clean"}',
    'null',
    '{"type":"x"}',
  ];
  const { images, remarks } = await read(t, { 'a.ndjson': `${bad.join('\n')}\n${ndjson(good)}` });
  t.is(images.length, 1);
  t.deepEqual(remarks, ['a.ndjson: passed over what is no line of hvci-fix: line 1, 2, 3, 4, 5 and 1 more.']);
});

test('members of the wrong type, depth or size are left out', async (t) => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const finding = { ...legacy.findings[0], offset: -1, rva: 1.5, length: '4', section: 7, symbol: ['x'], extra: 1 };
  const line = JSON.stringify({
    type: 'image',
    ...legacy,
    size: 1e300,
    machine: 'z80',
    kind: {},
    signed: 'yes',
    undetermined: 'x',
    coverage: null,
    sha256: 'xyz',
    findings: [null, 3, finding, { ...finding, code: 'HVCI<1>' }],
  });
  const { images } = await read(t, { 'a.ndjson': `${line.replace('"data":{', `"data":{"deep":${deep},`)}\n` });
  t.is(images.length, 1);
  const [image] = images;
  t.like(image, { size: 0, machine: 'unknown', kind: 'not-pe', signed: false, sha256: null, undetermined: [] });
  t.is(image!.findings.length, 1);
  t.like(image!.findings[0], { offset: null, rva: null, length: null, section: null, symbol: null });
  t.notThrows(() => JSON.stringify(images));
});

test('no results at all: a failure that says how to make them', async (t) => {
  const { failures, images } = await read(t, { 'a.ndjson': 'hello\n', 'b.ndjson': '', 'c.json': '{', 'd.sarif': '{}' });
  t.deepEqual(images, []);
  t.deepEqual(failures, [
    'a.ndjson holds no result of hvci-fix. Make it with: hvci-fix check --format ndjson PATH...',
    'b.ndjson holds no result of hvci-fix. Make it with: hvci-fix check --format ndjson PATH...',
    'c.json is no JSON: was the check that wrote it cut short?',
    'd.sarif is neither a report of hvci-fix nor SARIF.',
  ]);
});

test('JSON with images that are none of ours is no result, an empty report of ours is one', async (t) => {
  const tool = { name: 'hvci-fix', version: '0.1.0' };
  const { failures, remarks, images } = await read(t, {
    'a.json': JSON.stringify({ images: [{ Id: 'sha256:1', RepoTags: ['debian'] }] }),
    'b.json': JSON.stringify({ images: [] }),
    'c.json': JSON.stringify({ tool, images: [] }),
    'd.json': JSON.stringify({ tool, images: [5] }),
  });
  t.deepEqual(images, []);
  t.deepEqual(
    failures,
    ['a', 'b'].map((name) => `${name}.json is neither a report of hvci-fix nor SARIF.`),
  );
  t.deepEqual(remarks, ['d.json: passed over what is no image of hvci-fix: 1 entry.']);
});

test('a later schema version is refused, line by line, and the others count', async (t) => {
  const later = ndjson(good).replaceAll('"schemaVersion":1', '"schemaVersion":2');
  const tool = { name: 'hvci-fix', version: '9.0.0' };
  const { failures, images, remarks } = await read(t, {
    'a.ndjson': later,
    'b.ndjson': later + ndjson(legacy),
    'c.json': JSON.stringify({ schemaVersion: '2', tool, images: [good] }),
  });
  t.deepEqual(images, [{ ...legacy, machines: ['b'] }]);
  t.deepEqual(remarks, []);
  t.deepEqual(failures, [
    'a.ndjson holds 2 lines of schema version 2, which this hvci-fix cannot read. Merge it with the hvci-fix that wrote it.',
    'b.ndjson holds 2 lines of schema version 2, which this hvci-fix cannot read. Merge it with the hvci-fix that wrote it.',
    'c.json is a report of schema version unknown, which this hvci-fix cannot read. Merge it with the hvci-fix that wrote it.',
  ]);
});

test('a pipe of such a name is not waited for', async (t) => {
  const folder = scratch(t);
  const pipe = join(folder, 'x.ndjson');
  execFileSync('mkfifo', [pipe]);
  const { failures } = await readResults([pipe], () => undefined);
  t.deepEqual(failures, [`Cannot read ${pipe}: it is a pipe, socket or device. Name a regular file.`]);
});

test('a machine without drivers has a summary and no image', async (t) => {
  const { failures, remarks, images } = await read(t, { 'a.ndjson': ndjson() });
  t.deepEqual([failures, remarks, images], [[], [], []]);
});
