/** Driver packages through the command, with archives and catalogs that other tools made or judge. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { folderWith, run, runJson } from '../support/command.js';
import { buildCab } from '../support/packages/cab-builder.js';
import { buildCatalog } from '../support/packages/catalog-builder.js';
import { noise, unpackCab } from '../support/packages/packages-on-disk.js';
import { buildZip } from '../support/packages/zip-builder.js';
import { committedSample } from '../support/toolchain/samples.js';
import { sign, signingKey } from '../support/toolchain/signing.js';
import { archiveTools, signingTools, toolPath, toolsReady } from '../support/toolchain/tools.js';

const INF = `; a package for two machines
[Version]
Signature = "$Windows NT$"
CatalogFile = sample.cat
[Manufacturer]
%Maker% = Models, NTamd64.10.0...16299, NTarm64.10.0...22000, NTx86
[Models.NTamd64.10.0...16299]
%Device% = Install, ROOT\\SAMPLE
[Models.NTarm64.10.0...22000]
%Device% = Install, ROOT\\SAMPLE
[Models.NTx86]
%Device% = Install, ROOT\\SAMPLE
[Install.NT]
CopyFiles = Drivers
[Install.NT.Services]
AddService = sample, 2, Service
[Service]
ServiceBinary = %12%\\sample.sys
[Drivers]
sample.sys
[DestinationDirs]
Drivers = 12
[SourceDisksNames.amd64]
1 = %Disk%,,,\\x64
[SourceDisksNames.arm64]
1 = %Disk%,,,\\arm64
[SourceDisksNames.x86]
1 = %Disk%,,,\\x86
[SourceDisksFiles]
sample.sys = 1
[Strings]
Maker = "Maker, of drivers"
Device = "Device"
Disk = "Disk"
`;

/** x64 in another case than the INF's, ARM64; no x86 driver. */
function packageIn(t: ExecutionContext) {
  const { folder, at } = folderWith(t);
  const put = (name: string, from: string): void => {
    mkdirSync(dirname(at(name)), { recursive: true });
    copyFileSync(from, at(name));
  };
  put('x64/SAMPLE.SYS', committedSample('init-rwx'));
  put('arm64/sample.sys', committedSample('clean', 'arm64'));
  writeFileSync(at('sample.inf'), INF);
  return { folder, at };
}

test('an INF: each machine its driver, a missing one is an error, auto takes the decorations', async (t) => {
  const { folder } = packageIn(t);
  const { exitCode, report } = await runJson(['sample.inf'], { cwd: folder });
  t.is(exitCode, 2);
  const byPath = new Map(report.images.map((image) => [image.path, image]));
  t.deepEqual([...byPath.keys()].sort(), ['arm64/sample.sys', 'x64/SAMPLE.SYS', 'x86/sample.sys']);
  const x64 = byPath.get('x64/SAMPLE.SYS');
  t.true(x64?.findings.some(({ code }) => code === 'HVCI2003'));
  t.true(
    x64?.coverage.notes.includes('named in sample.inf [SourceDisksFiles] line 30, for x64'),
    x64?.coverage.notes.join('\n'),
  );
  t.true(x64?.coverage.notes.some((note) => note.includes('Windows 1709 and later')));
  t.true(byPath.get('arm64/sample.sys')?.coverage.notes.some((note) => note.includes('Windows 11 21H2 and later')));
  const missing = byPath.get('x86/sample.sys');
  t.is(missing?.error?.code, 'missing');
  t.regex(missing?.error?.message ?? '', /named in sample\.inf \[SourceDisksFiles\] line 30, for x86, and not found/);
  t.is(report.summary['unreadable'], 1);
  const given = await runJson(['sample.inf', '--target-os', '22H2'], { cwd: folder });
  t.false(given.report.images.some(({ coverage }) => coverage.notes.some((note) => note.includes('and later'))));
});

test('--target-os auto: relocations over a page count from the INF on', async (t) => {
  const { folder, at } = packageIn(t);
  copyFileSync(committedSample('straddling-relocations'), at('x64/SAMPLE.SYS'));
  const severity = async (...args: string[]) => {
    const { report } = await runJson([...args], { cwd: folder });
    const image = report.images.find(({ path }) => path === 'x64/SAMPLE.SYS');
    return image?.findings.find(({ code }) => code === 'HVCI3001')?.severity;
  };
  t.is(await severity('x64/SAMPLE.SYS'), 'error');
  t.is(await severity('sample.inf'), 'info');
  t.is(await severity('sample.inf', '--target-os', '1607'), 'error');
});

