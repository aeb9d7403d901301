/** Which catalogs a fix makes invalid, and how to make them again. */
import { dirname, resolve } from 'node:path';
import { type Image, parseImage } from '../../../fixer/pe/image.js';
import type { Machine } from '../../../fixer/pe/machine.js';
import { catalogsListing } from '../authenticode-report.js';
import { catalogsNear } from './beside.js';
import type { Catalog } from './catalog.js';

/**
 * The value of Inf2Cat's /os for the first Windows 10 of a machine, or for the last Windows that the machine had. By
 * Microsoft's page on Inf2Cat, which has no 10_ARM64: Windows 10 on ARM64 began with 1709.
 */
const INF2CAT_OS: Readonly<Record<Machine, string>> = {
  x64: '10_X64',
  x86: '10_X86',
  arm64: '10_RS3_ARM64',
  arm: '6_3_ARM',
  ia64: 'Server2008R2_IA64',
  unknown: '10_X64',
};

/**
 * A note for each catalog that lists `image` as it is and does not list `after`: of those near `path` and of `more`, which
 * the driver's package has.
 */
export function invalidatedCatalogs(
  path: string,
  image: Image,
  after: Uint8Array,
  more: readonly Catalog[],
): readonly string[] {
  const { catalogs: near, failures } = catalogsNear(path);
  const catalogs = [...new Map([...more, ...near].map((catalog) => [resolve(catalog.path), catalog])).values()];
  const fixed = parseImage(after);
  const still = fixed.ok ? new Set(catalogsListing(fixed.value, catalogs)) : new Set();
  const lost = catalogsListing(image, catalogs).filter((catalog) => !still.has(catalog));
  return [
    ...lost.map((catalog) => invalidNote(catalog.path, image.machine)),
    ...failures.map(({ message }) => `whether a catalog lists the driver is not known: ${message}`),
  ];
}

const invalidNote = (catalog: string, machine: Machine): string =>
  `the catalog ${catalog} lists the driver as it was, so the fix makes it invalid. Make it again: Inf2Cat /driver:"${dirname(catalog)}" /os:${INF2CAT_OS[machine]}, then signtool sign /fd SHA256 "${catalog}". A Microsoft (WHQL, attestation) signature cannot be made again that way: submit the package anew`;
