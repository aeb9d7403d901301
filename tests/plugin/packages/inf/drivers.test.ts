/** Which files an INF installs, where from and for which machine: Microsoft's INF reference, directive by directive. */
import test from 'ava';
import { withLooseBinaries } from '../../../../plugin/packages/inf/beside.js';
import { readInf } from '../../../../plugin/packages/inf/document.js';
import { imagesOf } from '../../../../plugin/packages/inf/drivers.js';

const raw = (...lines: string[]) => imagesOf(readInf(Buffer.from(lines.join('\r\n'))));
/** In a package that holds `files`. */
const readIn = (files: readonly string[], ...lines: string[]) => {
  const inf = raw(...lines);
  return { ...inf, ...withLooseBinaries(inf, (parts) => files.includes(parts.join('/').toLowerCase())) };
};
const read = (...lines: string[]) => readIn([], ...lines);
const shownIn = (files: readonly string[], ...lines: string[]) =>
  readIn(files, ...lines).images.map(({ file, machines, targetOs }) =>
    [[...file.folders, file.name].join('/'), machines.join('+') || 'any', targetOs].join(' '),
  );
const shown = (...lines: string[]) => shownIn([], ...lines);

const DEVICE = [
  '[Manufacturer]',
  '%M% = Dev, NTx86, NTamd64.10.0...16299, NTarm64.10.0...22000',
  '[Strings]',
  'M=Maker',
];
const MODELS = ['NTx86', 'NTamd64.10.0...16299', 'NTarm64.10.0...22000'].flatMap((decoration) => [
  `[Dev.${decoration}]`,
  '%D% = Inst, PCI\\VEN_1',
]);
const DISK = ['[SourceDisksNames]', '1 = %Disk%,,,', '[SourceDisksFiles]', 'a.sys = 1'];

test('CopyFiles with a list, the same section for each machine', (t) => {
  t.deepEqual(shown(...DEVICE, ...MODELS, ...DISK, '[Inst.NT]', 'CopyFiles = Files', '[Files]', 'a.sys,,,2', 'a.pdb'), [
    'a.sys x86+amd64+arm64 1507',
  ]);
});

test('CopyFiles with @file; the most particular install section alone counts', (t) => {
  const lines = [
    '[Inst.NTamd64]',
    'CopyFiles = @a.sys',
    '[Inst.NT]',
    'CopyFiles = @b.sys',
    '[Inst]',
    'CopyFiles = @c.sys',
  ];
  t.deepEqual(shown(...DEVICE, ...MODELS, ...DISK, ...lines), ['b.sys x86+arm64 1507', 'a.sys amd64 1709']);
});

test('folders: SourceDisksNames paths, SourceDisksFiles folders, both by machine', (t) => {
  const lines = [
    ...['[Inst.NT]', 'CopyFiles = @a.sys, @b.sys'],
    ...['[SourceDisksNames]', '1 = x', '0x2 = y,,,\\common'],
    ...['[SourceDisksNames.amd64]', '1 = x,,,\\amd64', '[SourceDisksNames.x86]', '1 = x,,,.\\i386'],
    ...['[SourceDisksFiles]', 'a.sys = 1', 'b.sys = 02,sub\\deep', '[SourceDisksFiles.arm64]', 'a.sys = 1,arm64,,'],
  ];
  t.deepEqual(shown(...DEVICE, ...MODELS, ...lines), [
    'i386/a.sys x86 1507',
    'common/sub/deep/b.sys x86+amd64+arm64 1507',
    'amd64/a.sys amd64 1709',
    'arm64/a.sys arm64 11-21H2',
  ]);
});

test('CopyINF: the drivers of the other INF are not these, and that is said', (t) => {
  const lines = ['[Inst.NT]', 'CopyFiles = @a.sys', 'CopyINF = child.inf, "other one.inf"'];
  const { images, problems } = read(...DEVICE, ...MODELS, ...DISK, ...lines);
  t.deepEqual(
    images.map(({ file }) => file.name),
    ['a.sys'],
  );
  t.deepEqual(
    problems.map(({ message }) => message),
    ['child.inf', 'other one.inf'].map(
      (name) => `CopyINF brings ${name}, whose drivers are its own: check that INF too`,
    ),
  );
});