test('a folder with an INF: its files, as any folder', async (t) => {
  const { folder } = packageIn(t);
  const { report } = await runJson(['.'], { cwd: folder });
  t.deepEqual(
    report.images.map(({ path }) => path),
    ['arm64/sample.sys', 'x64/SAMPLE.SYS'],
  );
});

test('an INF in UTF-16 with an error, one that leads out, a compressed driver', async (t) => {
  const { folder, at } = packageIn(t);
  const bytes = Buffer.from(
    `\ufeff${INF.replace('\\x86', '..\\..\\etc').replace('[Strings]', 'old.sys = 1\n[Strings]')}`,
    'utf16le',
  );
  writeFileSync(at('sample.inf'), bytes.subarray(0, -1));
  writeFileSync(at('old.sy_'), noise(100));
  const { exitCode, report } = await runJson(['sample.inf'], { cwd: folder });
  t.is(exitCode, 2);
  const errors = report.images.flatMap(({ error }) => (error === undefined ? [] : [`${error.code}: ${error.message}`]));
  t.is(errors.length, 2, errors.join('\n'));
  t.regex(errors[0] ?? '', /^outside: .*sample\.sys.* leads out of the package/);
  t.regex(errors[1] ?? '', /^not-supported: Passed over old\.sy_.*compressed.*expand/);
  const notes = report.images.flatMap(({ coverage }) => coverage.notes);
  t.true(notes.some((note) => /sample\.inf line \d+: the UTF-16 text ends in half a character/.test(note)));
});

test('a folder with archives beside drivers: how many were not opened is said, unless it is not wanted', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  writeFileSync(at('b.zip'), '');
  writeFileSync(at('c.cab'), '');
  const said =
    'hvci-fix: 2 archives in folders were not opened, such as b.zip. Name archives to have the drivers in them checked.\n';
  const checked = await run(['.'], { cwd: folder });
  t.deepEqual([checked.exitCode, checked.stderr], [0, said]);
  t.is((await run(['.', '--quiet'], { cwd: folder })).stderr, '');
  t.is((await run(['report', '.', '-o', 'x.html'], { cwd: folder })).stderr, said);
});

test('an INF that names very many files: what is there is found, in whatever case and folder', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  mkdirSync(at('Below'));
  copyFileSync(at('a.sys'), at('Below/B.sys'));
  const names = Array.from({ length: 100 }, (_, index) => `f${index}.sys=1`);
  const files = [...names, 'A.SYS=1', 'b.sys=1,below', 'c.sys=1,below'].join('\r\n');
  writeFileSync(at('x.inf'), `[Version]\r\n[SourceDisksNames]\r\n1=x\r\n[SourceDisksFiles]\r\n${files}\r\n`);
  const { report } = await runJson(['x.inf'], { cwd: folder });
  t.is(report.images.length, 103);
  const found = report.images.filter(({ status }) => status === 'clean').map(({ path }) => path);
  t.deepEqual(found, ['a.sys', 'Below/B.sys']);
});

test('packages by a pattern: what is missing or damaged in them is the failure of the call, no driver is none', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  const zip = buildZip([{ name: 'a.sys', data: readFileSync(at('a.sys')) }]);
  writeFileSync(at('whole.zip'), zip);
  writeFileSync(at('none.zip'), buildZip([{ name: 'readme.txt', data: Buffer.from('x') }]));
  writeFileSync(at('a.inf'), '[SourceDisksFiles]\na.sys=1\n');
  t.is((await runJson(['*.zip'], { cwd: folder })).exitCode, 0);
  t.is((await runJson(['*.{inf,zip}'], { cwd: folder })).exitCode, 0);
  writeFileSync(at('cut.zip'), zip.subarray(0, zip.length - 30));
  t.is((await runJson(['*.zip'], { cwd: folder })).exitCode, 2);
  t.is((await runJson(['*'], { cwd: folder })).exitCode, 0);
  writeFileSync(at('b.inf'), '[SourceDisksFiles]\nb.sys=1\n');
  t.is((await runJson(['*.INF'], { cwd: folder })).exitCode, 2);
  t.is((await runJson(['*.{inf,txt}'], { cwd: folder })).exitCode, 2);
  writeFileSync(at('b.sys'), 'no image');
  const { exitCode, report } = await runJson(['?.inf'], { cwd: folder });
  t.deepEqual([exitCode, report.images.map(({ status }) => status)], [2, ['clean', 'unreadable']]);
});

