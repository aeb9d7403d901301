/** The bytes of an image's sections in its file. */
import type { Image } from '../pe/image.js';
import type { Section } from '../pe/sections.js';

/** Bytes `begin` to `end` of the file, which `section` holds. */
export interface RawPart {
  readonly section: Section;
  readonly begin: number;
  readonly end: number;
}

/** In the order of the file, each byte once: thousands of forged sections may be the same bytes. */
export function* rawParts({ sections }: Image): Generator<RawPart> {
  let begin = 0;
  for (const section of [...sections].sort((a, b) => a.rawOffset - b.rawOffset)) {
    begin = Math.max(begin, section.rawOffset);
    const end = section.rawOffset + section.rawSize;
    if (end <= begin) continue;
    yield { section, begin, end };
    begin = end;
  }
}
