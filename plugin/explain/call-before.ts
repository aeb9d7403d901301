/**
 * Whether a call instruction ends at an rva: what Windows reports is where a call returns to. Bytes before it that only
 * look like one pass too, so false is certain. Sources: Intel SDM, volume 2, CALL and tables 2-2 and 2-3; Arm ARM, BL, BLR.
 */
import type { Image } from '../../fixer/pe/image.js';

/** FF /2 with its SIB byte and displacement; a prefix before it does not change where it ends. */
const LONGEST = 7;

/** True also for machines whose code is not read here. */
export function endsCall(image: Image, rva: number): boolean {
  switch (image.machine) {
    case 'x64':
    case 'x86':
      return endsIntelCall(bytesBefore(image, rva, LONGEST));
    case 'arm64':
      return endsArm64Call(bytesBefore(image, rva, 4));
    default:
      return true;
  }
}

/** Fewer where the section begins or its bytes end. */
function bytesBefore({ addressSpace }: Image, rva: number, most: number): Uint8Array {
  for (let length = most; length > 1; length--) {
    const read = addressSpace.read(rva - length, length, 'the code');
    if (read.ok) return read.value;
  }
  return new Uint8Array();
}

function endsIntelCall(bytes: Uint8Array): boolean {
  if (bytes.at(-5) === 0xe8) return true; // CALL rel32
  for (let length = 2; length <= bytes.length; length++) {
    const start = bytes.length - length;
    if (bytes[start] === 0xff && lengthOfIndirect(bytes[start + 1] ?? 0, bytes[start + 2]) === length) return true;
  }
  return false;
}

/** Of CALL r/m (FF /2), by its ModR/M and SIB bytes; 0 where it is another instruction. */
function lengthOfIndirect(modrm: number, sib: number | undefined): number {
  if (((modrm >> 3) & 7) !== 2) return 0;
  const mod = modrm >> 6;
  const rm = modrm & 7;
  if (mod === 3) return 2;
  const hasSib = rm === 4;
  const displaced = mod === 0 && (rm === 5 || (hasSib && sib !== undefined && (sib & 7) === 5));
  return 2 + (hasSib ? 1 : 0) + (mod === 1 ? 1 : mod === 2 || displaced ? 4 : 0);
}

function endsArm64Call(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const word = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const isBl = word >>> 26 === 0x25;
  // BLR, and BLRAA and BLRAB with their forms without a modifier.
  const isBlr = (word & 0xfefff800) >>> 0 === 0xd63f0800 || (word & 0xfffffc1f) >>> 0 === 0xd63f0000;
  return isBl || isBlr;
}
