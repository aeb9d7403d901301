import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { protectedReason } from '../../../plugin/files/protected.js';
import { scratch } from './scratch.js';

const env = { SystemRoot: 'C:\\WINDOWS' };

const refused = [
  'C:\\Windows\\System32\\drivers\\disk.sys',
  'c:/windows/SYSTEM32/Drivers/disk.sys',
  'D:\\Windows\\explorer.exe',
  '\\\\?\\C:\\Windows\\System32\\drivers\\disk.sys',
  '\\\\.\\C:\\Windows\\System32\\drivers\\disk.sys',
  '\\??\\C:\\Windows\\System32\\ntoskrnl.exe',
  '\\\\?\\GLOBALROOT\\Device\\HarddiskVolume3\\Windows\\x.sys',
  '\\\\?\\Volume{12345678-0000-0000-0000-100000000000}\\Windows\\x.sys',
  '\\\\host\\c$\\Windows\\System32\\ntoskrnl.exe',
  '\\\\?\\UNC\\host\\c$\\Windows\\x.sys',
  'C:\\Windows.\\System32 \\drivers\\disk.sys',
  'C:\\build\\..\\Windows\\System32\\drivers\\disk.sys',
  'C:\\Windows\\Sysnative\\drivers\\disk.sys',
  'C:\\Windows\\System32\\DriverStore\\FileRepository\\disk.inf_amd64_1\\disk.sys',
  '/mnt/c/Windows/System32/drivers/disk.sys',
  '/mnt/c/Windows/notepad.exe',
  '/media/me/Backup/Windows/System32/drivers/disk.sys',
  '/media/me/Backup/WINDOWS/system32/driverstore/FileRepository/a/a.sys',
];
const allowed = [
  'C:\\build\\driver.sys',
  'C:\\WindowsDrivers\\driver.sys',
  'C:\\src\\windows\\driver.sys',
  'C:\\src\\System32\\drivers\\driver.sys',
  'C:\\Windows\\..\\build\\driver.sys',
  '/home/me/windows/driver.sys',
  '/home/me/windows/system32/mydrivers/driver.sys',
  '/mnt/c/src/driver.sys',
  '/mnt/c/WindowsKits/driver.sys',
  'drivers/driver.sys',
];

test('files of a Windows installation are protected, however the path is written', (t) => {
  for (const path of refused) t.regex(protectedReason(path, {}) ?? 'not protected', /--force/, path);
  for (const path of allowed) t.is(protectedReason(path, env), null, path);
});

test('%SystemRoot% counts wherever it is, whatever the variable’s case', (t) => {
  t.is(protectedReason('E:\\WinNT\\x.sys', env), null);
  t.regex(protectedReason('e:\\winnt\\x.sys', { SYSTEMROOT: 'E:\\WINNT\\' }) ?? '', /%SystemRoot%/);
  t.is(protectedReason('E:\\WinNT2\\x.sys', { windir: 'E:\\WINNT' }), null);
});

test('links are resolved, for files that are there and files to be made', (t) => {
  const folder = realpathSync(scratch(t));
  const real = join(folder, 'Windows', 'System32', 'drivers');
  mkdirSync(real, { recursive: true });
  writeFileSync(join(real, 'disk.sys'), '');
  symlinkSync(real, join(folder, 'short'));
  symlinkSync(join(real, 'disk.sys'), join(folder, 'mine.sys'));
  t.regex(protectedReason(join(folder, 'short', 'disk.sys'), {}) ?? '', /drivers folder/);
  t.regex(protectedReason(join(folder, 'mine.sys'), {}) ?? '', /drivers folder/);
  t.regex(protectedReason(join(folder, 'short', 'new', 'new.sys'), {}) ?? '', /drivers folder/);
  t.is(protectedReason(join(folder, 'other.sys'), {}), null);
});