test('an INF that names more images than are held: one line, status 2', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  const files = Array.from({ length: 100_000 }, (_, index) => `f${index}.sys=1`);
  writeFileSync(at('x.inf'), `[SourceDisksFiles]\n${[...files, 'a.sys=1'].join('\n')}\n`);
  const { exitCode, report } = await runJson(['x.inf'], { cwd: folder });
  t.is(exitCode, 2);
  t.deepEqual(
    report.images.map(({ path, error }) => [path, error?.code]),
    [['x.inf', 'limit']],
  );
  t.regex(report.images[0]?.error?.message ?? '', /names 100001 images; the limit is 100000\. Name the drivers/);
});

test('a driver whose extension is another one: checked where an INF has a service run it, in an archive too', async (t) => {
  const { folder, at } = folderWith(t, { 'foo.bin': 'init-rwx', 'readme.bin': 'init-rwx' });
  const service = '[S]\nServiceType=1\nServiceBinary=%12%\\foo.bin\n[SourceDisksFiles]\nfoo.bin=1\n';
  const inf = `[DefaultInstall]\nCopyFiles=L\n[L]\nfoo.bin\n[DefaultInstall.Services]\nAddService=s,2,S\n${service}`;
  writeFileSync(at('x.inf'), inf);
  const driver = readFileSync(at('foo.bin'));
  const members = [
    { name: 'Foo.bin', data: driver },
    { name: 'readme.bin', data: driver },
    { name: 'x.inf', data: Buffer.from(inf) },
  ];
  writeFileSync(at('x.zip'), buildZip(members));
  writeFileSync(at('x.cab'), buildCab({ folders: [{ method: 'mszip', files: members }] }));
  for (const [name, path] of [
    ['x.inf', 'foo.bin'],
    ['x.zip', 'x.zip!Foo.bin'],
    ['x.cab', 'x.cab!Foo.bin'],
  ] as const) {
    const { report } = await runJson([name], { cwd: folder });
    t.deepEqual(
      report.images.map((image) => [image.path, image.findings[0]?.code]),
      [[path, 'HVCI2003']],
    );
  }
  writeFileSync(at('foo.bin'), 'no image');
  const { image } = await runJson(['x.inf'], { cwd: folder });
  t.deepEqual([image.path, image.status, image.error?.code], ['foo.bin', 'unreadable', 'not-pe']);
});

test('compressed members of every kind are told', async (t) => {
  const { folder, at } = folderWith(t);
  const names = ['a.dl_', 'b.ex_', 'c.in_', 'd.sy_', 'e.ef_', 'f.ca_'];
  writeFileSync(at('x.zip'), buildZip(names.map((name) => ({ name, data: noise(9) }))));
  const { report } = await runJson(['x.zip'], { cwd: folder });
  t.deepEqual(
    report.images.map(({ path, error }) => [path, error?.code]),
    [...names.slice(0, 5).map((name) => [`x.zip!${name}`, 'not-supported']), ['x.zip', 'no-match']],
  );
});

test('an INF without a driver, one that is not there, a folder of that name', async (t) => {
  const { folder, at } = folderWith(t);
  writeFileSync(at('a.inf'), '[Version]\nSignature="$Windows NT$"\n');
  mkdirSync(at('b.inf'));
  const { exitCode, report } = await runJson(['a.inf', 'c.inf'], { cwd: folder });
  t.is(exitCode, 2);
  t.deepEqual(
    report.images.map(({ error }) => error?.code),
    ['no-match', 'missing'],
  );
  t.is((await runJson(['b.inf'], { cwd: folder })).image.error?.code, 'no-match');
});

test('an empty INF, an empty catalog: no linker made them', async (t) => {
  const { folder, at } = packageIn(t);
  writeFileSync(at('empty.inf'), '');
  writeFileSync(at('sample.cat'), '');
  const { report } = await runJson(['empty.inf', 'sample.inf'], { cwd: folder });
  const empty = report.images.filter(({ error }) => error?.code === 'empty');
  t.deepEqual(
    empty.map(({ path }) => path),
    ['empty.inf', 'sample.cat'],
  );
  for (const { error } of empty) t.regex(error?.message ?? '', /Get it again; the download or a copy was cut off/);
});