test('a file is copied under another name; the service is found by it', (t) => {
  const lines = [
    ...['[Inst.NT]', 'CopyFiles = Files', '[Files]', 'installed.sys, source.sys', '[DestinationDirs]', 'Files = 12'],
    ...['[Inst.NT.Services]', 'AddService = S, 2, Svc', '[Svc]', 'ServiceBinary = %12%\\installed.sys'],
  ];
  const { problems } = read(...DEVICE, ...MODELS, ...lines);
  t.deepEqual(shown(...DEVICE, ...MODELS, ...lines), ['source.sys x86+amd64+arm64 1507']);
  t.deepEqual(problems, []);
});

test('a service of Windows itself: a remark with its line, no driver', (t) => {
  const { images, problems } = read(
    ...[...DEVICE, ...MODELS, ...DISK, '[Inst.NT]', 'CopyFiles = @a.sys', 'Include = winusb.inf'],
    ...['[Inst.NT.Services]', 'AddService = WinUSB,2,Svc', '[Svc]', 'ServiceBinary = %12%\\WinUSB.sys'],
  );
  t.is(images.length, 1);
  t.is(problems.length, 1);
  t.is(problems[0]?.line, 21);
  t.regex(problems[0]?.message ?? '', /%12%\\WinUSB\.sys, which this INF does not copy/);
});

for (const [type, images] of [
  [['ServiceType = 1'], ['foo.bin any 1507']],
  [['ServiceType = 0x2'], ['foo.bin any 1507']],
  [['ServiceType = %SERVICE_KERNEL_DRIVER%'], ['foo.bin any 1507']],
  [[], ['foo.bin any 1507']],
  [['ServiceType = 0x10'], []],
] as const)
  test(`a driver is one whatever its extension, by its service: ${type[0] ?? 'without ServiceType'}`, (t) => {
    const service = ['[DefaultInstall.Services]', 'AddService = f,2,S', '[S]', ...type];
    const binary = 'ServiceBinary = %12%\\foo.bin';
    const copy = ['[DefaultInstall]', 'CopyFiles = L', '[L]', 'foo.bin', 'foo.txt'];
    t.deepEqual(shown(...copy, ...service, binary), [...images], 'copied');
    t.deepEqual(shown(...service, binary, '[SourceDisksFiles]', 'foo.bin = 1'), [...images], 'listed');
    t.deepEqual(shownIn(['foo.bin'], ...service, binary), [...images], 'beside');
    t.deepEqual(shown(...service, 'ServiceBinary = %13%\\foo.bin'), [...images], 'in the package');
  });

test("a service's binary that lies compressed in the package is not called looked at", (t) => {
  const lines = ['[DefaultInstall.Services]', 'AddService = f,2,S', '[S]', 'ServiceBinary = %12%\\foo.sys'];
  const { problems } = readIn(['foo.sy_'], ...lines);
  t.is(problems.length, 1);
  t.regex(problems[0]?.message ?? '', /Windows does not copy it\. The one in the package is compressed$/);
});

test('dirid 13: a service whose binary stays in the package', (t) => {
  const lines = ['[Inst.NT]', '[Inst.NT.Services]', 'AddService = A,2,Svc', '[Svc]', 'ServiceBinary = %13%\\a.sys'];
  t.deepEqual(shown(...DEVICE, ...MODELS, ...DISK, ...lines), ['a.sys x86+amd64+arm64 1507']);
});

test('DefaultInstall, decorated and not, as file system filters have it', (t) => {
  const lines = [
    '[DefaultInstall.NTamd64]',
    'CopyFiles = F',
    '[DefaultInstall.NTx86]',
    'CopyFiles = F',
    '[F]',
    'flt.sys',
  ];
  t.deepEqual(
    shown(...lines),
    ['flt.sys x86+amd64 1507'].map((line) => line.replace('x86+amd64', 'amd64+x86')),
  );
  t.deepEqual(shown('[DefaultInstall]', 'CopyFiles = F', '[F]', 'flt.sys'), ['flt.sys any 1507']);
});

test('undecorated models lead to install sections that are decorated', (t) => {
  const lines = ['[Manufacturer]', 'M = Dev', '[Dev]', 'd = Inst, x', '[Inst.NTamd64]', 'CopyFiles=@a.sys'];
  t.deepEqual(shown(...lines), ['a.sys amd64 1507']);
});

