/** From the kernel's name of a module to the file that it was loaded from, as Win32 and Node open it. */
import { win32 } from 'node:path';

/**
 * Path of the image's file, or null for a name that leads nowhere. `systemRoot` is %SystemRoot%, `C:\Windows`. The
 * kernel writes `\SystemRoot\...`, `\??\C:\...`, `\Windows\...` (on the system drive), `\Device\HarddiskVolume3\...`, paths
 * relative to %SystemRoot%, and for the first few modules of a boot bare names.
 */
export function imageFileOf(name: string, systemRoot: string): string | null {
  const root = systemRoot.replace(/[\\/]+$/, '');
  const path = name.replaceAll('/', '\\');
  if (path === '' || path.includes('\0')) return null;
  const below = /^\\?SystemRoot\\(.+)$/is.exec(path)?.[1];
  if (below !== undefined) return win32.join(root, below);
  const object = /^\\(?:\?\?|DosDevices|GLOBAL\?\?)\\(.+)$/is.exec(path)?.[1];
  if (object !== undefined) return ofDosDevice(object);
  if (/^\\Device\\.+\\./is.test(path)) return `\\\\?\\GLOBALROOT${path}`;
  if (path.startsWith('\\\\')) return path;
  if (path.startsWith('\\')) return `${root.slice(0, 2)}${path}`;
  if (/^[A-Za-z]:\\/.test(path)) return path;
  if (path.includes('\\')) return win32.join(root, path);
  return win32.join(root, 'System32', /\.sys$/i.test(path) ? `drivers\\${path}` : path);
}

/** `C:\x`, `UNC\server\share\x`, `Volume{guid}\x`, `GLOBALROOT\Device\...`. */
function ofDosDevice(object: string): string {
  if (/^[A-Za-z]:\\/.test(object)) return object;
  const share = /^UNC\\(.+)$/is.exec(object)?.[1];
  return share === undefined ? `\\\\?\\${object}` : `\\\\${share}`;
}

/**
 * The file behind a copy that Windows keeps for writing crash dumps: `dump_storahci.sys` is a second storahci.sys in
 * memory and has no file of its own. Null for any other name.
 */
export function dumpOriginalOf(path: string): string | null {
  const [, folder, name] = /^(.*\\)dump_([^\\]+)$/is.exec(path) ?? [];
  return folder === undefined || name === undefined ? null : `${folder}${name}`;
}
