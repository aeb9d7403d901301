/** What lies behind the sections: COFF symbols, debug data, or anything appended, but not the certificate table. */
import type { Image } from './image.js';
import { IMAGE_DIRECTORY_ENTRY_SECURITY } from './winnt.js';

export interface Overlay {
  readonly offset: number;
  readonly size: number;
}

/** From the end of the last section's raw data (or of the headers) to the certificate table or the end of the file. */
export function overlayOf(image: Image): Overlay | null {
  let start = Math.min(image.optionalHeader.sizeOfHeaders, image.bytes.length);
  for (const section of image.sections) start = Math.max(start, section.rawOffset + section.rawSize);
  const certificate = image.dataDirectories[IMAGE_DIRECTORY_ENTRY_SECURITY];
  const signed = certificate !== undefined && certificate.size > 0 && certificate.virtualAddress >= start;
  // A certificate in the middle of the file leaves what follows it out of this: no fix needs it.
  const end = signed ? Math.min(certificate.virtualAddress, image.bytes.length) : image.bytes.length;
  return end > start ? { offset: start, size: end - start } : null;
}
