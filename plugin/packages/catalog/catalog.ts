/**
 * A catalog file: SignedData over a certificate trust list whose entries are the hashes of a driver package's files.
 * Sources: MS-CAESO, appendix "CTL"; wintrust's CAT_NAMEVALUE and CAT_MEMBERINFO (wincrypt.h, mscat.h).
 */
import { type FileFailure, fileFailure } from '../../files/failure.js';
import { child, contentOf, type Der, OCTET_STRING, oidOf, only, SEQUENCE, SET } from '../pkcs7/der.js';
import { type Digest, SPC_INDIRECT_DATA, signedContent, spcDigest } from '../pkcs7/signed-data.js';

const CERTIFICATE_TRUST_LIST = '1.3.6.1.4.1.311.10.1';
const NAME_VALUE = '1.3.6.1.4.1.311.12.2.1';
const BMP_STRING = 0x1e;

export interface CatalogMember {
  readonly digest: Digest;
  /** As Inf2Cat and MakeCat note it down, usually in lower case; null where they did not. */
  readonly fileName: string | null;
  /** `2:10.0` and the like; null where the catalog does not say. */
  readonly osAttribute: string | null;
}

export interface Catalog {
  readonly ok: true;
  readonly path: string;
  readonly members: readonly CatalogMember[];
}

export function parseCatalog(path: string, bytes: Uint8Array): Catalog | FileFailure {
  const signed = signedContent(bytes);
  if (signed === null)
    return damaged(path, 'it is no PKCS #7 signed data, is cut off, or lists more files than are read (some 10,000)');
  if (signed.contentType !== CERTIFICATE_TRUST_LIST)
    return damaged(path, `what is signed is no certificate trust list but ${signed.contentType}`);
  // The members are the last SEQUENCE OF SEQUENCE before the extensions: version, identifier and dates are optional.
  const lists = signed.content.children.filter(({ identifier }) => identifier === SEQUENCE);
  const subjects = lists.length < 3 ? [] : (lists[2]?.children ?? []);
  const members = subjects.map((subject) => memberOf(bytes, subject));
  const known = members.filter((member) => member !== null);
  if (subjects.length > 0 && known.length === 0) return damaged(path, 'none of its entries has a file hash');
  return { ok: true, path, members: known };
}

/** TrustedSubject: SEQUENCE { subjectIdentifier OCTET STRING, attributes SET OF SEQUENCE { type, SET { value } } }. */
function memberOf(bytes: Uint8Array, subject: Der): CatalogMember | null {
  const attributes = child(subject, 1, SET)?.children ?? [];
  let digest: Digest | null = null;
  const names = new Map<string, string>();
  for (const attribute of attributes) {
    const type = oidOf(bytes, attribute.children[0]);
    const value = only(child(attribute, 1, SET), SEQUENCE);
    if (type === SPC_INDIRECT_DATA) digest = spcDigest(bytes, value);
    if (type === NAME_VALUE) addName(names, bytes, value);
  }
  digest ??= subjectDigest(bytes, child(subject, 0, OCTET_STRING));
  if (digest === null) return null;
  return { digest, fileName: names.get('file') ?? null, osAttribute: names.get('osattr') ?? null };
}

/** CatalogNameValue: SEQUENCE { tag BMPString, flags INTEGER, value OCTET STRING in UTF-16LE with a NUL }. */
function addName(names: Map<string, string>, bytes: Uint8Array, value: Der | undefined): void {
  const name = child(value, 0, BMP_STRING);
  const text = child(value, 2, OCTET_STRING);
  if (name === undefined || text === undefined || name.end - name.start > 512 || text.end - text.start > 65536) return;
  const bigEndian = Buffer.from(contentOf(bytes, name));
  if (bigEndian.length % 2 !== 0) return;
  names.set(
    bigEndian.swap16().toString('utf16le').toLowerCase(),
    Buffer.from(contentOf(bytes, text)).toString('utf16le').replace(/\0+$/, ''),
  );
}

/** Second-version catalogs may leave the SpcIndirectData out: the identifier is then the hash itself, or its hex text. */
function subjectDigest(bytes: Uint8Array, identifier: Der | undefined): Digest | null {
  if (identifier === undefined) return null;
  const raw = Buffer.from(contentOf(bytes, identifier));
  const text = raw.toString('utf16le').replace(/\0+$/, '');
  const hash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text) ? text.toLowerCase() : raw.toString('hex');
  if (hash.length === 40) return { algorithm: 'sha1', hash };
  return hash.length === 64 ? { algorithm: 'sha256', hash } : null;
}

const damaged = (path: string, why: string): FileFailure =>
  fileFailure('damaged', path, `Cannot read the catalog ${path}: ${why}. Make it again with Inf2Cat.`);
