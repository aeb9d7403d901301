/** What is a driver and what is not. The images are a real driver with header fields or a name in the import table changed. */
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { folderWith, run, runJson } from '../../support/command.js';
import { buildImage } from '../../support/image-builder.js';

// Offsets in the optional header, PE32+, from the PE specification.
const SUBSYSTEM = 68;
const ENTRY_POINT = 16;
const IMPORT_DIRECTORY = 112 + 8;
const IAT_DIRECTORY = 112 + 12 * 8;

/** The driver's own imports are from ntoskrnl.exe; a name of the same length or shorter takes its place. */
function renameImport(bytes: Buffer, name: string): void {
  const at = bytes.indexOf('ntoskrnl.exe\0', 'latin1');
  bytes.fill(0, at, at + 12);
  bytes.write(name, at, 'latin1');
}

const optionalHeader = (bytes: Buffer): number => bytes.readUInt32LE(0x3c) + 24;
const setSubsystem = (bytes: Buffer, value: number): number =>
  bytes.writeUInt16LE(value, optionalHeader(bytes) + SUBSYSTEM);

for (const [what, change, kind, status] of [
  ['a driver', () => undefined, 'driver', 'findings'],
  [
    'NATIVE that imports ntdll.dll',
    (bytes: Buffer) => renameImport(bytes, 'ntdll.dll'),
    'native-application',
    'not-applicable',
  ],
  [
    'a program: WINDOWS_CUI with kernel32.dll',
    (bytes: Buffer) => {
      renameImport(bytes, 'kernel32.dll');
      setSubsystem(bytes, 3);
    },
    'user-mode',
    'not-applicable',
  ],
  // Imports decide: a kernel-mode library may have any subsystem.
  ['WINDOWS_GUI that imports ntoskrnl.exe', (bytes: Buffer) => setSubsystem(bytes, 2), 'driver', 'findings'],
  ['a driver of a class driver (.sys)', (bytes: Buffer) => renameImport(bytes, 'storport.sys'), 'driver', 'findings'],
  [
    'EFI_BOOT_SERVICE_DRIVER without imports',
    (bytes: Buffer) => {
      setSubsystem(bytes, 11);
      bytes.fill(0, optionalHeader(bytes) + IMPORT_DIRECTORY, optionalHeader(bytes) + IMPORT_DIRECTORY + 8);
      bytes.fill(0, optionalHeader(bytes) + IAT_DIRECTORY, optionalHeader(bytes) + IAT_DIRECTORY + 8);
    },
    'efi',
    'not-applicable',
  ],
  [
    'NATIVE without entry point and imports (a keyboard layout)',
    (bytes: Buffer) => {
      bytes.writeUInt32LE(0, optionalHeader(bytes) + ENTRY_POINT);
      bytes.fill(0, optionalHeader(bytes) + IMPORT_DIRECTORY, optionalHeader(bytes) + IMPORT_DIRECTORY + 8);
      bytes.fill(0, optionalHeader(bytes) + IAT_DIRECTORY, optionalHeader(bytes) + IAT_DIRECTORY + 8);
    },
    'user-mode',
    'not-applicable',
  ],
] as const) {
  test(`${what}: ${kind}`, async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    const bytes = readFileSync(at('a.sys'));
    change(bytes);
    writeFileSync(at('a.sys'), bytes);
    const { exitCode, image, report } = await runJson(['a.sys'], { cwd: folder });
    t.is(image.kind, kind);
    t.is(image.status, status);
    if (status === 'findings') return;
    t.is(exitCode, 0);
    t.deepEqual(image.findings, []);
    t.is(report.summary['clean'], 0);

    const treated = await runJson(['a.sys', '--treat-as', 'driver'], { cwd: folder });
    t.is(treated.image.status, 'findings');
    t.true(treated.image.findings.some(({ code }) => code === 'HVCI2003'));

    // No rule ran, so there is nothing to fix either.
    const fixed = await runJson(['fix', 'a.sys'], { cwd: folder });
    t.is(fixed.exitCode, 0);
    t.deepEqual(readFileSync(at('a.sys')), bytes);
    t.is((await run(['fix', '--treat-as', 'driver', 'a.sys'], { cwd: folder })).exitCode, 0);
    t.notDeepEqual(readFileSync(at('a.sys')), bytes);
  });
}

test('machines', async (t) => {
  const { folder } = folderWith(t, {
    'a.sys': ['clean', 'x64'],
    'b.sys': ['clean', 'x86'],
    'c.sys': ['clean', 'arm64'],
  });
  const { report } = await runJson(['.'], { cwd: folder });
  t.deepEqual(
    report.images.map(({ machine, kind, status }) => [machine, kind, status]),
    [
      ['x64', 'driver', 'clean'],
      ['x86', 'driver', 'clean'],
      ['arm64', 'driver', 'clean'],
    ],
  );
  t.regex(
    report.images[1]!.coverage.notes.join(),
    /memory integrity does not exist on x86: findings but HVCI4001 are information only/,
  );
});

test('a driver without sections: that there is nothing but headers is said', async (t) => {
  const { folder, at } = folderWith(t);
  writeFileSync(at('a.sys'), buildImage({ entryPoint: 8 }).bytes);
  const { image } = await runJson(['a.sys'], { cwd: folder });
  t.is(image.kind, 'driver');
  t.deepEqual(image.coverage.notes, ['the image has no sections: there is nothing but headers to check']);
});
