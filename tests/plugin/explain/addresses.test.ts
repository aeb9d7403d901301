/** From a caller's address to function and line, as llvm-symbolizer tells them of the byte before the return address. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { symbolize } from '../../pe/debug/pdb-oracle.js';
import { debugDriver, debugDriverTools } from '../../support/code/debug-driver.js';
import { folderWith, run } from '../../support/command.js';
import { toolsReady } from '../../support/toolchain/tools.js';
import { type JsonEntry, parse } from './explain-support.js';

const BASE = 0xfffff8094b980000n;
const END = BASE + 0x4000n;
const ticked = (address: bigint): string => address.toString(16).replace(/(.{8})$/, '`$1');
const hexadecimal = (address: bigint): string => address.toString(16).toUpperCase();
const LIST = `start             end                 module name
fffff801\`3d400000 fffff801\`3dd56000   nt         (pdb symbols)          c:\\sym\\ntkrnlmp.pdb\\A\\ntkrnlmp.pdb
${ticked(BASE)} ${ticked(END)}   d        C (private pdb symbols)  C:\\d\\d.pdb
`;

/** Return addresses of the driver's calls, by hvci-fix's own check: data here, judged against the oracle below. */
async function returns(folder: string): Promise<number[]> {
  const { stdout } = await run(['d.sys', '--code', '--treat-as', 'driver', '--format', 'json'], { cwd: folder });
  const rvas = JSON.parse(stdout).images[0].findings.map(
    ({ data }: { data: { returnRva?: number } }) => data.returnRva,
  );
  return [...new Set<number>(rvas.filter((rva: number | undefined) => rva !== undefined))];
}

const messages = (rvas: readonly number[], base = BASE): string =>
  rvas
    .map((rva) => `** The caller 0x${(base + BigInt(rva)).toString(16)} specified an executable pool type 0x0.\n`)
    .join('');

async function project(t: ExecutionContext, arch: 'x64' | 'arm64' | 'x86', beside: readonly ('pdb' | 'map')[]) {
  const driver = await debugDriver(arch);
  const { folder, at } = folderWith(t);
  copyFileSync(driver.image, at('d.sys'));
  for (const kind of beside) copyFileSync(driver[kind], at(`d.${kind}`));
  const rvas = await returns(folder);
  t.true(rvas.length >= 3);
  return { driver, folder, at, rvas };
}

async function agree(t: ExecutionContext, image: string, rvas: readonly number[], entries: readonly JsonEntry[]) {
  const oracle = await symbolize(
    image,
    rvas.map((rva) => rva - 1),
  );
  t.deepEqual(
    entries.map(({ rva, symbol, source, driver }) => [
      rva,
      symbol?.replace(/\+0x[0-9a-f]+$/, ''),
      basename(source?.file ?? ''),
      source?.line,
      driver,
    ]),
    rvas.map((rva, index) => [rva, oracle[index]!.name, basename(oracle[index]!.file), oracle[index]!.line, 'd.sys']),
  );
}

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  for (const [what, list, args, modules] of [
    ['a module list in the log', LIST, [], ''],
    ['--base', '', ['--base', '0xfffff8094b980000'], ''],
    ['--base by name, with the debugger’s tick', '', ['--base', 'D.SYS=fffff809`4b980000'], ''],
    ['--base by the name of the module', '', ['--base', 'd=0xfffff8094b980000'], ''],
    ['--modules', '', ['--modules', 'lm.txt'], LIST],
    ['ModLoad', `ModLoad: ${ticked(BASE)} ${ticked(END)}   d.sys\n`, [], ''],
    ['lmnt', `${ticked(BASE)} ${ticked(END)}   d        d.sys    Fri Nov 20 10:00:00 2026 (6560DE70)\n`, [], ''],
    [
      '!lmi, which has no end',
      ` Loaded Module Info: [d] \n Module: d\n Base Address: ${BASE.toString(16)}\n Image Name: d.sys\n`,
      [],
      '',
    ],
    ['FAULTING_MODULE', `FAULTING_MODULE: ${BASE.toString(16)} d\n`, [], ''],
    [
      'the module of a blue screen',
      `***      d.sys - Address ${hexadecimal(BASE + 0x1017n)} base at ${hexadecimal(BASE)}, DateStamp 52e1be8a\n`,
      [],
      '',
    ],
    [
      'the driver at fault, in a kernel debugger',
      `Driver at fault: \n***     d.sys - Address ${hexadecimal(BASE + 0x1017n)} base at ${hexadecimal(BASE)}\n.\n`,
      [],
      '',
    ],
  ] as const) {
    test(`${arch}: function and line by ${what}`, async (t) => {
      if (!toolsReady(t, debugDriverTools)) return;
      const { driver, folder, at, rvas } = await project(t, arch, ['pdb']);
      writeFileSync(at('log.txt'), `${messages(rvas)}${list}`);
      if (modules !== '') writeFileSync(at('lm.txt'), modules);
      const result = await run(['explain', 'log.txt', '--image', 'd.sys', '--format', 'json', ...args], {
        cwd: folder,
      });
      const { entries, notes } = parse(result);
      await agree(t, driver.image, rvas, entries);
      t.deepEqual(notes, ['symbols from d.pdb']);
    });
  }

  test(`${arch}: a map names the function and no line`, async (t) => {
    if (!toolsReady(t, debugDriverTools)) return;
    const { driver, folder, at, rvas } = await project(t, arch, ['map']);
    writeFileSync(at('log.txt'), messages(rvas) + LIST);
    const { entries } = parse(
      await run(['explain', 'log.txt', '--image', 'd.sys', '--format', 'json'], { cwd: folder }),
    );
    const oracle = await symbolize(
      driver.image,
      rvas.map((rva) => rva - 1),
    );
    entries.forEach(({ symbol, source }, index) => {
      t.is(symbol?.replace(/\+0x[0-9a-f]+$/, '').replace(/^_|@\d+$/g, ''), oracle[index]!.name);
      t.is(source, null);
    });
  });
}

