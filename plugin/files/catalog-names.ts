/** Whether there is a catalog beside a file. Apart from the catalog reader, which loads an ASN.1 decoder. */
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';

export const isCatalogName = (name: string): boolean => /\.cat$/i.test(name);

export function hasCatalogBeside(path: string): boolean {
  try {
    return readdirSync(dirname(path)).some(isCatalogName);
  } catch {
    return false; // not listed: nothing can be said of catalogs
  }
}