test('Needs within the INF, coinstallers, files that nothing copies', (t) => {
  const lines = [
    ...[
      '[Inst.NT]',
      'Needs = Base',
      '[Base]',
      'CopyFiles = @a.sys',
      '[Inst.NT.CoInstallers]',
      'CopyFiles = Co',
      '[Co]',
      'co.dll',
    ],
    ...['[SourceDisksFiles.amd64]', 'extra.sys = 1', 'readme.txt = 1'],
  ];
  t.deepEqual(shown(...DEVICE, ...MODELS, ...DISK, ...lines), [
    'a.sys x86+amd64+arm64 1507',
    'co.dll x86+amd64+arm64 1507',
    'extra.sys amd64 ',
  ]);
});

test('compressed names, cabinets, catalogs', (t) => {
  const { images, catalogs } = read(
    ...['[Version]', 'CatalogFile = a.cat', 'CatalogFile.NTamd64 = b.cat', ...DEVICE, ...MODELS],
    ...[
      '[Inst.NT]',
      'CopyFiles = @a.sy_, @b.sys',
      '[SourceDisksNames]',
      '1 = x, data.cab',
      '[SourceDisksFiles]',
      'b.sys = 1',
    ],
  );
  t.deepEqual(
    images.map(({ file }) => [file.name, file.cabinet]),
    [
      ['a.sy_', null],
      ['b.sys', 'data.cab'],
    ],
  );
  t.deepEqual(catalogs, ['a.cat', 'b.cat']);
});

test('names that lead nowhere are told with their line', (t) => {
  const { problems } = read(
    ...['[Manufacturer]', 'M = Dev, NTamd64, NTbogus', '[Dev.NTamd64]', 'd = Inst, x'],
    ...['[Inst]', 'CopyFiles = Gone', '[Inst.Services]', 'AddService = S,2,NoSuch'],
  );
  t.deepEqual(problems, [
    { line: 2, message: '[Manufacturer] has the decoration NTbogus, which names no machine and no Windows' },
    { line: 6, message: 'CopyFiles names [Gone], which is not there' },
    { line: 8, message: 'AddService names [NoSuch], which is not there' },
  ]);
});

test('a file of Windows itself: copied, not listed, and other INF files are named', (t) => {
  const modem = ['[Inst.NT]', 'Include = mdmcpq.inf', 'CopyFiles = @usbser.sys, @own.sys'];
  const own = ['[SourceDisksFiles]', 'own.sys = 1'];
  const flags = (...lines: string[]) =>
    read(...DEVICE, ...MODELS, ...lines).images.map(({ file, mayBeOfWindows }) => [file.name, mayBeOfWindows]);
  t.deepEqual(flags(...modem, ...own), [
    ['usbser.sys', true],
    ['own.sys', false],
  ]);
  t.deepEqual(flags('[Version]', 'LayoutFile=layout.inf', '[Inst.NT]', 'CopyFiles = @usbser.sys'), [
    ['usbser.sys', true],
  ]);
  t.deepEqual(flags('[Inst.NT]', 'CopyFiles = @usbser.sys'), [['usbser.sys', false]]);
});

test('the source of an INF, with placeholders: named as such', (t) => {
  const { problems } = read(
    '[Manufacturer]',
    'M = Dev, NT$ARCH$.10.0...16299',
    '[Dev.NT$ARCH$.10.0...16299]',
    'd = Inst, x',
  );
  t.regex(problems[0]?.message ?? '', /NT\$ARCH\$\.10\.0\.\.\.16299, a placeholder: .*stampinf/);
});

const SERVICE = ['[Inst.NT]', '[Inst.NT.Services]', 'AddService = A,2,Svc', '[Svc]'];

for (const text of ['%12%\\B.SYS', '%13%\\b.sys', '%SystemRoot%\\System32\\drivers\\b.sys', 'system32\\DRIVERS\\b.sys'])
  test(`a service's binary that nothing copies, beside the INF: ${text}`, (t) => {
    const lines = [...DEVICE, ...MODELS, ...DISK, ...SERVICE, `ServiceBinary = ${text}`];
    const name = text.split('\\').at(-1);
    t.deepEqual(shownIn(['b.sys'], ...lines), ['a.sys any ', `${name} x86+amd64+arm64 1507`]);
    // %13% is the package: it is missing, where another folder's may be part of Windows.
    const missing = text.startsWith('%13%') ? [`${name} x86+amd64+arm64 1507`] : [];
    t.deepEqual(shown(...lines), ['a.sys any ', ...missing]);
    t.is(read(...lines).problems.length, 1 - missing.length);
    const { problems } = readIn(['b.sys'], ...lines);
    t.is(problems.length, 1);
    t.is(problems[0]?.line, lines.length);
    t.regex(problems[0]?.message ?? '', /which no CopyFiles and no SourceDisksFiles names: Windows does not copy it/);
  });

