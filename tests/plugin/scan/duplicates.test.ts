/** The same bytes under several paths. */
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readImage } from '../../../plugin/files/read.js';
import { Duplicates } from '../../../plugin/scan/duplicates.js';
import { folderWith, run, runJson } from '../../support/command.js';
import { buildCab } from '../../support/packages/cab-builder.js';
import { buildCatalog } from '../../support/packages/catalog-builder.js';
import { buildZip } from '../../support/packages/zip-builder.js';
import { scratch } from '../files/scratch.js';

/** Looks a file up and, where it is new, remembers its path. */
function lookUp(t: ExecutionContext, seen: Duplicates<string>, path: string, weight = 0): string | null {
  const read = readImage(path);
  if (!read.ok) return t.fail(read.message) as never;
  const { known, remember } = seen.lookUp(path, read);
  remember(path, Promise.resolve(weight));
  return known?.path ?? null;
}

/** Files of one length whose first `same` bytes agree. */
function files(t: ExecutionContext, contents: Readonly<Record<string, string>>): (name: string) => string {
  const folder = scratch(t);
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content);
  return (name) => join(folder, name);
}

const long = 'x'.repeat(5000);

test('equal bytes are known by the first path; a byte at the end makes a difference', (t) => {
  const at = files(t, { a: `${long}1`, b: `${long}2`, c: `${long}1`, d: `${long}2`, e: `${long}`, f: `${long}3` });
  const seen = new Duplicates<string>();
  t.deepEqual(
    ['a', 'b', 'c', 'd', 'e', 'f', 'c'].map((name) => lookUp(t, seen, at(name))),
    [null, null, at('a'), at('b'), null, null, at('a')],
  );
});

test('the first has changed or gone meanwhile: nothing is said of the second, which takes its place', (t) => {
  const at = files(t, { a: long, b: long, c: long });
  for (const spoil of [() => appendFileSync(at('a'), 'more'), () => rmSync(at('a'))]) {
    const seen = new Duplicates<string>();
    t.is(lookUp(t, seen, at('a')), null);
    spoil();
    t.is(lookUp(t, seen, at('b')), null);
    t.is(lookUp(t, seen, at('c')), at('b'));
  }
});

test('changed in place, after a duplicate of it was seen', (t) => {
  const at = files(t, { a: long, b: long, c: long, d: long });
  const seen = new Duplicates<string>();
  t.is(lookUp(t, seen, at('a')), null);
  t.is(lookUp(t, seen, at('b')), at('a'));
  writeFileSync(at('a'), long.replace(/x$/, 'y'));
  utimesSync(at('a'), 1, 1);
  t.is(lookUp(t, seen, at('c')), null);
  t.is(lookUp(t, seen, at('d')), at('c'));
});

test('hard links are the same file', (t) => {
  const at = files(t, { a: long });
  linkSync(at('a'), at('b'));
  const seen = new Duplicates<string>();
  lookUp(t, seen, at('a'));
  t.is(lookUp(t, seen, at('b')), at('a'));
});

test('files of a file system that does not number them are not taken for one another', (t) => {
  const at = files(t, { a: `${long}1`, b: `${long}2` });
  const seen = new Duplicates<string>();
  for (const name of ['a', 'b']) {
    const read = readImage(at(name));
    if (!read.ok) return t.fail(read.message);
    const { known, remember } = seen.lookUp(at(name), {
      ...read,
      identity: { ...read.identity, ino: 0n, mtimeNs: 7n },
    });
    remember(name);
    t.is(known, null);
  }
});

test('what is remembered is bounded: the oldest goes', async (t) => {
  const at = files(t, { a: `${long}1`, b: `${long}2`, c: `${long}3` });
  const seen = new Duplicates<string>(5000);
  for (const name of ['a', 'b', 'c']) lookUp(t, seen, at(name), 900);
  await Promise.resolve();
  await Promise.resolve();
  t.is(lookUp(t, seen, at('b')), at('b'));
  t.is(lookUp(t, seen, at('c')), at('c'));
  t.is(lookUp(t, seen, at('a')), null);
});

for (const options of [[], ['--code']])
  test(`each path has its entry ${options.join('')}`, async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text', 'c.sys': 'clean' });
    copyFileSync(at('a.sys'), at('b.sys'));
    linkSync(at('a.sys'), at('d.sys'));
    symlinkSync('a.sys', at('e.sys'));
    const { report, exitCode } = await runJson(['.', ...options], { cwd: folder });
    t.is(exitCode, 1);
    t.deepEqual(
      report.images.map(({ path, duplicateOf }) => [path, duplicateOf]),
      [
        ['a.sys', undefined],
        ['b.sys', 'a.sys'],
        ['c.sys', undefined],
        ['d.sys', 'a.sys'],
        ['e.sys', 'a.sys'],
      ],
    );
    const [first, second] = report.images;
    t.deepEqual({ ...second, path: 'a.sys', duplicateOf: undefined }, { ...first, duplicateOf: undefined });
    t.is(
      report.summary['errors'],
      4 * (report.images[0]?.findings.filter(({ severity }) => severity === 'error').length ?? 0),
    );
    const text = await run(['.', ...options], { cwd: folder });
    t.is(text.stdout.split('the same bytes as a.sys').length, 4);
  });