test('a named archive with nothing but archives in it: nothing was checked, status 2', async (t) => {
  const { folder, at } = folderWith(t);
  const inner = buildZip([{ name: 'a.sys', data: readFileSync(committedSample('clean')) }]);
  writeFileSync(at('outer.zip'), buildZip([{ name: 'inner.zip', data: inner }]));
  writeFileSync(at('packed.zip'), buildZip([{ name: 'driver.sy_', data: noise(9) }]));
  for (const name of ['outer.zip', 'packed.zip']) {
    const { exitCode, report } = await runJson([name], { cwd: folder });
    t.is(exitCode, 2, name);
    t.deepEqual(
      report.images.map(({ error }) => error?.code),
      ['not-supported', 'no-match'],
    );
  }
});

for (const kind of ['zip', 'cab'] as const) {
  test(`${kind} made by ${kind === 'zip' ? 'Info-ZIP' : 'gcab'}: the same verdicts as in the folder`, async (t) => {
    if (!toolsReady(t, archiveTools)) return;
    const { folder, at } = packageIn(t);
    const names = ['sample.inf', 'x64/SAMPLE.SYS', 'arm64/sample.sys'];
    const pack = kind === 'zip' ? ['zip', '-q', '../p.zip', ...names] : ['gcab', '-c', '-z', '../p.cab', ...names];
    mkdirSync(at('out'));
    const inner = folderWith(t);
    await execa(
      toolPath(pack[0] as string),
      [...pack.slice(1).map((arg) => (arg.startsWith('../') ? inner.at(arg.slice(3)) : arg))],
      { cwd: folder },
    );
    const open = await runJson(['sample.inf'], { cwd: folder });
    const { exitCode, report } = await runJson([`p.${kind}`], { cwd: inner.folder });
    t.is(exitCode, 2);
    const verdicts = (images: typeof report.images) =>
      images
        .map(
          ({ path, status, findings }) =>
            `${path.replace(/^.*!/, '')} ${status} ${findings.map(({ code }) => code).join()}`,
        )
        .sort();
    t.deepEqual(verdicts(report.images), verdicts(open.report.images));
    t.true(report.images.every(({ path }) => path.startsWith(`p.${kind}!`)));
    // Nothing is unpacked to the disk.
    t.deepEqual(readdirSync(inner.folder), [`p.${kind}`]);
  });
}

test('two INF files of an archive name one driver: the oldest Windows counts, in whatever order they come', async (t) => {
  const { folder, at } = folderWith(t);
  const inf = (decoration: string): Buffer =>
    Buffer.from(
      [
        ...['[Manufacturer]', `m = M, ${decoration}`, `[M.${decoration}]`, 'd = Install, ROOT\\X'],
        ...['[Install]', 'CopyFiles = @drv.sys', '[SourceDisksFiles]', 'drv.sys = 1'],
      ].join('\r\n'),
    );
  // Refused by Windows before 1703 alone.
  const driver = { name: 'drv.sys', data: readFileSync(committedSample('straddling-relocations')) };
  const old = { name: 'old.inf', data: inf('NTamd64.10.0') };
  const recent = { name: 'recent.inf', data: inf('NTamd64.10.0...22621') };
  writeFileSync(at('a.zip'), buildZip([old, recent, driver]));
  writeFileSync(at('b.zip'), buildZip([recent, old, driver]));
  for (const name of ['a.zip', 'b.zip']) {
    const { exitCode, image } = await runJson([name], { cwd: folder });
    t.is(exitCode, 1, name);
    t.is(image.findings.find(({ code }) => code === 'HVCI3001')?.severity, 'error');
    t.true(image.coverage.notes.includes(`named in ${name}!old.inf [SourceDisksFiles] line 8, for x64`));
  }
});

