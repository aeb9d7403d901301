/** Files whose change can keep a machine from starting: those of an installed Windows, this one or a mounted one. */
import { realpathSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';

/**
 * Why `path` must not be changed without --force, or null. Looks at the path as written and with its links resolved.
 * `env` gives %SystemRoot% and %windir%.
 */
export function protectedReason(path: string, env: NodeJS.ProcessEnv): string | null {
  const roots = Object.entries(env)
    .filter(([name, value]) => /^(?:systemroot|windir)$/i.test(name) && value !== undefined && value !== '')
    .map(([, value]) => comparable(value ?? ''));
  for (const candidate of new Set([comparable(path), comparable(resolve(path)), comparable(resolved(path))])) {
    const place = protectedPlace(candidate, roots);
    if (place !== null) {
      return `${path} is in ${place}. A boot driver that Windows refuses is a machine that does not start: copy the file elsewhere and fix the copy, or use --force.`;
    }
  }
  return null;
}

function protectedPlace(path: string, roots: readonly string[]): string | null {
  if (/(?:^|\/)windows\/(?:system32|sysnative)\/driverstore(?:\/|$)/.test(path))
    return 'the driver store of a Windows installation';
  if (/(?:^|\/)windows\/(?:system32|sysnative)\/drivers(?:\/|$)/.test(path))
    return 'the drivers folder of a Windows installation';
  // A Windows folder at the root of a drive, of a WSL mount or of an administrative share.
  if (/^(?:[a-z]:|\/mnt\/[a-z]|\/\/[^/]+\/[a-z]\$|\/cygdrive\/[a-z])\/windows(?:\/|$)/.test(path))
    return 'a Windows folder';
  return roots.some((root) => path === root || path.startsWith(`${root}/`)) ? '%SystemRoot%' : null;
}

/** One spelling for what Windows takes as the same path. Short (8.3) names are left to `realpath`. */
function comparable(path: string): string {
  let text = path.replaceAll('\\', '/').toLowerCase();
  text = text.replace(/^\/\/[?.]\/unc\//, '//').replace(/^(?:\/\/[?.]\/|\/\?\?\/)/, '');
  // \\?\GLOBALROOT\Device\HarddiskVolume3\Windows and \\?\Volume{guid}\Windows name a drive without a letter.
  text = text.replace(/^(?:globalroot\/)?device\/harddiskvolume\d+(?=\/)|^volume\{[0-9a-f-]+\}(?=\/)/, 'c:');
  const share = text.startsWith('//') ? '/' : '';
  // Windows drops dots and blanks at the end of a name: `Windows.\system32 ` is the same folder.
  const names = text.split('/').map((name) => (/^\.{1,2}$/.test(name) ? name : name.replace(/[. ]+$/, '')));
  return share + posix.normalize(names.join('/')).replace(/(?<=.)\/$/, '');
}

/** Links of the deepest existing part resolved; the rest, which does not exist yet, as it is. */
function resolved(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const folder = dirname(resolve(path));
    return folder === resolve(path) ? folder : join(resolved(folder), path.slice(path.search(/[^\\/]*[\\/]*$/)));
  }
}
