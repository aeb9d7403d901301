import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { run } from '../../support/command.js';
import { repositoryFile } from '../../support/repository.js';

const page = (name: string): string => readFileSync(repositoryFile(`fixer/rules/${name}.md`), 'utf8').trimEnd();

for (const asked of [
  'HVCI2003',
  'hvci2003',
  'execute-write-section',
  'EXECUTE-WRITE-SECTION',
  '0x2003',
  '0X2003',
  '2003',
]) {
  test(`explain ${asked}`, async (t) => {
    t.deepEqual(await run(['explain', asked]), {
      exitCode: 0,
      stdout: `${page('execute-write-section')}\n`,
      stderr: '',
    });
  });
}

test('every page in the repository is shown by the code in its title', async (t) => {
  const pages = readdirSync(repositoryFile('fixer/rules')).filter((name) => name.endsWith('.md'));
  t.true(pages.length >= 8);
  for (const file of pages) {
    const text = page(file.replace(/\.md$/, ''));
    const code = /^# (HVCI\d{4}) /.exec(text)?.[1] ?? '';
    t.is((await run(['explain', code])).stdout, `${text}\n`, file);
  }
});

test('several at once, one after the other', async (t) => {
  const { stdout } = await run(['explain', '0x2004', 'HVCI4001']);
  t.is(stdout, `${page('section-alignment')}\n\n${page('checksum-mismatch')}\n`);
});

test('without a code: the list', async (t) => {
  const { exitCode, stdout } = await run(['explain']);
  t.is(exitCode, 0);
  for (const code of ['HVCI2003', 'HVCI2004', 'HVCI2005', 'HVCI3001', 'HVCI3002', 'HVCI4001', 'HVCI4002', 'HVCI4003'])
    t.regex(stdout, new RegExp(`^${code} +[a-z-]+ +\\S.*$`, 'm'));
});

test('a code that is none: status 2, the known ones are named, nothing of the others is printed', async (t) => {
  for (const asked of ['HVCI9999', '0x9999', 'constructor', '', ' ']) {
    const { exitCode, stdout, stderr } = await run(['explain', asked]);
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.regex(stderr, /HVCI2003.*0x2003/);
  }
  const { stdout } = await run(['explain', 'HVCI2003', 'HVCI9999']);
  t.is(stdout, '');
});
