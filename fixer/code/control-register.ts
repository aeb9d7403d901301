/** Moves to control register 0, found in the bytes before anything is decoded: cheap enough to ask of every image. */
import type { Image } from '../pe/image.js';
import { codeRanges } from './code-ranges.js';

/**
 * rvas of what may be MOV CR0, r; none is missing. 0F 22 /0 (Intel SDM volume 2, "MOV - Move to/from Control Registers");
 * ARM64 has no such bit.
 */
export function* movesToControl(image: Image): Generator<number> {
  if (image.machine !== 'x64' && image.machine !== 'x86') return;
  for (const { begin, end } of codeRanges(image)) {
    const bytes = image.readRva(begin, end - begin);
    if (!bytes.ok) continue;
    const code = bytes.value;
    for (let at = code.indexOf(0x22); at >= 0; at = code.indexOf(0x22, at + 1)) {
      if (code[at - 1] === 0x0f && ((code[at + 1] ?? 0) & 0xf8) === 0xc0) yield begin + at;
    }
  }
}

export const mayMoveToControl = (image: Image): boolean => movesToControl(image).next().done !== true;
