/**
 * The images of a .cab or .zip: in a first pass over the archive its INF files and catalogs, in a second the images, one in
 * memory at a time.
 */
import type { FileFailure } from '../files/failure.js';
import { isImageName } from '../files/image-names.js';
import { LARGEST_CATALOG } from './catalog/beside.js';
import { type Catalog, parseCatalog } from './catalog/catalog.js';
import { withLooseBinaries } from './inf/beside.js';
import { readInf } from './inf/document.js';
import { type InfImage, type InfPackage, imagesOf, merged, unpackedName } from './inf/drivers.js';
import { LARGEST_INF } from './inf/inf-package.js';
import { wayTo } from './inf/sources.js';
import { leadsOut, notThere, ofWindows, problemNotes, tooLargeInf } from './inf/words.js';
import { isStopped, type Listener } from './listener.js';
import {
  type ArchiveLimits,
  isNested,
  LIMITS,
  type Member,
  memberPath,
  nothingInside,
  withSlashes,
} from './members.js';
import { failure, type NamedByInf, type PackageFailure, type PackageImage } from './package-image.js';
import { openRandomAccess, type RandomAccess } from './random-access.js';
import { emptyPart } from './read-part.js';

export async function* archiveImages(
  path: string,
  listener: Listener | null = null,
  limits: ArchiveLimits = LIMITS,
): AsyncGenerator<PackageImage | PackageFailure> {
  const file = openRandomAccess(path);
  if (!file.ok) {
    yield failure(file);
    return;
  }
  try {
    if (file.size === 0) yield failure(emptyPart(path));
    else yield* imagesIn(file, limits, listener);
  } finally {
    file.close();
  }
}

async function* imagesIn(
  file: RandomAccess,
  limits: ArchiveLimits,
  listener: Listener | null,
): AsyncGenerator<PackageImage | PackageFailure> {
  const contents = new Contents(file.path);
  const small = { ...limits, member: Math.min(limits.member, LARGEST_CATALOG) };
  const inFirst = (name: string): boolean => {
    contents.holds(name);
    return /\.(?:inf|cat)$/i.test(name);
  };
  for await (const member of members(file, inFirst, small, listener)) {
    if (!member.ok) contents.holdsFailed(member);
    const wrong = member.ok ? contents.add(member) : member;
    // What is wrong with the archive, and archives in it, show in the second pass again.
    if (wrong !== null && wrong.path !== file.path && !isNested(wrong.path)) yield failure(wrong, true);
  }
  let any = false;
  for (const each of contents.settle()) {
    any = true;
    yield failure(each);
  }
  let notes = contents.notes;
  let isWhole = true;
  for await (const member of members(file, isImageName, limits, listener)) {
    if (!member.ok) {
      isWhole &&= member.path !== file.path;
      const isNamed = contents.isNamed(member);
      // An archive with nothing but archives in it has had nothing checked.
      const minor = member.path !== file.path && isNested(member.path) && !isNamed;
      any ||= !minor;
      yield failure(member, minor);
    } else {
      any = true;
      const namedBy = contents.namedBy(member.name);
      const { path, bytes } = member;
      yield { ok: true, path, bytes, archive: file.path, namedBy, catalogs: contents.catalogs, notes };
      notes = [];
    }
  }
  // What was not reached is not missing.
  if (!isWhole || (await isStopped(listener))) return;
  for (const { inf, image, path } of contents.notSeen()) {
    any = true;
    yield failure(notThere(inf, image, path));
  }
  if (!any) yield failure(nothingInside(file.path));
}

async function* members(
  file: RandomAccess,
  wanted: (name: string) => boolean,
  limits: ArchiveLimits,
  listener: Listener | null,
): AsyncGenerator<Member | FileFailure> {
  // By content: a cabinet is often called .zip. What is neither is judged as what it is called.
  const start = file.read(0, 4).toString('latin1');
  const isCab = start === 'MSCF' || (/\.cab$/i.test(file.path) && !start.startsWith('PK'));
  if (!isCab) {
    yield* (await import('./zip/zip.js')).zipMembers(file, wanted, limits, listener);
    return;
  }
  const { cabMembers } = await import('./cab/cab.js');
  for (const member of cabMembers(file, wanted, limits, () => listener?.isDue === true)) {
    if (await isStopped(listener)) return;
    if (member !== null) yield member;
  }
}

