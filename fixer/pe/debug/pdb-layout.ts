/** What a PDB and an image that names none must have in common: such an image has no GUID to compare. */
import { hex } from '../hex.js';
import type { Dbi } from './dbi.js';
import type { MapSection } from './map-format.js';
import type { PdbSections } from './pdb-sections.js';

export interface PdbLayout {
  /** IMAGE_FILE_MACHINE_*. */
  readonly machine: number;
  readonly sections: readonly Pick<MapSection, 'virtualAddress' | 'virtualSize' | 'sizeOfRawData'>[];
}

/** @returns what is different, or null. Characteristics are not compared: `fix` changes them */
export function layoutMisfit(dbi: Dbi, sections: PdbSections, image: PdbLayout): string | null {
  if (dbi.machine !== image.machine) return `its machine is ${hex(dbi.machine)}, the image's ${hex(image.machine)}`;
  if (sections.length !== image.sections.length)
    return `it has ${sections.length} sections, the image ${image.sections.length}`;
  const different = image.sections.findIndex(
    ({ virtualAddress, virtualSize, sizeOfRawData }, i) =>
      !sections.is(i + 1, virtualAddress, virtualSize, sizeOfRawData),
  );
  return different === -1 ? null : `its section ${different + 1} has another address or size than the image's`;
}
