/** Findings that a project accepts: still told, but they count for nothing and are not fixed. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { folderWith, run, runJson } from '../../support/command.js';

interface Entry {
  readonly code: string;
  readonly path?: string;
  readonly section?: string;
}

function project(t: ExecutionContext, ...suppress: readonly Entry[]) {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text' });
  mkdirSync(at('old/deep'), { recursive: true });
  mkdirSync(at('work'));
  for (const path of ['old/b.sys', 'old/deep/c.sys']) writeFileSync(at(path), readFileSync(at('a.sys')));
  const entries = suppress.map((entry) => ({ ...entry, reason: 'known, ticket 7' }));
  writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ suppress: entries }));
  return { folder, at };
}

for (const [entry, suppressed] of [
  [{ code: 'HVCI2005' }, ['a.sys', 'old/b.sys', 'old/deep/c.sys']],
  [{ code: 'HVCI2003' }, []],
  [{ code: 'HVCI2005', section: '.text' }, ['a.sys', 'old/b.sys', 'old/deep/c.sys']],
  [{ code: 'HVCI2005', section: 'INIT' }, []],
  [{ code: 'HVCI2005', path: 'a.sys' }, ['a.sys']],
  [{ code: 'HVCI2005', path: 'old/b.sys' }, ['old/b.sys']],
  [{ code: 'HVCI2005', path: 'old/*.sys' }, ['old/b.sys']],
  [{ code: 'HVCI2005', path: 'old/**' }, ['old/b.sys', 'old/deep/c.sys']],
  [{ code: 'HVCI2005', path: '**/c.sys' }, ['old/deep/c.sys']],
  [{ code: 'HVCI2005', path: '*.sys' }, ['a.sys']],
  [{ code: 'HVCI2005', path: './old/b.sys' }, ['old/b.sys']],
] as const) {
  test(`${JSON.stringify(entry)} is about ${suppressed.join(', ') || 'nothing'}`, async (t) => {
    const { folder, at } = project(t, entry);
    const { exitCode, report } = await runJson(['.'], { cwd: folder });
    const hit = report.images.filter(({ findings }) => findings[0]?.suppressed !== undefined);
    t.deepEqual(
      hit.map(({ path }) => path),
      [...suppressed],
    );
    for (const { status, findings } of hit) {
      t.is(status, 'clean');
      t.deepEqual(findings[0]?.suppressed, { reason: 'known, ticket 7' });
    }
    t.is(report.summary['errors'], 3 - suppressed.length);
    t.is(exitCode, suppressed.length === 3 ? 0 : 1);

    // Patterns are relative to the configuration, wherever the call comes from and however it names the image.
    const inside = await runJson(['../a.sys', at('old/b.sys'), '../old/deep/c.sys'], { cwd: at('work') });
    const shown = inside.report.images.filter(({ findings }) => findings[0]?.suppressed !== undefined);
    t.is(shown.length, suppressed.length);
  });
}

test('the text report names what is suppressed and why', async (t) => {
  const { folder } = project(t, { code: 'HVCI2005' });
  const { exitCode, stdout } = await run(['a.sys'], { cwd: folder });
  t.is(exitCode, 0);
  t.regex(stdout, /HVCI2005 is suppressed: known, ticket 7/);
});

test('what is accepted is not fixed, and does not stand in the way of other fixes', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  writeFileSync(
    at('hvci-fix.config.json'),
    JSON.stringify({ suppress: [{ code: 'HVCI2003', section: 'INIT', reason: 'kept on purpose' }] }),
  );
  const bytes = readFileSync(at('a.sys'));
  t.is((await runJson(['fix', 'a.sys'], { cwd: folder })).image.plan?.outcome, 'unchanged');
  t.deepEqual(readFileSync(at('a.sys')), bytes);

  const checkSum = bytes.readUInt32LE(0x3c) + 24 + 64;
  const stored = bytes.readUInt32LE(checkSum);
  const damaged = Buffer.from(bytes);
  damaged.writeUInt32LE(stored + 1, checkSum);
  writeFileSync(at('a.sys'), damaged);
  const { exitCode, image } = await runJson(['fix', 'a.sys'], { cwd: folder });
  t.is(exitCode, 0);
  t.is(image.plan?.outcome, 'fixed');
  t.deepEqual(
    image.findings.map(({ code, outcome, suppressed }) => [code, outcome, suppressed !== undefined]),
    [
      ['HVCI2003', 'none', true],
      ['HVCI4001', 'fixed', false],
    ],
  );
  t.deepEqual(readFileSync(at('a.sys')), bytes);
});

for (const accepted of [false, true]) {
  test(`what check promises about NX_COMPAT is what fix does, INIT ${accepted ? 'accepted' : 'fixed'}`, async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    const bytes = readFileSync(at('a.sys'));
    // DllCharacteristics: PE specification, "Optional Header Windows-Specific Fields".
    const field = bytes.readUInt32LE(0x3c) + 24 + 70;
    bytes.writeUInt16LE(bytes.readUInt16LE(field) & ~0x100, field);
    writeFileSync(at('a.sys'), bytes);
    const suppress = accepted ? [{ code: 'HVCI2003', reason: 'kept on purpose' }] : [];
    writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ suppress }));
    const { image } = await runJson(['a.sys'], { cwd: folder });
    t.is(image.findings.find(({ code }) => code === 'HVCI3002')?.fix, accepted ? 'none' : 'safe');
    t.is((await run(['fix', 'a.sys'], { cwd: folder })).exitCode, 0);
    t.is((readFileSync(at('a.sys')).readUInt16LE(field) & 0x100) !== 0, !accepted);
  });
}
