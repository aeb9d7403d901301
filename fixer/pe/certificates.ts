/**
 * The attribute certificate table (data directory 4, whose address is a file offset): Authenticode signatures.
 * Source: PE specification, "The Attribute Certificate Table (Image Only)".
 */
import { failed, type Parsed, parsed } from './errors.js';
import type { Image } from './image.js';
import { IMAGE_DIRECTORY_ENTRY_SECURITY } from './winnt.js';

const SIZE_OF_WIN_CERTIFICATE = 8;
export const WIN_CERT_TYPE_PKCS_SIGNED_DATA = 2;

export interface CertificateTable {
  readonly offset: number;
  readonly size: number;
  readonly certificates: readonly Certificate[];
}

/** WIN_CERTIFICATE; `offset` and `length` are of bCertificate, without the header and the padding. */
export interface Certificate {
  readonly offset: number;
  readonly length: number;
  readonly revision: number;
  /** 2: PKCS#7 SignedData, an Authenticode signature. */
  readonly certificateType: number;
}

/** The table, null where the directory is empty, an error where it points outside the file or does not add up. */
export function parseCertificateTable(image: Image): Parsed<CertificateTable | null> {
  const cutOff = image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_SECURITY);
  if (cutOff !== null) return cutOff;
  const entry = image.dataDirectories[IMAGE_DIRECTORY_ENTRY_SECURITY];
  if (entry === undefined || (entry.virtualAddress === 0 && entry.size === 0)) return parsed(null);
  const { virtualAddress: offset, size } = entry;
  const path = `dataDirectories[${IMAGE_DIRECTORY_ENTRY_SECURITY}]`;
  const length = image.bytes.length;
  if (offset === 0 || size === 0)
    return failed(
      'malformed',
      path,
      offset,
      SIZE_OF_WIN_CERTIFICATE,
      size,
      `the certificate directory is half empty: offset ${offset}, size ${size}`,
    );
  if (offset >= length)
    return failed(
      'out-of-range',
      path,
      offset,
      size,
      0,
      `the certificate table should begin at offset ${offset}, but the file ends at ${length}: the signature was cut off and its directory entry left behind`,
    );
  if (offset + size > length)
    return failed(
      'out-of-range',
      path,
      offset,
      size,
      length - offset,
      `the certificate table at offset ${offset} claims ${size} bytes; ${length - offset} are left in the file`,
    );
  if (offset < image.headers.sectionTableOffset + image.sections.length * 40)
    return failed(
      'malformed',
      path,
      offset,
      size,
      size,
      `the certificate table at offset ${offset} lies inside the headers`,
    );

  const view = new DataView(image.bytes.buffer, image.bytes.byteOffset, length);
  const certificates: Certificate[] = [];
  let at = offset;
  while (offset + size - at >= SIZE_OF_WIN_CERTIFICATE) {
    const certificateLength = view.getUint32(at, true);
    if (certificateLength === 0 && certificates.length > 0) break; // padding
    if (certificateLength <= SIZE_OF_WIN_CERTIFICATE || at + certificateLength > offset + size) {
      return failed(
        'malformed',
        `${path}.certificates[${certificates.length}].dwLength`,
        at,
        certificateLength,
        offset + size - at,
        `certificate ${certificates.length} at offset ${at} claims ${certificateLength} bytes; the table has ${offset + size - at} left`,
      );
    }
    certificates.push({
      offset: at + SIZE_OF_WIN_CERTIFICATE,
      length: certificateLength - SIZE_OF_WIN_CERTIFICATE,
      revision: view.getUint16(at + 4, true),
      certificateType: view.getUint16(at + 6, true),
    });
    at += Math.ceil(certificateLength / 8) * 8;
  }
  if (certificates.length === 0)
    return failed(
      'malformed',
      path,
      offset,
      SIZE_OF_WIN_CERTIFICATE,
      size,
      `the certificate table at offset ${offset} has ${size} bytes, too few for a certificate`,
    );
  return parsed({ offset, size, certificates });
}
