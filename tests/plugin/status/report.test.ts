/** What `status` prints, on machines made of the sample drivers. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { statusJson } from '../../../plugin/status/json.js';
import { isRefused } from '../../../plugin/status/machine.js';
import { statusText } from '../../../plugin/status/text.js';
import { repositoryFile } from '../../support/repository.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { scratch } from '../files/scratch.js';
import { checkedDriver, machineWith } from './sample-machine.js';

const samples = async (...names: string[]) => Promise.all(names.map((name) => checkedDriver(committedSample(name))));

test('the text: state, counts of both verdicts, drivers with the worst first, how to confirm', async (t) => {
  const text = statusText(
    machineWith(await samples('clean', 'init-rwx', 'writable-code', 'low-alignment')),
    100,
    false,
  );
  t.regex(text, /^Memory integrity \(HVCI\) is on\.\n/);
  t.regex(text, /0x0400 {2}CODEINTEGRITY_OPTION_HVCI_KMCI_ENABLED +memory integrity is on/);
  t.regex(text, /Memory integrity +1 refused, 1 strict mode only, 2 accepted\nDriver Verifier +3 reported\n/);
  const rows = [
    ...text.matchAll(/^ {2}(refused|strict mode only|accepted) +(\S+) +(HVCI\d+) +\S*[\\/]([\w-]+)\.x64\.sys$/gm),
  ];
  t.deepEqual(
    rows.map((row) => row.slice(1)),
    [
      ['refused', 'reported', 'HVCI2004', 'low-alignment'],
      ['strict mode only', 'reported', 'HVCI2003', 'writable-code'],
      ['accepted', 'reported', 'HVCI2003', 'init-rwx'],
    ],
  );
  t.notRegex(text, /clean\.x64\.sys/);
  for (const said of ['msinfo32', 'verifier /flags 0x02000000', 'verifier /query', '3072', '3073', '3087'])
    t.true(text.includes(said), said);
  t.true(text.includes('A driver stands as refused although memory integrity is on'));
  for (const line of text.split('\n')) t.true(line.length <= 110, line);
});

test('the page on the JSON names every member, and no other', async (t) => {
  const interrupted = { signal: 'SIGINT', done: 1, total: 212 } as const;
  const [driver] = await samples('low-alignment');
  const error = { code: 'missing', path: '', offset: null, message: 'gone' };
  const machine = machineWith([{ ...driver!, report: { ...driver!.report, error } }], { interrupted });
  const json = JSON.parse(statusJson(machine)) as { drivers: object[]; summary: object };
  const [whole, one] = readFileSync(repositoryFile('plugin/status/README.md'), 'utf8').split('\nA driver:\n');
  const named = (text = ''): string[] =>
    text
      .split('\n')
      .flatMap((line) => [...(/^\|([^|]+)\|/.exec(line)?.[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  t.deepEqual(named(whole).sort(), Object.keys(json).sort());
  t.deepEqual(named(one).sort(), Object.keys(json.drivers[0]!).sort());
  for (const name of Object.keys(json.summary)) t.true(whole!.includes(`\`${name}\``), name);
});

test('off, audit mode, hidden addresses, nothing to complain of', async (t) => {
  const [driver] = await samples('clean');
  const modules = [{ ...driver!.module, base: 0n }];
  const machine = machineWith([driver!], { options: 0x801, modules });
  const text = statusText(machine, 80, false);
  t.regex(text, /^Memory integrity \(HVCI\) is off, with audit events\.\n/);
  t.true(text.includes('Windows hides the addresses'));
  t.false(text.includes('AT LOAD'));
  t.false(text.includes('although'));
});

test('stopped by Ctrl-C: how far it got, in both', async (t) => {
  const interrupted = { signal: 'SIGINT', done: 1, total: 212 } as const;
  const machine = machineWith(await samples('clean'), { interrupted });
  t.true(statusText(machine, 100, false).includes('Stopped by SIGINT after 1 of 212 files.'));
  t.deepEqual((JSON.parse(statusJson(machine)) as { interrupted: object }).interrupted, interrupted);
});

// Windows has no such names on disk.
(process.platform === 'win32' ? test.skip : test)('names are hostile text', async (t) => {
  const folder = scratch(t);
  const path = join(folder, 'a\x1b[2J\u202e\n.sys');
  copyFileSync(committedSample('low-alignment'), path);
  const machine = machineWith([await checkedDriver(path)]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  const unsafe = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/;
  const text = statusText(machine, 100, false);
  t.notRegex(text, unsafe);
  t.true(text.includes('a\\x1b[2J\\u{202e}\\n.sys'));
  const json = statusJson(machine);
  t.notRegex(json, unsafe);
  t.is((JSON.parse(json) as { drivers: { path: string }[] }).drivers[0]?.path, path);
});

test('colours change nothing but the colours', async (t) => {
  const machine = machineWith(await samples('low-alignment', 'init-rwx'));
  const coloured = statusText(machine, 100, true);
  t.true(coloured.includes('\x1b['));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
  t.is(coloured.replaceAll(/\x1b\[[0-9;]*m/g, ''), statusText(machine, 100, false));
});

test('the JSON: bits by name, both verdicts apart, 64-bit addresses as text', async (t) => {
  const drivers = await samples('clean', 'low-alignment', 'writable-code');
  const json = JSON.parse(statusJson(machineWith(drivers, { options: 0x1401 }))) as {
    readonly memoryIntegrity: object;
    readonly drivers: readonly object[];
  };
  t.deepEqual(json.memoryIntegrity, { on: true, strictMode: true, auditMode: false });
  t.like(json, {
    schemaVersion: 1,
    tool: { name: 'hvci-fix' },
    windows: '10.0.26100',
    codeIntegrityOptions: { value: 0x1401 },
    modules: { loaded: 3, addressesHidden: false },
    summary: { drivers: 3, accepted: 1, refused: 1, refusedInStrictMode: 1, reportedByVerifier: 2 },
  } as never);
  t.like(json.drivers[1], {
    base: '0xfffff80012340000',
    load: 'refused',
    verifier: 'reported',
    codes: ['HVCI2004'],
  } as never);
});

test('refused by this machine: strict mode counts where it is on', async (t) => {
  const [clean, low, writable] = await samples('clean', 'low-alignment', 'writable-code');
  t.deepEqual(
    [false, true].map((strict) => [clean!, low!, writable!].map((driver) => isRefused(driver, strict))),
    [
      [false, true, false],
      [false, true, true],
    ],
  );
});
