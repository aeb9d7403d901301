/** The catalogs in the folder of a driver and in the one above. */
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { catalogFolders, isCatalogName } from '../../files/catalog-names.js';
import { type FileFailure, fileFailure, fromSystemError } from '../../files/failure.js';
import { joinKept } from '../../files/folder.js';
import { readPart } from '../read-part.js';
import { type Catalog, parseCatalog } from './catalog.js';

/** The largest catalogs of Windows itself have some 10 MB. */
export const LARGEST_CATALOG = 32 << 20;
/** More than any package has; the driver store's CatRoot is no folder of drivers. */
const MOST_CATALOGS = 64;

export interface FolderCatalogs {
  readonly catalogs: readonly Catalog[];
  readonly failures: readonly FileFailure[];
}

/** Files of one folder come one after the other, so the last few folders are remembered. */
const known = new Map<string, FolderCatalogs>();
const MOST_KNOWN = 8;

export function catalogsNear(path: string): FolderCatalogs {
  const found = catalogFolders(path).map(catalogsOf);
  return {
    catalogs: found.flatMap(({ catalogs }) => catalogs),
    // A folder above that cannot be listed is nobody's concern.
    failures: found.flatMap(({ failures }, index) => (index === 0 ? failures : failures.filter(isOfCatalog))),
  };
}

/** Of the one folder that `path` lies in. */
export const catalogsBeside = (path: string): FolderCatalogs => catalogsOf(dirname(path));

const isOfCatalog = ({ path }: FileFailure): boolean => isCatalogName(path);

function catalogsOf(folder: string): FolderCatalogs {
  const before = known.get(folder);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const found = catalogsIn(folder);
  known.set(folder, found);
  return found;
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
  const read = readPart(path, LARGEST_CATALOG);
  return read.ok ? parseCatalog(path, read.bytes) : read;
}

const tooMany = (folder: string, count: number): FileFailure =>
  fileFailure('limit', folder, `Only ${MOST_CATALOGS} of the ${count} catalogs in ${folder} were read.`);
