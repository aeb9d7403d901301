/** Where catalogs of a driver may lie. Apart from the catalog reader, which loads an ASN.1 decoder. */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const isCatalogName = (name: string): boolean => /\.cat$/i.test(name);

/** The driver's own folder and the one above: packages for several machines have a folder for each below the catalog. */
export function catalogFolders(path: string): readonly string[] {
  const own = dirname(path);
  const above = join(own, '..');
  return resolve(above) === resolve(own) ? [own] : [own, above];
}

export const hasCatalogNear = (path: string): boolean =>
  catalogFolders(path).some((folder) => {
    try {
      return readdirSync(folder).some(isCatalogName);
    } catch {
      return false; // not listed: nothing can be said of catalogs
    }
  });
