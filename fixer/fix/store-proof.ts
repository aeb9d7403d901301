/**
 * Does the code store into memory that a plan makes read-only? Only direct stores are seen, so the answer is "found at"
 * or "no direct store found", never a proof.
 */

import { type CodeEngine, HEADERS, type StoreFact } from '../code/facts.js';
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { isWritable, type Section } from '../pe/sections.js';
import { IMAGE_SCN_MEM_WRITE } from '../pe/winnt.js';
import type { EditRequest } from './edit.js';
import type { Refusal } from './refusal.js';

export interface ExaminedRequests {
  /** Those that stand. */
  readonly requests: readonly EditRequest[];
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
}

const RAISE = 'HVCI2004';
/** Addresses that a note names. */
const MOST_HELD = 4;

/** Takes out of `requests` those after which a store that the code makes would fault. */
export function examineStores(
  image: Image,
  requests: readonly EditRequest[],
  engine: CodeEngine | undefined,
): ExaminedRequests {
  const affected = affectedSections(image, requests);
  if (affected.size === 0) return { requests, refusals: [], notes: [] };
  const isRaised = requests.some(isRaise);
  const indexes = [...affected.keys()].map(({ index }) => index);
  const found = engine?.storesInto(image, new Set(isRaised ? [...indexes, HEADERS] : indexes)) ?? null;
  if (found === null) {
    return {
      requests,
      refusals: [],
      notes: ['whether the code stores into a section that loses write access was not examined'],
    };
  }
  const refusals = new Map<string, Refusal>();
  for (const store of found.stores) {
    const section = image.addressSpace.sectionAt(store.target);
    for (const cause of section === null ? [RAISE] : (affected.get(section) ?? [])) {
      const key = cause === RAISE ? RAISE : `sections[${section?.index}].characteristics`;
      if (!refusals.has(key)) refusals.set(key, refusal(store, section, cause));
    }
  }
  const kept = requests.filter(({ cause, field }) => !refusals.has(cause === RAISE ? RAISE : field));
  const names = [...new Set([...affected.keys()].map(({ name }) => name))].slice(0, 8).join(', ');
  const limits = found.isWhole
    ? 'stores through pointers are not seen'
    : 'stores through pointers are not seen, and there is more code than one analysis decodes';
  const notes = kept.some(takesWriteAway) ? [`no direct store into ${names} was found; ${limits}`] : [];
  const held = found.addressesHeld.slice(0, MOST_HELD).map(hex).join(', ');
  if (notes.length > 0 && held !== '')
    notes.push(
      `the address of rva ${held}${found.addressesHeld.length > MOST_HELD ? ' and more' : ''} in ${names} is held in a pointer: make sure that what has it only reads`,
    );
  return { requests: kept, refusals: [...refusals.values()], notes };
}

/** An edit after which a store that worked before can fault: W stripped, or pages protected that were one RWX piece. */
const takesWriteAway = (request: EditRequest): boolean => request.clear === IMAGE_SCN_MEM_WRITE || isRaise(request);

const isRaise = ({ field }: EditRequest): boolean => field === 'optionalHeader.sectionAlignment';

/** Each section that will not be writable and can be written now, with the rules whose fix makes it so. */
function affectedSections(image: Image, requests: readonly EditRequest[]): Map<Section, string[]> {
  const stripped = new Set(requests.filter(({ clear }) => clear === IMAGE_SCN_MEM_WRITE).map(({ field }) => field));
  const raised = requests.some(isRaise);
  const affected = new Map<Section, string[]>();
  for (const section of image.sections) {
    const isStripped = stripped.has(`sections[${section.index}].characteristics`);
    const causes = [
      ...(isStripped ? ['HVCI2003'] : []),
      ...(raised && (isStripped || !isWritable(section)) ? [RAISE] : []),
    ];
    if (causes.length > 0) affected.set(section, causes);
  }
  return affected;
}

function refusal({ rva, target, isIndexed }: StoreFact, section: Section | null, cause: string): Refusal {
  const name = section?.name ?? null;
  const place = name === null ? 'the headers' : `section ${name}`;
  const what = cause === RAISE ? 'SectionAlignment is not raised' : `Write access of ${place} is not taken away`;
  return {
    code: 'store-into-section',
    cause,
    section: cause === RAISE ? null : name,
    message: `${what}: the code at rva ${hex(rva)} stores into ${place}, at ${isIndexed ? 'an index of the table at ' : ''}rva ${hex(target)}. Move what it writes into a data section and link again.`,
  };
}
