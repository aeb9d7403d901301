import test from 'ava';
import { dumpOriginalOf, imageFileOf } from '../../../plugin/status/image-file.js';

/** Names as Windows kernels give them (driver lists of public bug reports and of Microsoft's debugger documentation). */
const files: readonly (readonly [string, string | null])[] = [
  ['\\SystemRoot\\system32\\ntoskrnl.exe', 'C:\\Windows\\system32\\ntoskrnl.exe'],
  ['\\systemroot\\System32\\drivers\\disk.sys', 'C:\\Windows\\System32\\drivers\\disk.sys'],
  [
    '\\SystemRoot\\System32\\DriverStore\\FileRepository\\a.inf_amd64_1\\a.sys',
    'C:\\Windows\\System32\\DriverStore\\FileRepository\\a.inf_amd64_1\\a.sys',
  ],
  ['\\??\\C:\\Program Files\\Ä b\\x.sys', 'C:\\Program Files\\Ä b\\x.sys'],
  ['\\DosDevices\\D:\\x.sys', 'D:\\x.sys'],
  ['\\??\\UNC\\server\\share\\x.sys', '\\\\server\\share\\x.sys'],
  [
    '\\??\\Volume{12345678-0000-0000-0000-100000000000}\\x.sys',
    '\\\\?\\Volume{12345678-0000-0000-0000-100000000000}\\x.sys',
  ],
  ['\\Device\\HarddiskVolume3\\Windows\\x.sys', '\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3\\Windows\\x.sys'],
  ['\\Windows\\System32\\drivers\\x.sys', 'C:\\Windows\\System32\\drivers\\x.sys'],
  ['\\Program Files\\x.sys', 'C:\\Program Files\\x.sys'],
  ['System32\\drivers\\x.sys', 'C:\\Windows\\System32\\drivers\\x.sys'],
  ['C:\\x.sys', 'C:\\x.sys'],
  ['\\\\server\\share\\x.sys', '\\\\server\\share\\x.sys'],
  ['kdcom.dll', 'C:\\Windows\\System32\\kdcom.dll'],
  ['disk.sys', 'C:\\Windows\\System32\\drivers\\disk.sys'],
  ['', null],
  ['\\SystemRoot\\a\0b.sys', null],
];

for (const [name, file] of files) {
  test(`the file of ${JSON.stringify(name)}`, (t) => {
    t.is(imageFileOf(name, 'C:\\Windows'), file);
    t.is(imageFileOf(name, 'C:\\Windows\\'), file);
  });
}

test('a Windows on another drive', (t) => {
  t.is(imageFileOf('\\SystemRoot\\x.sys', 'E:\\WINNT'), 'E:\\WINNT\\x.sys');
  t.is(imageFileOf('\\Users\\x.sys', 'E:\\WINNT'), 'E:\\Users\\x.sys');
});

test('a name cannot climb out into another meaning', (t) => {
  t.is(imageFileOf('\\SystemRoot\\..\\..\\x.sys', 'C:\\Windows'), 'C:\\x.sys');
});

test('crash-dump copies', (t) => {
  t.is(
    dumpOriginalOf('C:\\Windows\\System32\\drivers\\dump_storahci.sys'),
    'C:\\Windows\\System32\\drivers\\storahci.sys',
  );
  t.is(dumpOriginalOf('C:\\Windows\\System32\\drivers\\dumpfve.sys'), null);
  t.is(dumpOriginalOf('C:\\dump_x\\y.sys'), null);
});
