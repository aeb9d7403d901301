/** One image of a driver package, and what the package says of it. */
import type { FileFailure } from '../files/failure.js';
import type { Catalog } from './catalog/catalog.js';
import type { InfImage } from './inf/drivers.js';

export interface NamedByInf {
  /** As reports show it. */
  readonly inf: string;
  readonly image: InfImage;
}

export interface PackageImage {
  readonly ok: true;
  /** On the disk, or `package.cab!x64/driver.sys`. */
  readonly path: string;
  /** Good until the next image is asked for. Null: to be read from the disk. */
  readonly bytes: Uint8Array | null;
  /** The archive that holds it; null for a file of its own. */
  readonly archive: string | null;
  readonly namedBy: NamedByInf | null;
  readonly catalogs: readonly Catalog[];
  /** About the package: said with its first image. */
  readonly notes: readonly string[];
}

/** `minor`: worth a line, but no driver that was asked for stays unchecked because of it. */
export type PackageFailure = FileFailure & { readonly minor: boolean };

export const failure = (found: FileFailure, minor = false): PackageFailure => ({ ...found, minor });

/** What a fix has to know of the package an image is in. */
export interface PackageOfImage {
  /** The .cab or .zip that holds the image, which is not written to; null for a file. */
  readonly archive: string | null;
  readonly catalogs: readonly Catalog[];
}
