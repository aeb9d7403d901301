/** The images that an INF on the disk installs. */
import { dirname } from 'node:path';
import { joinKept } from '../../files/folder.js';
import { catalogsBeside, readCatalog } from '../catalog/beside.js';
import type { Catalog } from '../catalog/catalog.js';
import { isStopped, type Listener } from '../listener.js';
import { LIMITS } from '../members.js';
import { failure, type PackageFailure, type PackageImage } from '../package-image.js';
import { readPart } from '../read-part.js';
import { withLooseBinaries } from './beside.js';
import { readInf } from './document.js';
import { type InfImage, imagesOf, unpackedName } from './drivers.js';
import { FolderLookup } from './locate.js';
import { wayTo } from './sources.js';
import { inCabinet, leadsOut, nothingNamed, notThere, ofWindows, packed, problemNotes, tooManyNamed } from './words.js';

/** Windows' own largest INF has 2 MB. */
export const LARGEST_INF = 8 << 20;

export async function* infImages(
  path: string,
  listener: Listener | null = null,
): AsyncGenerator<PackageImage | PackageFailure> {
  const read = readPart(path, LARGEST_INF);
  if (!read.ok) {
    yield failure(read);
    return;
  }
  const inf = imagesOf(readInf(read.bytes));
  const lookup = new FolderLookup(folderOf(path));
  const { images, problems } = withLooseBinaries(inf, (parts) => lookup.find(parts) !== null);
  if (images.length > LIMITS.named) {
    yield failure(tooManyNamed(path, images.length, LIMITS.named));
    return;
  }
  // Those that may be Windows' own first: the others come one by one, as an INF may name very many.
  const early = new Map<InfImage, string | PackageFailure>();
  for (const image of images.filter(({ mayBeOfWindows }) => mayBeOfWindows)) {
    if (await isStopped(listener)) return;
    early.set(image, locate(path, image, lookup));
  }
  const isAbsent = (image: InfImage): boolean => isMissing(early.get(image));
  const absent = images.filter(isAbsent);
  let notes = [...problemNotes(path, problems), ...absent.map((image) => ofWindows(path, image))];
  if (absent.length === images.length) {
    yield failure(nothingNamed(path, notes));
    return;
  }
  const { catalogs, failures } = catalogsOf(path, inf.catalogs, lookup);
  for (const each of failures) yield each;
  for (const image of images) {
    if (await isStopped(listener)) return;
    if (isAbsent(image)) continue;
    const found = early.get(image) ?? locate(path, image, lookup);
    if (typeof found !== 'string') yield found;
    else {
      yield { ok: true, path: found, bytes: null, archive: null, namedBy: { inf: path, image }, catalogs, notes };
      notes = [];
    }
  }
}

const isMissing = (found: string | PackageFailure | undefined): boolean =>
  typeof found === 'object' && found.code === 'missing';

/** '' for the current folder, so that paths read as the user typed them. */
function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' && !/^\.[\\/]/.test(path) ? '' : folder;
}

function locate(path: string, image: InfImage, lookup: FolderLookup): string | PackageFailure {
  const { folders, name, cabinet } = image.file;
  const parts = wayTo([...folders, ...name.split(/[\\/]/)]);
  if (parts.some((part) => part === '..' || part.includes('\0') || /^[A-Za-z]:/.test(part)))
    return failure(leadsOut(path, image));
  const found = lookup.find(parts);
  if (found !== null) return isPacked(found) ? failure(packed(path, image, found)) : found;
  if (cabinet !== null) {
    const archive = lookup.find([...folders, cabinet]) ?? lookup.find([cabinet]);
    return failure(inCabinet(path, image, archive ?? cabinet, path));
  }
  // `driver.sy_` stands for driver.sys, and may be named as that.
  const compressed = lookup.find([...parts.slice(0, -1), (parts.at(-1) ?? '').replace(/.$/, '_')]);
  if (compressed !== null) return failure(packed(path, image, compressed));
  return failure(notThere(path, image, parts.reduce(joinKept, folderOf(path))));
}

const isPacked = (path: string): boolean => unpackedName(path) !== path;

/** Those that the INF names, then others beside it: a catalog that lists the driver counts whatever its name. */
function catalogsOf(
  path: string,
  names: readonly string[],
  lookup: FolderLookup,
): { readonly catalogs: readonly Catalog[]; readonly failures: readonly PackageFailure[] } {
  const beside = catalogsBeside(path);
  const known = new Set([...beside.catalogs, ...beside.failures].map((each) => each.path));
  const named = names.map((name) => lookup.find([name])).filter((each) => each !== null && !known.has(each));
  const more = named.map((each) => readCatalog(each as string));
  const failures = [...beside.failures, ...more.filter((each) => !each.ok)];
  return {
    catalogs: [...beside.catalogs, ...more.filter((each) => each.ok)],
    // A catalog that cannot be read leaves no driver unchecked.
    failures: failures.map((each) => failure(each, true)),
  };
}