test('fix on an archive: refused with what to do, the archive as it was', async (t) => {
  const { folder, at } = folderWith(t);
  const zip = buildZip([{ name: 'x64/a.sys', data: readFileSync(committedSample('init-rwx')) }]);
  writeFileSync(at('p.zip'), zip);
  const { exitCode, image } = await runJson(['fix', 'p.zip'], { cwd: folder });
  t.is(exitCode, 1);
  t.is(image.plan?.refusals[0]?.code, 'in-archive');
  t.regex(image.plan?.refusals[0]?.message ?? '', /Unpack it, fix the driver in the folder/);
  t.true(readFileSync(at('p.zip')).equals(zip));
  t.deepEqual(readdirSync(folder), ['p.zip']);
});

test('fix on an INF: its drivers are fixed in place', async (t) => {
  const { folder, at } = packageIn(t);
  writeFileSync(at('sample.inf'), INF.replace(', NTx86', ''));
  const { exitCode, report } = await runJson(['fix', 'sample.inf'], { cwd: folder });
  t.is(exitCode, 0);
  t.is(report.images.find(({ path }) => path === 'x64/SAMPLE.SYS')?.plan?.outcome, 'fixed');
  t.is((await runJson(['sample.inf', '--max-warnings', '0'], { cwd: folder })).exitCode, 0);
});

test('bad archives among good: a line each, the scan goes on', async (t) => {
  const { folder, at } = folderWith(t, { 'good.sys': 'clean' });
  const driver = readFileSync(committedSample('clean'));
  writeFileSync(at('a.cab'), noise(500));
  writeFileSync(
    at('b.zip'),
    buildZip([
      { name: '../evil.sys', data: driver },
      { name: 'ok.sys', data: driver },
      { name: 'in.zip', data: noise(9) },
    ]),
  );
  writeFileSync(at('c.zip'), Buffer.alloc(0));
  writeFileSync(
    at('d.cab'),
    buildCab({
      folders: [
        {
          method: 'lzx',
          files: [
            { name: 'x.sys', data: driver },
            { name: 'x.cat', data: noise(64) },
          ],
        },
      ],
    }),
  );
  const { exitCode, report } = await runJson(['*.cab', '*.zip', 'good.sys'], { cwd: folder });
  t.is(exitCode, 2, 'the pattern names packages, and some are damaged');
  const line = ({ path, status, error }: (typeof report.images)[number]) => `${path} ${error?.code ?? status}`;
  t.deepEqual(report.images.map(line), [
    'a.cab damaged',
    'd.cab!x.cat damaged',
    'd.cab!x.sys clean',
    'b.zip!../evil.sys outside',
    'b.zip!ok.sys clean',
    'b.zip!in.zip not-supported',
    'c.zip empty',
    'good.sys clean',
  ]);
  t.is((await run(['a.cab'], { cwd: folder })).exitCode, 2);
  t.false(existsSync(join(folder, '..', 'evil.sys')));
});

test('LZX: cabextract and 7z unpack what our packer packs, and so do we', async (t) => {
  if (!toolsReady(t, archiveTools)) return;
  const { folder, at } = folderWith(t);
  const drivers = ['clean', 'init-rwx', 'straddling-relocations', 'low-alignment'];
  const files = [
    ...drivers.map((name) => ({ name: `${name}.sys`, data: readFileSync(committedSample(name)) })),
    { name: 'noise.dll', data: noise(100_001) },
    { name: 'node.exe', data: readFileSync(process.execPath).subarray(0, 700_000) },
  ];
  for (const windowBits of [15, 17, 19, 21]) {
    const cab = buildCab({
      folders: [{ method: 'lzx', windowBits, files }],
      reserve: windowBits === 17 ? [4, 2, 8] : [0, 0, 0],
    });
    writeFileSync(at('p.cab'), cab);
    const { stdout } = await execa(toolPath('cabextract'), ['-t', 'p.cab'], { cwd: folder });
    const sums = new Map(
      [...stdout.matchAll(/^ {2}(\S+) {2}OK\s+([0-9a-f]{32})/gm)].map(([, name, sum]) => [name, sum]),
    );
    t.regex((await execa(toolPath('7z'), ['t', 'p.cab'], { cwd: folder })).stdout, /Everything is Ok/);
    const { members, failures } = unpackCab(t, cab);
    t.deepEqual(failures, []);
    for (const { name, data } of files) {
      const md5 = createHash('md5').update(data).digest('hex');
      t.is(sums.get(name), md5, `cabextract: ${name}`);
      t.true(members.get(name)?.equals(data), name);
    }
  }
});