type Named = NamedByInf & { readonly path: string };

/** Two INF files name one image: the INF that counts is the one whose entry does. */
function byBoth(first: Named, second: Named): Named {
  const image = merged(first.image, second.image);
  return { ...(image.file === second.image.file ? second : first), image };
}

/** What the INF files and catalogs of an archive say. */
class Contents {
  readonly catalogs: Catalog[] = [];
  readonly notes: string[] = [];
  readonly #archive: string;
  readonly #infs: { readonly path: string; readonly folder: string; readonly inf: InfPackage }[] = [];
  /** Names of all members, and of images that INF files name by path inside the archive: lower case. */
  readonly #names = new Set<string>();
  readonly #named = new Map<string, Named>();
  readonly #seen = new Set<string>();

  constructor(archive: string) {
    this.#archive = archive;
  }

  holds(name: string): void {
    this.#names.add(withSlashes(name).toLowerCase());
  }

  /** What failed is there all the same. */
  holdsFailed(failed: FileFailure): void {
    this.holds(this.#nameOf(failed));
  }

  /** The failure where the member is no catalog, or an INF that is not read; null else. */
  add({ path, name, bytes }: Member): FileFailure | null {
    if (/\.cat$/i.test(name)) {
      const catalog = parseCatalog(path, bytes);
      if (!catalog.ok) return catalog;
      this.catalogs.push(catalog);
      return null;
    }
    if (bytes.length > LARGEST_INF) return tooLargeInf(path, bytes.length, LARGEST_INF);
    this.#infs.push({ path, folder: name.slice(0, name.lastIndexOf('/') + 1), inf: imagesOf(readInf(bytes)) });
    return null;
  }

  /** Once the names of all members are known. */
  *settle(): Generator<FileFailure> {
    for (const { path, folder, inf } of this.#infs) {
      const isThere = (parts: readonly string[]): boolean =>
        this.#names.has(`${folder}${parts.join('/')}`.toLowerCase());
      const { images, problems } = withLooseBinaries(inf, isThere);
      this.notes.push(...problemNotes(path, problems));
      for (const image of images) {
        if (image.file.cabinet !== null) continue;
        const parts = wayTo([...image.file.folders, ...withSlashes(image.file.name).split('/')]);
        if (image.mayBeOfWindows && !isThere(parts)) this.notes.push(ofWindows(path, image));
        else if (parts[0] === '..') yield leadsOut(path, image);
        else this.#name(`${folder}${parts.join('/')}`, path, image);
      }
    }
    this.#infs.length = 0;
  }

  #name(inside: string, inf: string, image: InfImage): void {
    const named = { inf, image, path: memberPath(this.#archive, inside) };
    const before = this.#named.get(inside.toLowerCase());
    this.#named.set(inside.toLowerCase(), before === undefined ? named : byBoth(before, named));
  }

  namedBy(name: string): NamedByInf | null {
    const key = name.toLowerCase();
    this.#seen.add(key);
    return this.#named.get(key) ?? null;
  }

  /** Of a member that cannot be given: what its failure says need not be said again. `driver.sy_` is driver.sys. */
  isNamed(failed: FileFailure): boolean {
    const name = this.#nameOf(failed).toLowerCase();
    const keys = [name, unpackedName(name)];
    for (const key of keys) this.#seen.add(key);
    return keys.some((key) => this.#named.has(key));
  }

  notSeen() {
    return [...this.#named].filter(([key]) => !this.#seen.has(key)).map(([, named]) => named);
  }

  #nameOf({ path }: FileFailure): string {
    return path.slice(memberPath(this.#archive, '').length);
  }
}
