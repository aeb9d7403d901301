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

// What each event says is in Microsoft's "Understanding App Control event IDs" and in the messages of the event source.
for (const [asked, says, rule] of [
  ['3072', /refused to load .*sections do not begin on pages/, 'HVCI2004'],
  ['3073', /strict mode/, 'HVCI2003'],
  ['3087', /names no cause/, null],
  ['3111', /names no cause/, null],
  ['3033', /signature is revoked, expired or not of the level/, null],
  ['3034', /audit only/, null],
  ['3076', /audit mode would have blocked/, null],
  ['3077', /policy blocked the file/, null],
  ['0xC4', /DRIVER_VERIFIER_DETECTED_VIOLATION[\s\S]*0x2003: HVCI2003/, 'HVCI2005'],
] as const) {
  test(`explain ${asked}: what the number means, and how to have its log explained`, async (t) => {
    const { exitCode, stdout, stderr } = await run(['explain', asked]);
    t.deepEqual([exitCode, stderr], [0, '']);
    t.regex(stdout, says);
    if (rule !== null) t.true(stdout.includes(rule));
    t.regex(stdout, rule === null ? /hvci-fix check driver\.sys/ : /hvci-fix explain log\.txt/);
  });
}

test('explain 3004: a rule and an event have this number', async (t) => {
  const { stdout } = await run(['explain', '3004']);
  t.true(stdout.startsWith(page('writes-executable-memory')));
  t.regex(stdout, /# CodeIntegrity event 3004[\s\S]*no valid signature/);
  t.is((await run(['explain', 'HVCI3004'])).stdout, `${page('writes-executable-memory')}\n`);
});

test('an option of logs: whether a code was given, or a file that is not there', async (t) => {
  const code = await run(['explain', 'HVCI4002', '--format', 'json']);
  t.is(code.exitCode, 2);
  t.regex(code.stderr, /The option --format is for logs, and HVCI4002 is a code, whose page is text\. Leave it out/);
  const gone = await run(['explain', 'HVCI4002', 'gone.txt', '--format', 'json']);
  t.regex(gone.stderr, /gone\.txt is no file that is there/);
  t.notRegex(gone.stderr, /HVCI4002/);
});
