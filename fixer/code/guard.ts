/** What the load configuration names: two pointers that calls go through for control-flow guard, and the security cookie. */
import type { Image } from '../pe/image.js';

/** rvas of the pointers to the check and the dispatch function of control-flow guard. */
export function guardSlots(image: Image): { check: number | null; dispatch: number | null } {
  const config = image.loadConfig;
  if (!config.ok || config.value === null) return { check: null, dispatch: null };
  return {
    check: rvaOf(config.value.guardCFCheckFunctionPointer, image),
    dispatch: rvaOf(config.value.guardCFDispatchFunctionPointer, image),
  };
}

/** rva of the cookie that the loader writes and /GS makes a frame's own with the stack pointer; null where none is named. */
export function cookieSlot(image: Image): number | null {
  const config = image.loadConfig;
  return config.ok && config.value !== null ? rvaOf(config.value.securityCookie, image) : null;
}

function rvaOf(address: bigint | null, image: Image): number | null {
  if (address === null || address === 0n) return null;
  const found = Number(address) - Number(image.optionalHeader.imageBase);
  return found > 0 && found < image.optionalHeader.sizeOfImage ? found : null;
}