test('a map beside one of two equal drivers names its findings, and only its', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'straddling-relocations', 'c.sys': 'straddling-relocations' });
  const { image } = await runJson(['a.sys'], { cwd: folder });
  t.is(image.findings[0]?.code, 'HVCI3001');
  t.is(image.findings[0]?.symbol, null);
  writeFileSync(at('b.sys'), readFileSync(at('a.sys')));
  writeFileSync(at('b.map'), 'not a map');
  for (const options of [[], ['--code']]) {
    const { report } = await runJson(['.', ...options], { cwd: folder });
    t.deepEqual(
      report.images.map(({ coverage }) => coverage.notes.filter((note) => note.includes('b.map')).length),
      [0, 1, 0],
    );
    t.deepEqual(
      report.images.map(({ duplicateOf }) => duplicateOf),
      [undefined, 'a.sys', 'a.sys'],
    );
  }
});

for (const options of [[], ['--no-code']])
  test(`what is accepted at one of five paths is accepted there alone ${options.join('')}`, async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text' });
    for (const name of ['b', 'c', 'd', 'e']) copyFileSync(at('a.sys'), at(`${name}.sys`));
    const accepted = { code: 'HVCI2005', path: 'c.sys', reason: 'known' };
    writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ suppress: [accepted] }));
    const { report } = await runJson(['.', ...options], { cwd: folder });
    t.deepEqual(
      report.images.map(({ path, duplicateOf, findings }) => [
        path,
        duplicateOf,
        findings.find(({ code }) => code === 'HVCI2005')?.suppressed?.reason,
      ]),
      ['a', 'b', 'c', 'd', 'e'].map((name) => [
        `${name}.sys`,
        name === 'a' ? undefined : 'a.sys',
        name === 'c' ? 'known' : undefined,
      ]),
    );
  });

test('a baseline counts each copy', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text', 'b.sys': 'iat-in-text' });
  const made = await run(['baseline', '.', '-o', 'known.json'], { cwd: folder });
  t.regex(made.stdout, /: \d+ findings of 2 images/);
  t.is((await run(['.', '--baseline', 'known.json'], { cwd: folder })).exitCode, 0);
  copyFileSync(at('a.sys'), at('c.sys'));
  t.is((await run(['.', '--baseline', 'known.json'], { cwd: folder })).exitCode, 1);
});

test('a catalog that has one of two equal drivers with another hash is told of that one alone', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean', 'b.sys': 'clean', 'c.sys': 'clean' });
  const hash = Buffer.alloc(32, 7);
  writeFileSync(at('x.cat'), buildCatalog({ members: [{ fileName: 'b.sys', algorithm: 'sha256', hash }] }));
  for (const options of [[], ['--no-code']]) {
    const { report } = await runJson(['.', '--hashes', ...options], { cwd: folder });
    t.deepEqual(
      report.images.map(({ path, duplicateOf, coverage }) => [
        path,
        duplicateOf,
        coverage.notes.filter((note) => note.includes('x.cat')).length,
      ]),
      [
        ['a.sys', undefined, 0],
        ['b.sys', 'a.sys', 1],
        ['c.sys', 'a.sys', 0],
      ],
    );
  }
});

for (const options of [[], ['--no-code']])
  test(`members of archives, and files before and after them ${options.join('')}`, async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text', 'b.sys': 'clean', 'c.sys': 'clean' });
    const [a, b] = [readFileSync(at('a.sys')), readFileSync(at('b.sys'))];
    // Of b's size and start, so that only the rest tells it from b.
    const other = Buffer.from(b);
    other[other.length - 1] = (other.at(-1) as number) ^ 1;
    const text = Buffer.from('no image');
    const files = Object.entries({ '1.sys': a, '2.sys': b, '3.sys': b, '4.sys': other, '5.sys': text, '6.sys': text });
    const members = files.map(([name, data]) => ({ name, data }));
    writeFileSync(at('p.zip'), buildZip(members));
    writeFileSync(at('p.cab'), buildCab({ folders: [{ method: 'mszip', files: members }] }));
    const { report } = await runJson(['a.sys', 'p.zip', 'p.cab', 'c.sys', 'b.sys', ...options], { cwd: folder });
    t.deepEqual(
      report.images.map(({ path, duplicateOf }) => [path, duplicateOf]),
      [
        ['a.sys', undefined],
        ['p.zip!1.sys', 'a.sys'],
        ['p.zip!2.sys', undefined],
        ['p.zip!3.sys', 'p.zip!2.sys'],
        ['p.zip!4.sys', undefined],
        ['p.zip!5.sys', undefined],
        ['p.zip!6.sys', 'p.zip!5.sys'],
        ['p.cab!1.sys', 'a.sys'],
        ['p.cab!2.sys', 'p.zip!2.sys'],
        ['p.cab!3.sys', 'p.zip!2.sys'],
        ['p.cab!4.sys', 'p.zip!4.sys'],
        ['p.cab!5.sys', 'p.zip!5.sys'],
        ['p.cab!6.sys', 'p.zip!5.sys'],
        ['c.sys', 'p.zip!2.sys'],
        ['b.sys', 'p.zip!2.sys'],
      ],
    );
  });
