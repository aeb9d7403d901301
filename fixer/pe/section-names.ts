/** Section names as text. Drivers have the same dozen of them, and to make one anew costs as much as the rest of its header. */
import type { Bytes } from './bytes.js';
import { latin1 } from './latin1.js';

const SIZE_OF_NAME = 8;
/** A power of two; names that share a place push each other out, so a forged image cannot make this grow. */
const PLACES = 64;
const names: string[] = new Array(PLACES).fill('');
const lows = new Uint32Array(PLACES);
const highs = new Uint32Array(PLACES);

/** Name of IMAGE_SECTION_HEADER at `offset`, which has to be inside the file. */
export function sectionNameAt({ array, view }: Bytes, offset: number): string {
  const low = view.getUint32(offset, true);
  const high = view.getUint32(offset + 4, true);
  const place = (Math.imul(low ^ Math.imul(high, 31), 0x9e3779b1) >>> 16) & (PLACES - 1);
  if (lows[place] !== low || highs[place] !== high) {
    lows[place] = low;
    highs[place] = high;
    names[place] = latin1(array, offset, SIZE_OF_NAME);
  }
  return names[place] as string;
}
