/**
 * What signs an image, and whether it still does: the Authenticode hash of its bytes beside the digest in its embedded
 * signature and beside the hashes of catalogs. Whose signature it is, and whether Windows trusts it, is not looked at.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type AuthenticodeInput, authenticodeInput } from '../../fixer/pe/authenticode.js';
import { WIN_CERT_TYPE_PKCS_SIGNED_DATA } from '../../fixer/pe/certificates.js';
import type { Anomaly } from '../../fixer/pe/errors.js';
import type { Image } from '../../fixer/pe/image.js';
import type { AuthenticodeReport, ImageReport } from '../report/model.js';
import type { Catalog, CatalogMember } from './catalog/catalog.js';
import { type Digest, type DigestAlgorithm, embeddedDigest } from './pkcs7/signed-data.js';

/** The report with what signs the image, or no longer does; `catalogs` are those that may list it. */
export function withSignature(report: ImageReport, image: Image, catalogs: readonly Catalog[]): ImageReport {
  const facts = signatureFacts(report.path, image, catalogs);
  const anomalies = [...(report.anomalies ?? []), ...facts.anomalies];
  return {
    ...report,
    coverage: { ...report.coverage, notes: [...report.coverage.notes, ...facts.notes] },
    ...(anomalies.length === 0 ? {} : { anomalies }),
    ...(facts.authenticode === null ? {} : { authenticode: facts.authenticode }),
  };
}

interface SignatureFacts {
  readonly authenticode: AuthenticodeReport | null;
  readonly notes: readonly string[];
  readonly anomalies: readonly Anomaly[];
}

/** `path` names the image in catalogs. */
function signatureFacts(path: string, image: Image, catalogs: readonly Catalog[]): SignatureFacts {
  const input = authenticodeInput(image);
  // The rule about the certificate table reports why.
  if (!input.ok) return { authenticode: null, notes: [], anomalies: [] };
  const hashes = new Hashes(image.bytes, input.value);
  const embedded = embeddedFacts(image, hashes);
  const listing = catalogs.filter((catalog) => memberFor(catalog, hashes) !== null).map((catalog) => catalog.path);
  const notes = listing.map((catalog) => `listed in the catalog ${catalog}`);
  // Two catalogs may list two builds of one name; only where none lists these bytes is something wrong.
  if (listing.length === 0)
    for (const catalog of catalogs.filter((each) => namedIn(each, basename(path))))
      notes.push(
        `the catalog ${catalog.path} lists ${basename(path)} with another hash: it was made for other bytes. Make it again with Inf2Cat, and sign it`,
      );
  return {
    authenticode: {
      sha1: hashes.of('sha1', false),
      sha256: hashes.of('sha256', false),
      embedded: embedded.map(({ digest, matches }) => ({ ...digest, matches })),
      catalogs: listing,
    },
    notes,
    anomalies: embedded.filter(({ matches }) => !matches).map(mismatch),
  };
}

/** The catalogs that list the image as it is, so that they no longer do once its Authenticode hash changes. */
export function catalogsListing(image: Image, catalogs: readonly Catalog[]): readonly Catalog[] {
  const input = authenticodeInput(image);
  if (!input.ok) return [];
  const hashes = new Hashes(image.bytes, input.value);
  return catalogs.filter((catalog) => memberFor(catalog, hashes) !== null);
}

class Hashes {
  readonly #bytes: Uint8Array;
  readonly #input: AuthenticodeInput;
  readonly #known = new Map<string, string>();

  constructor(bytes: Uint8Array, input: AuthenticodeInput) {
    this.#bytes = bytes;
    this.#input = input;
  }

  /** Lower-case hex; `padded`: with the zeros that a signing tool would add to the file. */
  of(algorithm: DigestAlgorithm, padded: boolean): string {
    const key = `${algorithm}${padded}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const hash = createHash(algorithm);
    for (const { start, end } of this.#input.ranges) hash.update(this.#bytes.subarray(start, end));
    if (padded) hash.update(new Uint8Array(this.#input.padding));
    const text = hash.digest('hex');
    this.#known.set(key, text);
    return text;
  }

  matches({ algorithm, hash }: Digest): boolean {
    return this.of(algorithm, false) === hash || (this.#input.padding > 0 && this.of(algorithm, true) === hash);
  }
}

interface Embedded {
  readonly digest: Digest;
  readonly matches: boolean;
  /** File offset of the certificate, and its place in the table. */
  readonly offset: number;
  readonly index: number;
}

function embeddedFacts(image: Image, hashes: Hashes): Embedded[] {
  const table = image.certificateTable;
  if (!table.ok || table.value === null) return [];
  return table.value.certificates.flatMap(({ offset, length, certificateType }, index) => {
    if (certificateType !== WIN_CERT_TYPE_PKCS_SIGNED_DATA) return [];
    const digest = embeddedDigest(image.bytes.subarray(offset, offset + length));
    return digest === null ? [] : [{ digest, matches: hashes.matches(digest), offset, index }];
  });
}

const mismatch = ({ digest, offset, index }: Embedded): Anomaly => ({
  code: 'signature-digest-mismatch',
  path: `certificates[${index}]`,
  offset,
  message: `the signature is not of these bytes: it has the ${digest.algorithm} digest ${digest.hash.slice(0, 16)}..., so the file was changed after it was signed and Windows refuses it; sign it again`,
});

function memberFor(catalog: Catalog, hashes: Hashes): CatalogMember | null {
  return catalog.members.find(({ digest }) => hashes.matches(digest)) ?? null;
}

const namedIn = ({ members }: Catalog, name: string): boolean =>
  members.some(({ fileName }) => fileName?.toLowerCase() === name.toLowerCase());
