/** PKCS#7 SignedData as Authenticode uses it (RFC 2315, section 9): what is signed, not who signed it. */
import { CONTEXT_0, child, contentOf, type Der, OCTET_STRING, oidOf, only, parseDer, SEQUENCE } from './der.js';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
export const SPC_INDIRECT_DATA = '1.3.6.1.4.1.311.2.1.4';

export interface SignedContent {
  /** Object identifier of what is signed: SpcIndirectData, a certificate trust list. */
  readonly contentType: string;
  readonly content: Der;
}

/** Null where the bytes are no SignedData with content in it. */
export function signedContent(bytes: Uint8Array): SignedContent | null {
  const root = parseDer(bytes);
  if (root?.identifier !== SEQUENCE || oidOf(bytes, root.children[0]) !== SIGNED_DATA) return null;
  const signedData = only(child(root, 1, CONTEXT_0), SEQUENCE);
  // version, digestAlgorithms, contentInfo
  const contentInfo = child(signedData, 2, SEQUENCE);
  const contentType = oidOf(bytes, contentInfo?.children[0]);
  const content = only(child(contentInfo, 1, CONTEXT_0), SEQUENCE);
  return contentType === null || content === undefined ? null : { contentType, content };
}

export type DigestAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface Digest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hex. */
  readonly hash: string;
}

/** Bytes of the digest too: an algorithm with a digest of another length is no digest. */
const ALGORITHMS: Readonly<Record<string, readonly [DigestAlgorithm, number]>> = {
  '1.2.840.113549.2.5': ['md5', 16],
  '1.3.14.3.2.26': ['sha1', 20],
  '2.16.840.1.101.3.4.2.1': ['sha256', 32],
  '2.16.840.1.101.3.4.2.2': ['sha384', 48],
  '2.16.840.1.101.3.4.2.3': ['sha512', 64],
};

/** The digest in an SpcIndirectDataContent: SEQUENCE { data, messageDigest DigestInfo }. */
export function spcDigest(bytes: Uint8Array, spcIndirectData: Der | undefined): Digest | null {
  const digestInfo = child(spcIndirectData, 1, SEQUENCE);
  const known = ALGORITHMS[oidOf(bytes, child(digestInfo, 0, SEQUENCE)?.children[0]) ?? ''];
  const digest = child(digestInfo, 1, OCTET_STRING);
  if (known === undefined || digest === undefined || digest.end - digest.start !== known[1]) return null;
  return { algorithm: known[0], hash: Buffer.from(contentOf(bytes, digest)).toString('hex') };
}

/** The digest that an embedded signature was made over; null where the certificate holds something else. */
export function embeddedDigest(certificate: Uint8Array): Digest | null {
  const signed = signedContent(certificate);
  return signed?.contentType === SPC_INDIRECT_DATA ? spcDigest(certificate, signed.content) : null;
}