/** The catalog of one driver, signed; osslsigncode says whether it covers the driver. */
async function catalogFor(path: string, algorithm: 'sha1' | 'sha256', hash: string): Promise<void> {
  const { key, certificate } = await signingKey();
  const folder = dirname(path);
  const member = { fileName: 'a.sys', algorithm, hash: Buffer.from(hash, 'hex') };
  writeFileSync(join(folder, 'unsigned'), buildCatalog({ members: [member] }));
  const files = ['-in', join(folder, 'unsigned'), '-out', path];
  await execa(toolPath('osslsigncode'), ['sign', '-h', 'sha256', '-certs', certificate, '-key', key, ...files]);
}

async function covered(catalog: string, driver: string): Promise<boolean> {
  const { certificate } = await signingKey();
  const args = ['verify', '-CAfile', certificate, '-ignore-cdp', '-catalog', catalog, '-in', driver];
  return (await execa(toolPath('osslsigncode'), args, { reject: false })).exitCode === 0;
}

interface Authenticode {
  readonly sha1: string;
  readonly sha256: string;
  readonly embedded: readonly { readonly algorithm: string; readonly hash: string; readonly matches: boolean }[];
  readonly catalogs: readonly string[];
}
const authenticodeOf = async (folder: string, name: string): Promise<Authenticode> =>
  ((await runJson(['--hashes', name], { cwd: folder })).image as unknown as { authenticode: Authenticode })
    .authenticode;

for (const algorithm of ['sha1', 'sha256'] as const) {
  test(`a catalog of ${algorithm} hashes: osslsigncode agrees that it covers the driver, and that the fix ends that`, async (t) => {
    if (!toolsReady(t, signingTools)) return;
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    const before = await authenticodeOf(folder, 'a.sys');
    t.deepEqual(before.catalogs, []);
    await catalogFor(at('a.cat'), algorithm, before[algorithm]);
    t.true(await covered(at('a.cat'), at('a.sys')));
    t.deepEqual((await authenticodeOf(folder, 'a.sys')).catalogs, ['a.cat']);

    const words =
      /the catalog a\.cat lists the driver as it was, so the fix makes it invalid.*Inf2Cat \/driver:"\." \/os:10_X64.*signtool sign/;
    const planned = await runJson(['fix', '--dry-run', 'a.sys'], { cwd: folder });
    t.true(planned.image.plan?.notes.some((note) => words.test(note)));
    t.true(await covered(at('a.cat'), at('a.sys')));
    const fixed = await run(['fix', 'a.sys', '--format', 'json'], { cwd: folder });
    t.regex(fixed.stderr, words);
    t.false(await covered(at('a.cat'), at('a.sys')));
    const after = await runJson(['--hashes', 'a.sys'], { cwd: folder });
    t.true(after.image.coverage.notes.some((note) => note.includes('a.cat lists a.sys with another hash')));
    t.false((await run(['fix', 'a.sys'], { cwd: folder })).stderr.includes('catalog'));
  });
}

for (const [machine, os] of [
  ['x64', '10_X64'],
  ['x86', '10_X86'],
  ['arm64', '10_RS3_ARM64'],
] as const) {
  test(`a catalog of an ${machine} driver: Inf2Cat's word for its Windows`, async (t) => {
    if (!toolsReady(t, signingTools)) return;
    const { folder, at } = folderWith(t);
    copyFileSync(committedSample('init-rwx', machine), at('a.sys'));
    await catalogFor(at('a.cat'), 'sha256', (await authenticodeOf(folder, 'a.sys')).sha256);
    const { image } = await runJson(['fix', '-n', 'a.sys'], { cwd: folder });
    t.true(image.plan?.notes.some((note) => note.includes(`/os:${os},`)));
  });
}

test('a catalog at the root of a package, drivers below: fix finds it by the INF and without', async (t) => {
  if (!toolsReady(t, signingTools)) return;
  const { folder, at } = packageIn(t);
  writeFileSync(at('sample.inf'), INF.replace(', NTx86', ''));
  const { sha256 } = await authenticodeOf(folder, 'x64/SAMPLE.SYS');
  await catalogFor(at('sample.cat'), 'sha256', sha256);
  t.deepEqual((await authenticodeOf(folder, 'x64/SAMPLE.SYS')).catalogs, ['sample.cat']);
  for (const path of ['sample.inf', 'x64/SAMPLE.SYS']) {
    const { report } = await runJson(['fix', '-n', path], { cwd: folder });
    const notes = report.images.find((image) => image.path === 'x64/SAMPLE.SYS')?.plan?.notes ?? [];
    t.is(notes.filter((note) => note.includes('the catalog sample.cat lists the driver as it was')).length, 1, path);
  }
});

