/**
 * Builds catalog files: a PKCS #7 SignedData over a certificate trust list, without signers; osslsigncode signs them.
 * Layouts are typed from RFC 2315, MS-CAESO and mscat.h.
 */
import { createHash } from 'node:crypto';

export interface CatalogSpec {
  readonly members: readonly {
    readonly fileName?: string;
    readonly algorithm: 'sha1' | 'sha256';
    /** Authenticode hash. */
    readonly hash: Buffer;
  }[];
  /** False: the hash stands in the subject's identifier alone. */
  readonly indirectData?: boolean;
}

export function buildCatalog({ members, indirectData = true }: CatalogSpec): Buffer {
  const second = members.some(({ algorithm }) => algorithm === 'sha256');
  const trustList = sequence(
    sequence(oid('1.3.6.1.4.1.311.12.1.1')),
    octets(createHash('md5').update('list').digest()),
    tagged(0x17, Buffer.from('250101000000Z')),
    sequence(oid(second ? '1.3.6.1.4.1.311.12.1.3' : '1.3.6.1.4.1.311.12.1.2'), NULL),
    sequence(...members.map((member) => subject(member, indirectData))),
    tagged(0xa0, sequence(nameValue('OS', '_v100_X64'))),
  );
  const contentInfo = sequence(oid('1.3.6.1.4.1.311.10.1'), tagged(0xa0, trustList));
  const signedData = sequence(integer(1), tagged(0x31, Buffer.alloc(0)), contentInfo, tagged(0x31, Buffer.alloc(0)));
  return sequence(oid('1.2.840.113549.1.7.2'), tagged(0xa0, signedData));
}

const DIGESTS = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' };

function subject({ fileName, algorithm, hash }: CatalogSpec['members'][number], indirectData: boolean): Buffer {
  const digestInfo = sequence(sequence(oid(DIGESTS[algorithm]), NULL), octets(hash));
  // SpcPeImageData: no flags, and a link with an empty file name.
  const link = tagged(0xa0, tagged(0xa2, tagged(0x80, Buffer.alloc(0))));
  const peImage = sequence(oid('1.3.6.1.4.1.311.2.1.15'), sequence(tagged(0x03, Buffer.from([0])), link));
  const attributes = [
    ...(fileName === undefined ? [] : [attribute('1.3.6.1.4.1.311.12.2.1', nameValueContent('File', fileName))]),
    attribute('1.3.6.1.4.1.311.12.2.1', nameValueContent('OSAttr', '2:10.0')),
    ...(indirectData ? [attribute('1.3.6.1.4.1.311.2.1.4', sequence(peImage, digestInfo))] : []),
  ];
  // The first version names the subject by the hash in hexadecimal, the second by the hash.
  const text = Buffer.from(`${hash.toString('hex').toUpperCase()}\0`, 'utf16le');
  return sequence(octets(algorithm === 'sha1' ? text : hash), tagged(0x31, ...attributes));
}

const attribute = (type: string, value: Buffer): Buffer => sequence(oid(type), tagged(0x31, value));
const nameValueContent = (name: string, value: string): Buffer =>
  sequence(
    tagged(0x1e, Buffer.from(name, 'utf16le').swap16()),
    integer(0x10010001),
    octets(Buffer.from(`${value}\0`, 'utf16le')),
  );
/** An extension of the list has the same content, in an OCTET STRING. */
const nameValue = (name: string, value: string): Buffer =>
  sequence(oid('1.3.6.1.4.1.311.12.2.1'), octets(nameValueContent(name, value)));

export const NULL = Buffer.from([5, 0]);

export function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length: number[] = [];
  for (let left = body.length; left > 0; left = Math.floor(left / 256)) length.unshift(left % 256);
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length, ...length]), body]);
}

export const sequence = (...content: readonly Buffer[]): Buffer => tagged(0x30, ...content);
export const octets = (content: Buffer): Buffer => tagged(0x04, content);

export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  const first = bytes.findIndex((byte) => byte !== 0);
  return tagged(0x02, bytes.subarray(first < 0 ? 3 : first));
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left % 128) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from(bytes));
}