test('without the image: driver and rva by the module list, and what is missing is said', async (t) => {
  if (!toolsReady(t, debugDriverTools)) return;
  const { folder, at, rvas } = await project(t, 'x64', []);
  writeFileSync(at('log.txt'), messages(rvas) + LIST);
  const { entries, notes } = parse(await run(['explain', 'log.txt', '--format', 'json'], { cwd: folder }));
  t.deepEqual(
    entries.map(({ driver, rva, symbol }) => [driver, rva, symbol]),
    rvas.map((rva) => ['d', rva, null]),
  );
  t.regex(notes.join('\n'), /--image FILE/);
});

test('the image without a base: no place is claimed, and what is missing is said', async (t) => {
  if (!toolsReady(t, debugDriverTools)) return;
  const { folder, at, rvas } = await project(t, 'x64', ['pdb']);
  writeFileSync(at('log.txt'), messages(rvas));
  const { entries, notes } = parse(
    await run(['explain', 'log.txt', '--image', 'd.sys', '--format', 'json'], { cwd: folder }),
  );
  t.true(entries.every(({ rva, symbol }) => rva === null && symbol === null));
  t.regex(notes.join('\n'), /--base/);
});

test('two starts of Windows: the nearer module list counts, and the same call is one entry', async (t) => {
  if (!toolsReady(t, debugDriverTools)) return;
  const { folder, at, rvas } = await project(t, 'x64', ['pdb']);
  const later = 0xfffff80300000000n;
  const list = (base: bigint): string => `${ticked(base)} ${ticked(base + 0x4000n)}   d   (deferred)\n`;
  // Before, something else lay where the driver is now.
  const elsewhere = `${ticked(BASE)} ${ticked(END)}   other   (deferred)\n`;
  const gap = 'x\n'.repeat(50);
  const starts = [messages(rvas) + list(BASE), messages(rvas, later) + list(later)];
  writeFileSync(at('log.txt'), [elsewhere, ...starts].join(gap));
  const { entries } = parse(await run(['explain', 'log.txt', '--image', 'd.sys', '--format', 'json'], { cwd: folder }));
  t.deepEqual(
    entries.map(({ driver, rva, count }) => [driver, rva, count]),
    rvas.map((rva) => ['d.sys', rva, 2]),
  );
});