test('a fix of the checksum alone: the catalog stays good, and nothing is said of it', async (t) => {
  if (!toolsReady(t, signingTools)) return;
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  const bytes = readFileSync(at('a.sys'));
  bytes.writeUInt32LE(0x12345, bytes.readUInt32LE(0x3c) + 24 + 64);
  writeFileSync(at('a.sys'), bytes);
  await catalogFor(at('a.cat'), 'sha256', (await authenticodeOf(folder, 'a.sys')).sha256);
  const { stderr } = await run(['fix', 'a.sys'], { cwd: folder });
  t.is(stderr, '');
  t.true(await covered(at('a.cat'), at('a.sys')));
});

test('an embedded signature: its digest is that of the bytes, until they change', async (t) => {
  if (!toolsReady(t, signingTools)) return;
  const { folder, at } = folderWith(t);
  copyFileSync(await sign(committedSample('init-rwx')), at('a.sys'));
  const { stdout } = await execa(toolPath('osslsigncode'), ['verify', '-in', 'a.sys'], { cwd: folder, reject: false });
  const digest = (/Current message digest\s*:\s*([0-9A-F]{64})/.exec(stdout)?.[1] ?? '').toLowerCase();
  const signed = await authenticodeOf(folder, 'a.sys');
  t.deepEqual(signed.embedded, [{ algorithm: 'sha256', hash: digest, matches: true }]);
  t.is(signed.sha256, digest);

  const bytes = readFileSync(at('a.sys'));
  bytes[0x50] = (bytes[0x50] as number) ^ 1; // in the DOS stub
  writeFileSync(at('a.sys'), bytes);
  const changed = await runJson(['--hashes', 'a.sys'], { cwd: folder });
  const { anomalies } = changed.image as unknown as { anomalies: { code: string; message: string }[] };
  t.is(anomalies[0]?.code, 'signature-digest-mismatch');
  t.regex(anomalies[0]?.message ?? '', /changed after it was signed.*sign it again/);
  t.false((await authenticodeOf(folder, 'a.sys')).embedded[0]?.matches);
});

test('a catalog that does not parse: told, and the driver is checked', async (t) => {
  const { folder, at } = packageIn(t);
  writeFileSync(at('sample.cat'), 'no catalog');
  writeFileSync(at('x64/other.cat'), noise(300));
  writeFileSync(at('sample.inf'), INF.replace(', NTx86', ''));
  const { exitCode, report } = await runJson(['sample.inf'], { cwd: folder });
  t.is(exitCode, 0);
  t.is(report.images[0]?.path, 'sample.cat');
  t.is(report.images[0]?.error?.code, 'damaged');
  t.is(report.images.length, 3);
  const fixed = await runJson(['fix', '-n', 'x64/SAMPLE.SYS'], { cwd: folder });
  t.true(
    fixed.image.plan?.notes.some((note) => /whether a catalog lists the driver is not known: .*other\.cat/.test(note)),
  );
});

test('an INF in an archive that is too large to read: a line, and the drivers are checked all the same', async (t) => {
  const { folder, at } = folderWith(t);
  const members = [
    { name: 'large.inf', data: Buffer.alloc((8 << 20) + 1, ';') },
    { name: 'huge.inf', data: Buffer.alloc((32 << 20) + 1, ';') },
    { name: 'clean.sys', data: readFileSync(committedSample('clean')) },
  ];
  writeFileSync(at('p.zip'), buildZip(members));
  const { exitCode, report } = await runJson(['p.zip'], { cwd: folder });
  t.is(exitCode, 0);
  t.deepEqual(
    report.images.map(({ path, status, error }) => [path, status, error?.code]),
    [
      ['p.zip!large.inf', 'unreadable', 'limit'],
      ['p.zip!huge.inf', 'unreadable', 'limit'],
      ['p.zip!clean.sys', 'clean', undefined],
    ],
  );
  t.true(report.images[0]?.error?.message.includes('an INF of more than 8388608 is not read'));
});
