/**
 * IMAGE_LOAD_CONFIG_DIRECTORY: the fields that tell how calls are guarded and what is patched at load.
 * Source: PE specification, "The Load Configuration Structure (Image Only)". The structure's own Size says how much of
 * it an old linker wrote; fields past that are null.
 */
import { type Parsed, parsed } from './errors.js';
import type { Image } from './image.js';
import { IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG } from './winnt.js';

export interface LoadConfig {
  readonly size: number;
  /** Virtual addresses, not rvas; null where the structure is too short, 0 where unused. */
  readonly securityCookie: bigint | null;
  readonly guardCFCheckFunctionPointer: bigint | null;
  readonly guardCFDispatchFunctionPointer: bigint | null;
  readonly guardFlags: number | null;
  /** Offset from the start of section `dynamicValueRelocTableSection` (1-based) of the dynamic relocations. */
  readonly dynamicValueRelocTableOffset: number | null;
  readonly dynamicValueRelocTableSection: number | null;
}

/** Offsets of the fields, PE32 and PE32+. */
const LAYOUT_32 = {
  securityCookie: 0x3c,
  guardCheck: 0x48,
  guardDispatch: 0x4c,
  guardFlags: 0x58,
  dvrtOffset: 0x80,
  dvrtSection: 0x84,
};
const LAYOUT_64 = {
  securityCookie: 0x58,
  guardCheck: 0x70,
  guardDispatch: 0x78,
  guardFlags: 0x90,
  dvrtOffset: 0xe0,
  dvrtSection: 0xe4,
};

export function parseLoadConfig(image: Image): Parsed<LoadConfig | null> {
  const cutOff = image.cutOffDirectory(IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG);
  if (cutOff !== null) return cutOff;
  const directory = image.directory(IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG);
  if (directory === null) return parsed(null);
  const path = `dataDirectories[${IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG}]`;
  const head = image.readRva(directory.virtualAddress, 4, path);
  if (!head.ok) return head;
  const declared = new DataView(head.value.buffer, head.value.byteOffset, 4).getUint32(0, true);
  // 32-bit linkers of the VS6 era write 0 here; the loader then takes 64 bytes (specification, note on Size).
  const size = declared === 0 ? 64 : declared;
  const bytes = image.readRva(directory.virtualAddress, Math.min(size, 0x200), path);
  if (!bytes.ok) return bytes;
  const view = new DataView(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
  const layout = image.isPE32Plus ? LAYOUT_64 : LAYOUT_32;
  const width = image.isPE32Plus ? 8 : 4;
  const pointer = (at: number): bigint | null => {
    if (at + width > view.byteLength) return null;
    return width === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));
  };
  return parsed({
    size,
    securityCookie: pointer(layout.securityCookie),
    guardCFCheckFunctionPointer: pointer(layout.guardCheck),
    guardCFDispatchFunctionPointer: pointer(layout.guardDispatch),
    guardFlags: layout.guardFlags + 4 <= view.byteLength ? view.getUint32(layout.guardFlags, true) : null,
    dynamicValueRelocTableOffset:
      layout.dvrtOffset + 4 <= view.byteLength ? view.getUint32(layout.dvrtOffset, true) : null,
    dynamicValueRelocTableSection:
      layout.dvrtSection + 2 <= view.byteLength ? view.getUint16(layout.dvrtSection, true) : null,
  });
}
