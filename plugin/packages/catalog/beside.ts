/** The catalogs in the folder of a driver. */
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isCatalogName } from '../../files/catalog-names.js';
import { type FileFailure, fileFailure, fromSystemError } from '../../files/failure.js';
import { joinKept } from '../../files/folder.js';
import { readImage } from '../../files/read.js';
import { type Catalog, parseCatalog } from './catalog.js';

/** The largest catalogs of Windows itself have some 10 MB. */
export const LARGEST_CATALOG = 32 << 20;
/** More than any package has; the driver store's CatRoot is no folder of drivers. */
const MOST_CATALOGS = 64;

export interface FolderCatalogs {
  readonly catalogs: readonly Catalog[];
  readonly failures: readonly FileFailure[];
}

/** Files of one folder come one after the other, so the last folder is remembered. */
let last: { readonly folder: string; readonly found: FolderCatalogs } | null = null;

export function catalogsBeside(path: string): FolderCatalogs {
  const folder = dirname(path);
  if (last?.folder !== folder) last = { folder, found: catalogsIn(folder) };
  return last.found;
}

function catalogsIn(folder: string): FolderCatalogs {
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => isCatalogName(name))
      .sort();
  } catch (error) {
    return { catalogs: [], failures: [fromSystemError(error, 'list the folder', folder)] };
  }
  const read = names.slice(0, MOST_CATALOGS).map((name) => readCatalog(joinKept(folder, name)));
  const failures = read.filter((each) => !each.ok);
  if (names.length > MOST_CATALOGS) failures.push(tooMany(folder, names.length));
  return { catalogs: read.filter((each) => each.ok), failures };
}

export function readCatalog(path: string): Catalog | FileFailure {
  const read = readImage(path, undefined, { limit: LARGEST_CATALOG });
  return read.ok ? parseCatalog(path, read.bytes) : read;
}

const tooMany = (folder: string, count: number): FileFailure =>
  fileFailure('limit', folder, `Only ${MOST_CATALOGS} of the ${count} catalogs in ${folder} were read.`);
