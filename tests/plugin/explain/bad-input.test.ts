/** Logs that are none, or hostile. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { scanLog } from '../../../plugin/explain/scan.js';
import { COMMAND, folderWith, quietEnvironment, run } from '../../support/command.js';
import { isRoot, scratch } from '../files/scratch.js';

const LOG = 'BugCheck C4, {2000, fffff801e7121c5d, 0, 4d4d4c43}\n';

test('nothing that is known: status 2, what is read is said, nothing on standard output', async (t) => {
  const { folder, at } = folderWith(t);
  for (const [name, text] of [
    ['empty.txt', ''],
    ['notes.txt', 'The caller specified an executable pool type. (Expected: NonPagedPoolNx)\n'],
    ['zeros.bin', '\0'.repeat(100_000)],
  ] as const) {
    writeFileSync(at(name), text);
    const { exitCode, stdout, stderr } = await run(['explain', name], { cwd: folder });
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.regex(stderr, new RegExp(`nothing in ${name} is known.*0xC4.*3072`));
  }
});

for (const [name, bytes, words] of [
  ['a.evtx', 'ElfFile\0', /an event log \(\.evtx\).*wevtutil qe a\.evtx \/lf:true \/f:xml/],
  ['a.dmp', 'PAGEDU64', /a crash dump.*!analyze -v/],
  ['b.dmp', 'MDMP\x93\xa7', /a crash dump/],
] as const) {
  test(`${name}: what it is, and how to make a text of it`, async (t) => {
    const { folder, at } = folderWith(t);
    writeFileSync(at(name), Buffer.concat([Buffer.from(bytes, 'latin1'), Buffer.alloc(5000)]));
    const { exitCode, stderr } = await run(['explain', name], { cwd: folder });
    t.is(exitCode, 2);
    t.regex(stderr, words);
  });
}

test('a driver in place of a log', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  const { exitCode, stderr } = await run(['explain', 'a.sys'], { cwd: folder });
  t.is(exitCode, 2);
  t.regex(stderr, /a\.sys is a program or driver.*hvci-fix check a\.sys.*--image a\.sys/);
});

test('a folder, a file without rights, a name that is neither code nor file', async (t) => {
  const { folder, at } = folderWith(t);
  mkdirSync(at('folder'));
  t.regex((await run(['explain', 'folder'], { cwd: folder })).stderr, /Cannot read folder: it is a folder/);
  t.regex((await run(['explain', 'gone.txt'], { cwd: folder })).stderr, /gone\.txt is no code .* nor a file/);
  if (isRoot) return;
  writeFileSync(at('secret.txt'), LOG);
  chmodSync(at('secret.txt'), 0);
  t.regex((await run(['explain', 'secret.txt'], { cwd: folder })).stderr, /secret\.txt: access denied/);
});

test('wrong calls: each says which option and what to write', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean', 'b.sys': 'clean' });
  writeFileSync(at('log.txt'), LOG);
  for (const [args, words] of [
    [['log.txt', '--base', 'fffff80000000000'], /belongs to no --image/],
    [['log.txt', '--image', 'a.sys', '--base', 'here'], /--base here is no address/],
    [['log.txt', '--image', 'a.sys', '--base', 'b.sys=ff'], /belongs to no --image/],
    [['log.txt', '--image', 'a.sys', '--image', 'b.sys', '--base', 'fffff80000000000'], /NAME=ADDRESS/],
    [['log.txt', '--image', 'log.txt'], /--image log\.txt is no image/],
    [['log.txt', '--image', 'gone.sys'], /gone\.sys: no such file/],
    [['log.txt', '--modules', 'log.txt'], /no module list in log\.txt/],
    [['log.txt', '--format', 'sarif'], /text or json, not sarif/],
    [['log.txt', 'HVCI2000'], /either codes or logs/],
    [['HVCI2000', '--image', 'a.sys'], /--image is for logs/],
  ] as const) {
    const { exitCode, stdout, stderr } = await run(['explain', ...args], { cwd: folder });
    t.is(exitCode, 2, stderr);
    t.is(stdout, '');
    t.regex(stderr, words);
  }
});

test('standard input; a file that is called like a code', async (t) => {
  const { folder, at } = folderWith(t);
  const piped = await run(['explain', '-'], { cwd: folder, stdin: 'pipe', input: LOG });
  t.is(piped.exitCode, 0);
  t.regex(piped.stdout, /^standard input: 1 entry\n/);
  writeFileSync(at('2003'), LOG);
  t.regex((await run(['explain', '2003'], { cwd: folder })).stdout, /^# HVCI2003 /);
  t.regex((await run(['explain', './2003'], { cwd: folder })).stdout, /^\.\/2003: 1 entry\n/);
});

test('a pipe that gives one byte at a time', async (t) => {
  const script = `i=0; while [ $i -lt ${LOG.length} ]; do head -c $((i+1)) log.txt | tail -c 1; i=$((i+1)); done | "$NODE" "$COMMAND" explain -`;
  const { folder, at } = folderWith(t);
  writeFileSync(at('log.txt'), LOG);
  const result = spawnSync('sh', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: quietEnvironment({ NODE: process.execPath, COMMAND }),
  });
  t.is(result.status, 0, result.stderr);
  t.regex(result.stdout, /fffff801e7121c5d/);
});

test('names in a log are hostile: no escape reaches the terminal, JSON keeps the value', async (t) => {
  const { folder, at } = folderWith(t);
  const name = 'a\x1b[31m\u202egnp\x07.sys';
  writeFileSync(at('log.txt'), `** The image ${name} contains an executable and writable section (name \x9b2J).\n`);
  const text = await run(['explain', 'log.txt'], { cwd: folder });
  t.notRegex(text.stdout, /[^\n\P{C}]/u);
  t.true(text.stdout.includes('a\\x1b[31m\\u{202e}gnp\\x07.sys'));
  const json = await run(['explain', 'log.txt', '--format', 'json'], { cwd: folder });
  t.notRegex(json.stdout, /[^\n\P{C}]/u);
  t.is(JSON.parse(json.stdout).logs[0].entries[0].driver, name);
});

const real = `${LOG}DRIVER_VERIFIER_DETECTED_VIOLATION (c4)\nArg1: 2001, Code Integrity Issue\nArg2: fffff801e7121c5d\nArg3: 40\nArg4: 0\n<Event><System><Provider Name="Microsoft-Windows-CodeIntegrity"/><EventID>3072</EventID></System><EventData><Data Name="FileNameBuffer">x.sys</Data></EventData></Event>\nEvent[0]:\n  Source: Microsoft-Windows-CodeIntegrity\n  Event ID: 3087\nfffff809\`4b980000 fffff809\`4b984000   d   (deferred)\n`;

test('cut off at every byte: no exception, never more than the whole', async (t) => {
  const path = `${scratch(t)}/log.txt`;
  const whole = Buffer.from(real);
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const scanned = await scanLog(path, () => undefined);
    t.true(scanned.ok && scanned.collected.entries.length <= 4);
  }
});

test('a tick without digits is no number', async (t) => {
  const path = `${scratch(t)}/log.txt`;
  for (const text of [
    'Arg4: ` x',
    'BugCheck C4, {`, `, `, `}',
    '```````` ````````   d   (x)',
    'The caller ` specified',
  ]) {
    writeFileSync(path, text);
    const scanned = await scanLog(path, () => undefined);
    t.true(scanned.ok && !scanned.collected.isRecognised);
  }
});

test('random bytes and mixed-up pieces: no exception', async (t) => {
  const path = `${scratch(t)}/log.txt`;
  const pieces = real.match(/.{1,9}/gs)!;
  const mixed = fc.array(
    fc.oneof(fc.constantFrom(...pieces), fc.string(), fc.constantFrom('\n', '<', '&#', '\0', '`')),
    {
      maxLength: 200,
    },
  );
  const runs = process.env['HVCI_FIX_LONG'] === '1' ? 20_000 : 400;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 2000 }),
        mixed.map((parts) => Buffer.from(parts.join(''))),
      ),
      async (bytes) => {
        writeFileSync(path, bytes);
        await scanLog(path, () => undefined);
      },
    ),
    { numRuns: runs },
  );
  t.pass();
});

// Alone, and in processor time: a busy machine is no reason to fail.
test.serial('lines and events without an end take neither time nor memory', async (t) => {
  const { at } = folderWith(t);
  const size = 16 << 20;
  for (const [name, unit] of [
    ['a.txt', 'The image '],
    ['b.txt', '<Event <Data Name='],
    ['c.txt', 'The caller 0x1 '],
    ['d.txt', '<Event> &amp;&amp;'],
    ['e.txt', 'BugCheck C4, {'],
    ['f.txt', `${'kernel module '.repeat(500)}\n`],
    ['g.txt', '\ud83d\ude00'],
    ['h.txt', `: ${'0'.repeat(8000)} nt!KeBugCheckEx\n`],
    ['i.txt', `${',ABCDEFGH'.repeat(900)}\n`],
    ['j.txt', `***${' x'.repeat(2000)} - Address 12345678 base at ${'1'.repeat(4000)}\n`],
  ] as const) {
    writeFileSync(at(name), unit.repeat(Math.ceil(size / unit.length)));
    const before = process.cpuUsage();
    const scanned = await scanLog(at(name), () => undefined);
    const { user } = process.cpuUsage(before);
    t.true(scanned.ok && !scanned.collected.isRecognised);
    t.true(user < 15e6, `${name}: ${user / 1000} ms`);
  }
});

test('a log is not changed', async (t) => {
  const { folder, at } = folderWith(t);
  writeFileSync(at('log.txt'), real);
  await run(['explain', 'log.txt'], { cwd: folder });
  t.is(readFileSync(at('log.txt'), 'utf8'), real);
});
