/** Takes the certificate table off: its directory entry, and its bytes where they are the end of the file. */
import { dataDirectoryOffset } from '../pe/headers.js';
import type { Image } from '../pe/image.js';
import { IMAGE_DIRECTORY_ENTRY_SECURITY } from '../pe/winnt.js';
import type { EditRequest } from './edit.js';
import type { Refusal } from './refusal.js';

const CAUSE = 'signature';

/** A directory entry for a certificate table is there, readable or not, or cut off by a short header. */
export function hasCertificateEntry(image: Image): boolean {
  const entry = image.dataDirectories[IMAGE_DIRECTORY_ENTRY_SECURITY];
  if (entry === undefined) return image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_SECURITY) !== null;
  return entry.virtualAddress !== 0 || entry.size !== 0;
}

export interface SignatureRemoval {
  readonly requests: readonly EditRequest[];
  /** File length afterwards, null where no byte is cut off. */
  readonly truncateTo: number | null;
  readonly note: string;
}

/**
 * The table's bytes go only where they end the file: nothing that lies behind a table in the middle may move, so there
 * the bytes stay as data that nobody refers to. Up to 7 padding bytes before the table stay too: they may be the file's own.
 */
export function removeSignature(image: Image): SignatureRemoval | Refusal {
  const cutOff = image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_SECURITY);
  if (cutOff !== null) {
    const message = `Whether the image is signed cannot be told: ${cutOff.error.message}. Link it again.`;
    return { code: 'certificate-inside-image', cause: null, section: null, message };
  }
  const entry = dataDirectoryOffset(image.optionalHeader, IMAGE_DIRECTORY_ENTRY_SECURITY);
  const field = `dataDirectories[${IMAGE_DIRECTORY_ENTRY_SECURITY}]`;
  const zero = (offset: number, name: string): EditRequest => ({
    offset,
    length: 4,
    value: 0,
    field: `${field}.${name}`,
    section: null,
    cause: CAUSE,
    description: 'remove the certificate table entry',
  });
  const requests = [zero(entry, 'virtualAddress'), zero(entry + 4, 'size')];
  const table = image.certificateTable;
  if (!table.ok || table.value === null)
    return { requests, truncateTo: null, note: 'the broken certificate table is disconnected' };
  const { offset, size } = table.value;
  const overlapped = image.sections.find(
    (section) =>
      section.rawSize > 0 && section.rawOffset + section.rawSize > offset && section.rawOffset < offset + size,
  );
  if (overlapped !== undefined) {
    return {
      code: 'certificate-inside-image',
      cause: null,
      section: overlapped.name,
      message: `The certificate table lies inside section ${overlapped.name}, so it cannot be taken off.`,
    };
  }
  const symbols = image.coffSymbols;
  const holdsSymbols =
    symbols.ok && symbols.value !== null && symbols.value.offset < offset + size && symbols.value.end > offset;
  if (holdsSymbols || offset < image.optionalHeader.sizeOfHeaders) {
    const what = holdsSymbols ? 'the COFF symbol table' : 'the headers';
    const message = `The certificate table overlaps ${what}, so it cannot be taken off.`;
    return { code: 'certificate-inside-image', cause: null, section: null, message };
  }
  const atEnd = offset + size === image.bytes.length;
  return {
    requests,
    truncateTo: atEnd ? offset : null,
    note: atEnd
      ? `the signature (${size} bytes at offset ${offset}) is removed`
      : `the signature at offset ${offset} is disconnected; its ${size} bytes stay, because data lies behind them`,
  };
}
