/** The stub that linkers add for an import on ARM64: adrp x16, page; ldr x16, [x16, #offset]; br x16. */
import type { Image } from '../../pe/image.js';
import { PAGE_SIZE } from '../../pe/winnt.js';
import { bits, signedBits } from './fields.js';

const LENGTH = 12;
const ADRP_X16 = 0x90000010;
const ADRP_MASK = 0x9f00001f;
const LDR_X16_X16 = 0xf9400210;
const LDR_MASK = 0xffc003ff;
const BR_X16 = 0xd61f0200;

/** rva of the import address table slot that the code at `rva` jumps through, or null for any other code. */
export function importStubSlot(image: Image, rva: number): number | null {
  const bytes = image.readRva(rva, LENGTH);
  if (!bytes.ok) return null;
  const view = new DataView(bytes.value.buffer, bytes.value.byteOffset, LENGTH);
  const [page, load, jump] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [number, number, number];
  if ((page & ADRP_MASK) >>> 0 !== ADRP_X16 || (load & LDR_MASK) >>> 0 !== LDR_X16_X16 || jump !== BR_X16) return null;
  const pages = signedBits(page, 23, 5) * 4 + bits(page, 30, 29);
  return (Math.floor(rva / PAGE_SIZE) + pages) * PAGE_SIZE + bits(load, 21, 10) * 8;
}