test('the PDB of another build is named and not used', async (t) => {
  if (!toolsReady(t, debugDriverTools)) return;
  const { folder, at, rvas } = await project(t, 'x64', []);
  copyFileSync((await debugDriver('x64', 3)).pdb, at('d.pdb'));
  writeFileSync(at('log.txt'), messages(rvas) + LIST);
  const json = parse(await run(['explain', 'log.txt', '--image', 'd.sys', '--format', 'json'], { cwd: folder }));
  t.true(json.entries.every(({ rva, symbol, source }) => rva !== null && symbol === null && source === null));
  t.regex(json.notes.join('\n'), /d\.pdb is not used: the PDB belongs to another build/);
  const text = await run(['explain', 'log.txt', '--image', 'd.sys'], { cwd: folder });
  t.regex(text.stdout.replace(/\s+/g, ' '), /d\.pdb is not used: the PDB belongs to another build/);
});

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: addresses at which no call ends are told of: the image is another build`, async (t) => {
    if (!toolsReady(t, debugDriverTools)) return;
    const { folder, at, rvas } = await project(t, arch, ['pdb']);
    const noted = async (wrong: readonly number[], ...args: string[]): Promise<string[]> => {
      writeFileSync(at('log.txt'), messages([...rvas, ...wrong]) + (args.length > 0 ? '' : LIST));
      const asked = ['explain', 'log.txt', '--image', 'd.sys', '--format', 'json', ...args];
      const { notes } = parse(await run(asked, { cwd: folder }));
      return notes.filter((note) => note.includes('no call ends'));
    };
    t.deepEqual(await noted([]), []);
    // Inside an instruction, and far outside the code.
    const [first = 0] = rvas;
    t.deepEqual(await noted([first + 1, 0x3fff]), [
      `in d.sys no call ends at 2 of ${rvas.length + 2} addresses, the first rva 0x${(first + 1).toString(16)}: it is probably another build than the one that ran`,
    ]);
    const [note = ''] = await noted([first + 1], '--base', '0xfffff8094b980000');
    t.true(note.endsWith(', or --base is not where it was loaded'));
  });
}

test('text: what it is, where, and how to mend it', async (t) => {
  if (!toolsReady(t, debugDriverTools)) return;
  const { driver, folder, at, rvas } = await project(t, 'x64', ['pdb']);
  writeFileSync(at('log.txt'), messages(rvas.slice(0, 1)).repeat(3) + LIST);
  const { stdout, exitCode } = await run(['explain', 'log.txt', '--image', 'd.sys'], { cwd: folder });
  const [{ name, line } = { name: '', line: 0 }] = await symbolize(driver.image, [rvas[0]! - 1]);
  t.is(exitCode, 0);
  const flat = stdout.replace(/\s+/g, ' ');
  for (const words of [
    'log.txt: 1 entry, 3 occurrences',
    'HVCI2000 execute-pool-type (Driver Verifier 0x2000)',
    '3 times, the first in line 1',
    'd.sys, by the module list',
    `in ${name}+0x`,
    `d.c:${line}`,
    'NonPagedPool (0)',
    'How to fix',
    'NonPagedPoolNx',
    'hvci-fix explain HVCI2000',
  ])
    t.true(flat.includes(words), `${words} in\n${stdout}`);
});

for (const arch of ['x64', 'arm64'] as const) {
  test(`${arch}: without a base the calls that fit the end of the address, the value and the tag are named`, async (t) => {
    if (!toolsReady(t, debugDriverTools)) return;
    const { driver, folder, at } = await project(t, arch, ['pdb']);
    const { stdout } = await run(['d.sys', '--code', '--treat-as', 'driver', '--format', 'json'], { cwd: folder });
    const loop = JSON.parse(stdout).images[0].findings.find(
      ({ data }: { data: { tag?: string } }) => data.tag === 'Loop',
    );
    const returnRva: number = loop.data.returnRva;
    const [{ name, line } = { name: '', line: 0 }] = await symbolize(driver.image, [returnRva - 1]);
    // 'Loop', the lowest byte first; 'Wrap' is another call's.
    const log = (value: number, tag: string, rva = returnRva): string =>
      `BugCheck C4, {2000, ${(0xfffff80712340000n + BigInt(rva)).toString(16)}, ${value}, ${tag}}\n`;
    const fitting = async (text: string) => {
      writeFileSync(at('log.txt'), text);
      const { entries } = parse(
        await run(['explain', 'log.txt', '--image', 'd.sys', '--format', 'json'], { cwd: folder }),
      );
      t.is(entries.length, 1);
      t.is(entries[0]!.rva, null);
      return entries[0]!.candidates;
    };
    const [candidate, ...others] = await fitting(log(0, '706f6f4c'));
    t.deepEqual(others, []);
    t.like(candidate, { image: 'd.sys', ddi: 'ExAllocatePoolWithTag', rva: returnRva });
    t.is(candidate?.symbol?.replace(/\+0x[0-9a-f]+$/, ''), name);
    t.is(candidate?.source?.line, line);
    t.deepEqual(await fitting(log(0, '70617257')), [], 'another tag');
    t.deepEqual(await fitting(log(2, '706f6f4c')), [], 'another pool type');
    t.deepEqual(await fitting(log(0, '706f6f4c', returnRva + 1)), [], 'another place in a page');
  });
}

// Parameter 3 is the section header, says Microsoft's page of bug check 0xC4; the headers are mapped as they are in the file.
test('0x2003 and 0x2004: the section header in a known module tells driver and section', async (t) => {
  const { folder, at } = folderWith(t, { 'd.sys': 'init-rwx' });
  const bytes = readFileSync(at('d.sys'));
  const headers = bytes.readUInt32LE(0x3c);
  const table = headers + 24 + bytes.readUInt16LE(headers + 20);
  const names = Array.from({ length: bytes.readUInt16LE(headers + 6) }, (_, index) =>
    bytes.toString('latin1', table + 40 * index, table + 40 * index + 8).replace(/\0+$/, ''),
  );
  const index = names.indexOf('INIT');
  t.true(index > 0);
  const header = (BASE + BigInt(table + 40 * index)).toString(16);
  for (const code of ['2003', '2004']) {
    const stop = `*** STOP: 0x000000C4 (0x${code}, 0xFFFFAE86B027ED98, 0x${header}, 0x${header})\n`;
    for (const [log, args, driver, driverFrom, section] of [
      [stop + LIST, ['--image', 'd.sys'], 'd.sys', 'module-list', 'INIT'],
      [stop, ['--image', 'd.sys', '--base', '0xfffff8094b980000'], 'd.sys', 'base', 'INIT'],
      [stop + LIST, [], 'd', 'module-list', null],
      [stop, [], null, null, null],
    ] as const) {
      writeFileSync(at('log.txt'), log);
      const { entries, notes } = parse(await run(['explain', 'log.txt', '--format', 'json', ...args], { cwd: folder }));
      const entry = entries[0]!;
      t.is(notes.join().includes('in no module that is known'), driver === null);
      t.like(entry, { code: `HVCI${code}`, driver, driverFrom, section, address: null, rva: null });
      t.is(entry.image, args.length > 0 ? 'd.sys' : null);
    }
  }
});

// The address that the line names is in that driver, so its name and its rva are known without the image.
test('the module of a blue screen, without the image', async (t) => {
  const { folder, at } = folderWith(t);
  const screen = (address: string, base = 'FFFFF80512340000', name = 'a.sys'): string =>
    `*** STOP: 0x000000C4 (0x0000000000002000,0xFFFFF80512341095,0x0000000000000000,0x0000000045784578)\n\n***      ${name} - Address ${address} base at ${base}, DateStamp 52e1be8a\n`;
  for (const [log, driver, rva] of [
    [screen('FFFFF80512341095'), 'a.sys', 0x1095],
    [
      `${screen('FFFFF80512341095')}***      a.sys - Address FFFFF80512340010 base at FFFFF80512340000\n`,
      'a.sys',
      0x1095,
    ],
    [screen('FFFFF80512341095', 'FFFFF80512342000'), 'a.sys', null],
    [screen('FFFFF80512341095', 'FFFFF80512340001'), 'a.sys', null],
    [screen('FFFFF80002E99F7C', 'FFFFF80002C28000', 'ntoskrnl.exe'), null, null],
  ] as const) {
    writeFileSync(at('log.txt'), log);
    const { entries } = parse(await run(['explain', 'log.txt', '--format', 'json'], { cwd: folder }));
    t.deepEqual(
      entries.map((entry) => [entry.driver, entry.rva, entry.count]),
      [[driver, rva, 1]],
    );
  }
});