test("a service's binary that nothing copies: in its machine's folder before the INF's, never in another machine's", (t) => {
  const lines = [
    ...[...DEVICE, ...MODELS, ...SERVICE, 'ServiceBinary = %12%\\b.sys'],
    ...['[SourceDisksNames.x86]', '1 = x,,,\\i386', '[SourceDisksNames.amd64]', '1 = x,,,amd64'],
    ...['[SourceDisksFiles.arm64]', 'c.cat = 1,Sub\\ARM64'],
  ];
  t.deepEqual(shownIn(['b.sys', 'i386/b.sys', 'sub/arm64/b.sys'], ...lines), [
    'i386/b.sys x86 1507',
    'b.sys amd64 1709',
    'Sub/ARM64/b.sys arm64 11-21H2',
  ]);
  t.deepEqual(shownIn(['amd64/b.sys'], ...lines), ['amd64/b.sys amd64 1709']);
});

test("a service's binary that nothing copies: in a folder that is called like its machine, or a disk's", (t) => {
  const lines = [...DEVICE, ...MODELS, ...SERVICE, 'ServiceBinary = %12%\\b.sys'];
  t.deepEqual(shownIn(['i386/b.sys', 'amd64/b.sys', 'arm64/b.sys'], ...lines), [
    'i386/b.sys x86 1507',
    'amd64/b.sys amd64 1709',
    'arm64/b.sys arm64 11-21H2',
  ]);
  const disks = ['[SourceDisksNames]', '1 = x,,,\\x86', '2 = x,,,\\common'];
  t.deepEqual(shownIn(['x86/b.sys', 'common/b.sys'], ...lines, ...disks), [
    'x86/b.sys x86 1507',
    'common/b.sys amd64+arm64 1709',
  ]);
});

test("a service's binary that nothing copies: where the section copies from, and below %13%", (t) => {
  const lines = [
    ...[...DEVICE, ...MODELS, '[SourceDisksNames]', '1 = x', '[SourceDisksFiles]', 'a.dll = 1,drv'],
    ...['[Inst.NT]', 'CopyFiles = @a.dll', '[Inst.NT.Services]', 'AddService = A,2,Svc', 'AddService = B,2,Svc2'],
    ...['[Svc]', 'ServiceBinary = %12%\\b.sys', '[Svc2]', 'ServiceBinary = %13%\\own\\c.exe /run -k group'],
  ];
  t.deepEqual(shownIn(['drv/b.sys', 'own/c.exe', 'c.exe'], ...lines), [
    'drv/a.dll x86+amd64+arm64 1507',
    'drv/b.sys x86+amd64+arm64 1507',
    'own/c.exe x86+amd64+arm64 1507',
  ]);
});

test('a folder that leads back to the package is in it; one that leads out stays so', (t) => {
  const files = ['a.sys = 1,..', 'b.sys = 1,..\\common', 'c.sys = 1,..\\..', 'd.sys = 2,..'];
  const disks = ['[SourceDisksNames]', '1 = x,,,\\x64', '2 = x,,,C:'];
  t.deepEqual(
    read(...disks, '[SourceDisksFiles]', ...files).images.map(({ file }) => [...file.folders, file.name].join('/')),
    ['a.sys', 'common/b.sys', '../c.sys', 'C:/../d.sys'],
  );
});

test('[DefaultInstall.NTamd64.Services] alone, as a filter has it whose file another tool copies', (t) => {
  const service = (decoration: string): string[] => [`[DefaultInstall${decoration}.Services]`, 'AddService = f,,Svc'];
  const lines = [...service('.NTamd64'), ...service('.NTarm64'), '[Svc]', 'ServiceBinary = %13%\\flt.sys'];
  t.deepEqual(shownIn(['flt.sys'], ...lines), ['flt.sys amd64+arm64 1507']);
  t.deepEqual(shownIn(['flt.sys'], ...service(''), ...lines.slice(4)), ['flt.sys any 1507']);
});

test('sections of the INF that Include names are not missing', (t) => {
  const lines = [
    ...['[Inst.NT]', 'Include = mdmcpq.inf', 'CopyFiles = FakeModemCopyFileSection'],
    ...['[Inst.NT.Services]', 'Include = mdmcpq.inf', 'AddService = usbser, 2, LowerFilter_Service_Inst'],
  ];
  t.deepEqual(read(...DEVICE, ...MODELS, ...lines).problems, []);
});
