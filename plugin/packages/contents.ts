/** What the INF files and catalogs of an archive say, and which of the images that they name it has given. */
import type { FileFailure } from '../files/failure.js';
import { isImageName } from '../files/image-names.js';
import { type Catalog, parseCatalog } from './catalog/catalog.js';
import { withLooseBinaries } from './inf/beside.js';
import { readInf } from './inf/document.js';
import { type InfImage, type InfPackage, imagesOf, merged, unpackedName } from './inf/drivers.js';
import { LARGEST_INF } from './inf/inf-package.js';
import { wayTo } from './inf/sources.js';
import { leadsOut, ofWindows, problemNotes, tooLargeInf } from './inf/words.js';
import { type ArchiveLimits, type Member, memberPath, tooManyNames, withSlashes } from './members.js';
import type { NamedByInf } from './package-image.js';

type Named = NamedByInf & { readonly path: string };

/** Two INF files name one image: the INF that counts is the one whose entry does. */
function byBoth(first: Named, second: Named): Named {
  const image = merged(first.image, second.image);
  return { ...(image.file === second.image.file ? second : first), image };
}

export class Contents {
  readonly catalogs: Catalog[] = [];
  readonly notes: string[] = [];
  readonly #archive: string;
  /** How many more the INF files may name, and the catalogs list; below zero the rest of them is passed over. */
  #mayName: number;
  #mayList: number;
  readonly #limits: ArchiveLimits;
  readonly #infs: { readonly path: string; readonly folder: string; readonly inf: InfPackage }[] = [];
  /** Names of all members, and of images that INF files name by path inside the archive: lower case. */
  readonly #names = new Set<string>();
  readonly #named = new Map<string, Named>();
  readonly #seen = new Set<string>();

  constructor(archive: string, limits: ArchiveLimits) {
    this.#archive = archive;
    this.#limits = limits;
    this.#mayName = limits.named;
    this.#mayList = limits.listed;
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
      const catalog = this.#mayList < 0 ? null : parseCatalog(path, bytes);
      if (catalog?.ok === false) return catalog;
      this.#mayList -= catalog?.members.length ?? 0;
      if (catalog === null || this.#mayList < 0) return tooManyNames(path, 'list', this.#limits.listed);
      this.catalogs.push(catalog);
      return null;
    }
    if (bytes.length > LARGEST_INF) return tooLargeInf(path, bytes.length, LARGEST_INF);
    const inf = this.#mayName < 0 ? null : imagesOf(readInf(bytes));
    this.#mayName -= inf?.images.length ?? 0;
    if (inf === null || this.#mayName < 0) return tooManyNames(path, 'name', this.#limits.named);
    this.#infs.push({ path, folder: name.slice(0, name.lastIndexOf('/') + 1), inf });
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

  /** An image by its name, or because an INF has it run as a driver. */
  isImage(name: string): boolean {
    return isImageName(name) || this.#named.has(withSlashes(name).toLowerCase());
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
