/**
 * The images of a .cab or .zip: in a first pass over the archive its INF files and catalogs, in a second the images, one in
 * memory at a time.
 */
import type { FileFailure } from '../files/failure.js';
import { isImageName } from '../files/image-names.js';
import { LARGEST_CATALOG } from './catalog/beside.js';
import { type Catalog, parseCatalog } from './catalog/catalog.js';
import { oldest } from './inf/decoration.js';
import { readInf } from './inf/document.js';
import { imagesOf } from './inf/drivers.js';
import { LARGEST_INF } from './inf/inf-package.js';
import { notThere, problemNotes, tooLargeInf } from './inf/words.js';
import { isStopped, type Listener } from './listener.js';
import { type ArchiveLimits, isNested, LIMITS, type Member, nothingInside } from './members.js';
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
  const contents = new Contents();
  const small = { ...limits, member: Math.min(limits.member, LARGEST_CATALOG) };
  for await (const member of members(file, (name) => /\.(?:inf|cat)$/i.test(name), small, listener)) {
    const wrong = member.ok ? contents.add(member) : member;
    // What is wrong with the archive, and archives in it, show in the second pass again.
    if (wrong !== null && wrong.path !== file.path && !isNested(wrong.path)) yield failure(wrong, true);
  }
  let notes = contents.notes;
  let any = false;
  for await (const member of members(file, isImageName, limits, listener)) {
    if (!member.ok) {
      const minor = member.path !== file.path && isNested(member.path);
      // An archive with nothing but archives in it has had nothing checked.
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
  if (await isStopped(listener)) return;
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

/** Two INF files name one image: what counts is the oldest Windows it may come to, on any of their machines. */
function byBoth(first: Named, second: Named): Named {
  const [a, b] = [first.image, second.image];
  const isOlder = b.targetOs !== null && (a.targetOs === null || oldest([a.targetOs, b.targetOs]) !== a.targetOs);
  const named = isOlder ? second : first;
  const machines =
    a.machines.length === 0 || b.machines.length === 0 ? [] : [...new Set([...a.machines, ...b.machines])];
  return { ...named, image: { ...named.image, machines } };
}

/** What the INF files and catalogs of an archive say. */
class Contents {
  readonly catalogs: Catalog[] = [];
  readonly notes: string[] = [];
  /** By lower-case path inside the archive. */
  readonly #named = new Map<string, Named>();
  readonly #seen = new Set<string>();

  /** The failure where the member is no catalog, or an INF that is not read; null else. */
  add({ path, name, bytes }: Member): FileFailure | null {
    if (/\.cat$/i.test(name)) {
      const catalog = parseCatalog(path, bytes);
      if (!catalog.ok) return catalog;
      this.catalogs.push(catalog);
      return null;
    }
    if (bytes.length > LARGEST_INF) return tooLargeInf(path, bytes.length, LARGEST_INF);
    const { images, problems } = imagesOf(readInf(bytes));
    this.notes.push(...problemNotes(path, problems));
    const folder = name.slice(0, name.lastIndexOf('/') + 1);
    for (const image of images) {
      if (image.file.cabinet !== null || image.mayBeOfWindows) continue;
      const inside = `${folder}${[...image.file.folders, image.file.name].join('/')}`;
      const shown = `${path.slice(0, path.length - name.length)}${inside}`;
      const named = { inf: path, image, path: shown };
      const before = this.#named.get(inside.toLowerCase());
      this.#named.set(inside.toLowerCase(), before === undefined ? named : byBoth(before, named));
    }
    return null;
  }

  namedBy(name: string): NamedByInf | null {
    const key = name.toLowerCase();
    this.#seen.add(key);
    return this.#named.get(key) ?? null;
  }

  /** Packed forms, such as driver.sy_, have had a line of their own. */
  notSeen() {
    return [...this.#named].filter(([key]) => !this.#seen.has(key) && isImageName(key)).map(([, named]) => named);
  }
}
