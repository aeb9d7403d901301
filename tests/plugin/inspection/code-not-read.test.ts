/** Without the code rules a clean verdict says what was not looked at. */
import { writeFileSync } from 'node:fs';
import test from 'ava';
import { buildCodeDriver, ENTER, ecx, LEAVE } from '../../support/code/code-driver.js';
import { folderWith, runJson } from '../../support/command.js';

const driver = (name: string) => buildCodeDriver({ functions: [name], parts: [ENTER, ecx(0), { call: name }, LEAVE] });

test('--no-code and "code": false are told of in the notes', async (t) => {
  const { folder, at } = folderWith(t);
  writeFileSync(at('a.sys'), driver('ExAllocatePool').bytes);
  const read = await runJson(['a.sys'], { cwd: folder });
  t.deepEqual(read.image.coverage.notes, []);
  t.true(read.image.findings.some(({ code }) => code === 'HVCI2000'));
  const unread = await runJson(['--no-code', 'a.sys'], { cwd: folder });
  t.false(unread.image.findings.some(({ code }) => code === 'HVCI2000'));
  t.regex(unread.image.coverage.notes.join('\n'), /^the code was not read, as asked/);
  writeFileSync(at('hvci-fix.config.json'), '{ "code": false }');
  const configured = await runJson(['a.sys'], { cwd: folder });
  t.deepEqual(configured.image.coverage.notes, unread.image.coverage.notes);
});

test('a driver that imports nothing of the catalogue: nobody looked, so it is told as well', async (t) => {
  const { folder, at } = folderWith(t);
  writeFileSync(at('a.sys'), driver('IoCreateDevice').bytes);
  t.deepEqual((await runJson(['a.sys'], { cwd: folder })).image.coverage.notes, []);
  t.is((await runJson(['--no-code', 'a.sys'], { cwd: folder })).image.coverage.notes.length, 1);
});
