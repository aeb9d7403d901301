/** What the loader writes into an image's sections, beside relocated addresses: such a section must stay writable. */
import { cookieSlot } from '../code/guard.js';
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import type { ImportDescriptor } from '../pe/imports.js';
import { Recent } from '../pe/recent.js';
import type { Section } from '../pe/sections.js';

const firstThunksByImage = new Recent<ReadonlyMap<Section, ImportDescriptor>>();

/**
 * Each section in which a FirstThunk array begins, with its library: the loader writes them all, also one that data
 * directory 12 leaves out. Made once an image, as forged ones have many of both; empty where imports cannot be parsed.
 */
export const firstThunkSections = (image: Image): ReadonlyMap<Section, ImportDescriptor> =>
  firstThunksByImage.of(image, firstThunks);

function firstThunks(image: Image): ReadonlyMap<Section, ImportDescriptor> {
  const found = new Map<Section, ImportDescriptor>();
  for (const descriptor of (image.imports.ok && image.imports.value?.descriptors) || []) {
    const section = image.addressSpace.sectionAt(descriptor.firstThunk);
    if (section !== null && !found.has(section)) found.set(section, descriptor);
  }
  return found;
}

/** Why W cannot be taken from a section by a header edit. */
export interface StripObstacle {
  readonly code: 'iat-in-section' | 'store-into-section';
  /** Of INIT; what it says of another section is said with its name. */
  readonly why: string;
  /** Sections that a relink must not merge into it. */
  readonly merged: string;
}

/** Null when W can be taken from this INIT, as far as the headers tell. */
export function initStripObstacle(image: Image, section: Section): StripObstacle | null {
  const why = importObstacle(image, section);
  if (why !== null) return { code: 'iat-in-section', why, merged: '.idata or .rdata' };
  const cookie = cookieSlot(image);
  if (cookie === null || image.addressSpace.sectionAt(cookie) !== section) return null;
  const written = `the loader writes the security cookie into INIT, at rva ${hex(cookie)}`;
  return { code: 'store-into-section', why: written, merged: '.data' };
}

function importObstacle(image: Image, section: Section): string | null {
  const table = image.importAddressTable;
  if (!table.ok)
    return `the import table cannot be parsed (${table.error.message}), so nobody knows whether INIT holds the import address table`;
  if (table.value?.parts.has(section)) {
    return 'INIT holds the import address table, which must be written: without W this would only turn 0x2003 into 0x2005';
  }
  // The loader writes each library's FirstThunk array, also one that data directory 12 leaves out.
  const { imports } = image;
  if (!imports.ok)
    return `the import directory cannot be parsed (${imports.error.message}), so nobody knows whether the loader writes to INIT`;
  const written = firstThunkSections(image).get(section);
  if (written !== undefined)
    return `the loader writes into INIT the addresses of ${written.library}, at rva ${hex(written.firstThunk)}, which data directory 12 leaves out`;
  return null;
}
