/** The violations of an image in the eyes of pefile: what our own rules are measured against. */
import type { PefileReport } from './pefile.js';
import type { Violation } from './recipes.js';

export type { PefileReport, PefileSection } from './pefile.js';
export { pefile } from './pefile.js';
export type { ReadobjReport, ReadobjSection } from './readobj.js';
export { readobj } from './readobj.js';

const IMAGE_SCN_MEM_EXECUTE = 0x20000000;
const IMAGE_SCN_MEM_WRITE = 0x80000000;

/** Sorted codes. IMAGE_SCN_MEM_WRITE is bit 31, so a set bit makes the signed result of `&` negative, not zero. */
export function violationsIn(image: PefileReport): Violation[] {
  const executable = image.sections.filter((section) => (section.characteristics & IMAGE_SCN_MEM_EXECUTE) !== 0);
  const misplaced = image.sections.filter((section) => section.rva % 0x1000 !== 0);
  const checks: [Violation, boolean][] = [
    ['HVCI2003', executable.some((section) => (section.characteristics & IMAGE_SCN_MEM_WRITE) !== 0)],
    ['HVCI2004', image.sectionAlignment % 0x1000 !== 0 || misplaced.length > 0],
    ['HVCI2005', executable.some((section) => section.name === image.iatSection)],
    ['HVCI3001', image.straddling.length > 0],
    ['HVCI3002', !image.nxCompat],
    ['HVCI4001', image.checkSum !== image.computedCheckSum],
  ];
  return checks.filter(([, present]) => present).map(([violation]) => violation);
}
