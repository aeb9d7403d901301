/** Which files of a package an INF leads to, and what is said of those that it does not: on the disk and in archives. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { ImageBuffer } from '../../plugin/files/read.js';
import { archiveImages } from '../../plugin/packages/archive.js';
import { LIMITS } from '../../plugin/packages/members.js';
import { folderWith, runJson } from '../support/command.js';
import { buildCab } from '../support/packages/cab-builder.js';
import { noise } from '../support/packages/packages-on-disk.js';
import { buildZip } from '../support/packages/zip-builder.js';
import { committedSample } from '../support/toolchain/samples.js';

/** A service whose driver no directive copies; x64 and ARM64 have a folder each. */
const UNCOPIED = [
  ...['[Manufacturer]', 'm = M, NTamd64.10.0...16299, NTarm64.10.0...22000'],
  ...['[M.NTamd64.10.0...16299]', 'd = I, ROOT\\X', '[M.NTarm64.10.0...22000]', 'd = I, ROOT\\X'],
  ...['[I.NT]', '[I.NT.Services]', 'AddService = s,2,Svc', '[Svc]', 'ServiceBinary = %12%\\Sample.sys'],
  ...['[SourceDisksNames.amd64]', '1 = x,,,\\x64', '[SourceDisksNames.arm64]', '1 = x,,,\\arm64'],
].join('\r\n');

test("a service's driver that no directive copies: checked where it lies, on the disk, in a cabinet and in a zip", async (t) => {
  const { folder, at } = folderWith(t);
  for (const below of ['x64', 'arm64']) mkdirSync(at(below));
  copyFileSync(committedSample('init-rwx'), at('x64/SAMPLE.SYS'));
  copyFileSync(committedSample('clean', 'arm64'), at('arm64/sample.sys'));
  writeFileSync(at('sample.inf'), UNCOPIED);
  const files = ['sample.inf', 'x64/SAMPLE.SYS', 'arm64/sample.sys'].map((name) => ({
    name,
    data: readFileSync(at(name)),
  }));
  writeFileSync(at('p.zip'), buildZip(files.toReversed()));
  const backslashes = files.map(({ name, data }) => ({ name: name.replace('/', '\\'), data }));
  writeFileSync(at('p.cab'), buildCab({ folders: [{ method: 'stored', files: backslashes }] }));
  for (const [path, inside] of [
    ['sample.inf', ''],
    ['p.zip', 'p.zip!'],
    ['p.cab', 'p.cab!'],
  ] as const) {
    const { exitCode, report } = await runJson([path], { cwd: folder });
    t.is(exitCode, 0, path);
    t.deepEqual(
      report.images.map((image) => `${image.path} ${image.findings.map(({ code }) => code).join()}`).sort(),
      [`${inside}arm64/sample.sys `, `${inside}x64/SAMPLE.SYS HVCI2003`].sort(),
    );
    const notes = report.images.flatMap(({ coverage }) => coverage.notes);
    t.is(notes.filter((note) => note.includes('which no CopyFiles and no SourceDisksFiles names')).length, 1);
    t.true(notes.includes(`named in ${inside}sample.inf [Svc] line 11, for x64`), notes.join('\n'));
    t.true(notes.includes(`judged for Windows 1709 and later, which ${inside}sample.inf names`), notes.join('\n'));
  }
});

test("a service's driver in %13%, which is the package, and not there: missing, on the disk and in a zip", async (t) => {
  const { folder, at } = folderWith(t, { 'other.sys': 'clean' });
  const inf = UNCOPIED.replace('%12%', '%13%\\\\bin').replace(', NTarm64.10.0...22000', '');
  writeFileSync(at('p.inf'), `${inf}\r\n[SourceDisksFiles]\r\nother.sys = 1`);
  const files = ['p.inf', 'other.sys'].map((name) => ({ name, data: readFileSync(at(name)) }));
  writeFileSync(at('p.zip'), buildZip(files));
  for (const [path, inside] of [
    ['p.inf', ''],
    ['p.zip', 'p.zip!'],
  ] as const) {
    const { exitCode, report } = await runJson([path], { cwd: folder });
    t.is(exitCode, 2);
    const missing = report.images.find(({ error }) => error?.code === 'missing');
    t.is(missing?.path, `${inside}bin/Sample.sys`);
    t.regex(missing?.error?.message ?? '', /p\.inf \[Svc\] line 11, for x64, and not found there/);
    t.is(report.images.length, 2);
  }
});

