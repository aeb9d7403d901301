/** Control-flow guard: the load configuration names two pointers that calls go through. */
import type { Image } from '../pe/image.js';

/** rvas of the pointers to the check and the dispatch function of control-flow guard. */
export function guardSlots(image: Image): { check: number | null; dispatch: number | null } {
  const config = image.loadConfig;
  if (!config.ok || config.value === null) return { check: null, dispatch: null };
  const rva = (address: bigint | null): number | null => {
    if (address === null || address === 0n) return null;
    const found = Number(address) - Number(image.optionalHeader.imageBase);
    return found > 0 && found < image.optionalHeader.sizeOfImage ? found : null;
  };
  return {
    check: rva(config.value.guardCFCheckFunctionPointer),
    dispatch: rva(config.value.guardCFDispatchFunctionPointer),
  };
}
