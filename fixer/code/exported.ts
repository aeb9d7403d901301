/** What an image exports: code that anybody may call. */
import type { Image } from '../pe/image.js';

/** Rvas in AddressOfFunctions of the export directory (PE specification, "Export Directory Table"). */
export function exportedRvas(image: Image): ReadonlySet<number> {
  const directory = image.directory(0);
  const found = new Set<number>();
  if (directory === null) return found;
  const header = image.readRva(directory.virtualAddress, 40);
  if (!header.ok) return found;
  const view = new DataView(header.value.buffer, header.value.byteOffset, 40);
  const count = Math.min(view.getUint32(20, true), 65536);
  const table = image.readRva(view.getUint32(28, true), count * 4);
  if (!table.ok) return found;
  const rvas = new DataView(table.value.buffer, table.value.byteOffset, table.value.byteLength);
  for (let at = 0; at < count * 4; at += 4) found.add(rvas.getUint32(at, true));
  return found;
}