test('what an INF names and an archive cannot give is told once, and not as missing', async (t) => {
  const { folder, at } = folderWith(t);
  const driver = readFileSync(committedSample('clean'));
  const inf = {
    name: 'p.inf',
    data: Buffer.from('[DefaultInstall.NTamd64]\nCopyFiles = F\n[F]\na.sys\nb.sys\nc.sys\ngone.sys\n'),
  };
  const cab = buildCab({
    folders: [
      { method: 'stored', files: [inf, { name: 'a.sys', data: driver }] },
      { method: 'mszip', files: [{ name: 'b.sys', data: driver }] },
      { method: 'stored', files: [{ name: 'c.sy_', data: noise(9) }] },
    ],
  });
  const packed = cab.lastIndexOf('CK');
  cab.fill(0xff, packed + 2, packed + 40);
  writeFileSync(at('p.cab'), cab);
  const { exitCode, report } = await runJson(['p.cab'], { cwd: folder });
  t.is(exitCode, 2);
  t.deepEqual(report.images.map(({ path, status, error }) => `${path} ${error?.code ?? status}`).sort(), [
    'p.cab!a.sys clean',
    'p.cab!b.sys damaged',
    'p.cab!c.sy_ not-supported',
    'p.cab!gone.sys missing',
  ]);
  // Not checked, though the INF names it: no minor thing.
  const only = inf.data.toString().replace('\nb.sys', '').replace('\ngone.sys', '');
  const files = [
    { name: 'p.inf', data: Buffer.from(only) },
    { name: 'a.sys', data: driver },
    { name: 'c.sy_', data: noise(9) },
  ];
  writeFileSync(at('q.zip'), buildZip(files));
  t.is((await runJson(['q.zip'], { cwd: folder })).exitCode, 2);
});

test('an archive that is over the limit: what was not reached is not told as missing', async (t) => {
  const { at } = folderWith(t);
  const inf = Buffer.from('[DefaultInstall.NTamd64]\nCopyFiles = F\n[F]\na.sys\nb.sys\n');
  const driver = readFileSync(committedSample('clean'));
  const files = [
    { name: 'p.inf', data: inf },
    { name: 'a.sys', data: driver },
    { name: 'b.sys', data: driver },
  ];
  writeFileSync(at('p.zip'), buildZip(files));
  const limits = { ...LIMITS, total: driver.length + 1 };
  const given: string[] = [];
  for await (const image of archiveImages(at('p.zip'), new ImageBuffer(), null, limits))
    given.push(`${image.path.slice(at('p.zip').length - 'p.zip'.length)} ${image.ok ? 'given' : image.code}`);
  t.deepEqual(given, ['p.zip!a.sys given', 'p.zip limit']);
});

test('a disk folder and `..` back to the package: found, on the disk and in an archive; out of it: refused in both', async (t) => {
  const { folder, at } = folderWith(t, { 'drv.sys': 'clean' });
  const inf = (folders: string): Buffer =>
    Buffer.from(
      [
        ...['[DefaultInstall.NTamd64]', 'CopyFiles = @drv.sys', '[SourceDisksNames]', '1 = x,,,\\x64'],
        ...['[SourceDisksFiles]', `drv.sys = 1,${folders}`],
      ].join('\r\n'),
    );
  for (const [name, folders] of [
    ['back', '..'],
    ['out', '..\\..'],
  ] as const) {
    writeFileSync(at(`${name}.inf`), inf(folders));
    writeFileSync(
      at(`${name}.zip`),
      buildZip([
        { name: `sub/${name}.inf`, data: inf(folders) },
        { name: name === 'back' ? 'sub/drv.sys' : 'drv.sys', data: readFileSync(at('drv.sys')) },
      ]),
    );
  }
  const line = ({ path, status, error }: Awaited<ReturnType<typeof runJson>>['image']) =>
    `${path} ${error?.code ?? status}`;
  for (const [path, expected] of [
    ['back.inf', ['drv.sys clean']],
    ['back.zip', ['back.zip!sub/drv.sys clean']],
    ['out.inf', ['out.inf outside']],
    ['out.zip', ['out.zip!sub/out.inf outside', 'out.zip!drv.sys clean']],
  ] as const) {
    const { exitCode, report } = await runJson([path], { cwd: folder });
    t.deepEqual(report.images.map(line), expected);
    t.is(exitCode, path.startsWith('out') ? 2 : 0);
  }
});
