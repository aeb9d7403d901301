/** .xdata: the frame after the prologue and where handlers go on. Source: "ARM64 exception handling". */
import type { Image } from '../pe/image.js';
import { type Frame, NO_SCOPES, readScopeTable, type Scopes } from './unwind-x64.js';

const FRAME_POINTER = 29;

/** Null where the structure lies outside the image. */
export function readXdata(image: Image, rva: number): ({ readonly frame: Frame } & Scopes) | null {
  const head = image.readRva(rva, 4);
  if (!head.ok) return null;
  const word = new DataView(head.value.buffer, head.value.byteOffset, 4).getUint32(0, true);
  let epilogs = (word >>> 22) & 31;
  let codeWords = word >>> 27;
  let at = rva + 4;
  if (epilogs === 0 && codeWords === 0) {
    const more = image.readRva(at, 4);
    if (!more.ok) return null;
    const extension = new DataView(more.value.buffer, more.value.byteOffset, 4).getUint32(0, true);
    epilogs = extension & 0xffff;
    codeWords = (extension >>> 16) & 0xff;
    at += 4;
  }
  // With the E bit the one epilog has no scope word: the field is an index into the codes.
  const hasScopes = (word & 0x200000) === 0;
  if (hasScopes) at += epilogs * 4;
  const codes = image.readRva(at, codeWords * 4);
  if (!codes.ok) return null;
  const hasHandler = (word & 0x100000) !== 0;
  return {
    frame: readFrame(codes.value),
    ...(hasHandler ? readScopeTable(image, at + codeWords * 4 + 4) : NO_SCOPES),
  };
}

/** The codes are in reverse order of the prologue and end with `end`. */
function readFrame(codes: Uint8Array): Frame {
  let stackOffset = 0;
  let behindFrame = 0;
  let frameAdd = 0;
  let sawFrame = false;
  for (let at = 0; at < codes.length; ) {
    const first = codes[at] ?? 0;
    const second = codes[at + 1] ?? 0;
    const { length, grows } = sizeOf(first, second, codes[at + 2] ?? 0, codes[at + 3] ?? 0);
    if (first === 0xe4 || first === 0xe5) break;
    if (first === 0xe1 || first === 0xe2) {
      sawFrame = true;
      frameAdd = first === 0xe2 ? second * 8 : 0;
    }
    stackOffset -= grows;
    if (sawFrame) behindFrame -= grows;
    at += length;
  }
  return {
    stackOffset,
    frameRegister: sawFrame ? FRAME_POINTER : null,
    frameOffset: sawFrame ? behindFrame + frameAdd : 0,
    establisher: null,
  };
}

/** Bytes of the code, and bytes of stack that its instruction takes. */
function sizeOf(first: number, second: number, third: number, fourth: number): { length: number; grows: number } {
  if (first < 0x20) return { length: 1, grows: (first & 31) * 16 }; // alloc_s
  if (first < 0x40) return { length: 1, grows: (first & 31) * 8 }; // save_r19r20_x
  if (first < 0x80) return { length: 1, grows: 0 }; // save_fplr
  if (first < 0xc0) return { length: 1, grows: ((first & 63) + 1) * 8 }; // save_fplr_x
  if (first < 0xc8) return { length: 2, grows: (((first & 7) << 8) | second) * 16 }; // alloc_m
  if (first < 0xcc) return { length: 2, grows: 0 }; // save_regp
  if (first < 0xd0) return { length: 2, grows: ((second & 63) + 1) * 8 }; // save_regp_x
  if (first < 0xd4) return { length: 2, grows: 0 }; // save_reg
  if (first < 0xd6) return { length: 2, grows: ((second & 31) + 1) * 8 }; // save_reg_x
  if (first < 0xda) return { length: 2, grows: 0 }; // save_lrpair, save_fregp
  if (first < 0xdc) return { length: 2, grows: ((second & 63) + 1) * 8 }; // save_fregp_x
  if (first < 0xde) return { length: 2, grows: 0 }; // save_freg
  if (first === 0xde) return { length: 2, grows: ((second & 31) + 1) * 8 }; // save_freg_x
  if (first === 0xdf) return { length: 2, grows: second * 16 }; // alloc_z
  if (first === 0xe0) return { length: 4, grows: ((second << 16) | (third << 8) | fourth) * 16 }; // alloc_l
  if (first === 0xe2) return { length: 2, grows: 0 }; // add_fp
  if (first === 0xe7) return { length: 3, grows: 0 }; // save_any_reg
  return { length: 1, grows: 0 };
}
