/** Direct stores into sections of the image: what `fix` must know before it takes a section's write access away. */
import type { Image } from '../pe/image.js';
import { isExecutable, isWritable, type Section, sizeInMemory } from '../pe/sections.js';
import { PAGE_SIZE } from '../pe/winnt.js';
import { isStoredThrough } from './carried-address.js';
import { movesToControl } from './control-register.js';
import { type ControlWrite, type FoundStores, HEADERS, type StoreFact } from './facts.js';
import { controlsNear, storesNear } from './interest.js';
import type { Program } from './program.js';
import { inRanges, type Range } from './ranges.js';
import { knownBits } from './value.js';
import type { Visitor } from './visitor.js';
import { callsWriter, writtenBy } from './written-by-imports.js';

/**
 * Stores whose address the code itself shows, in functions that are certainly code, into the sections of these indexes, or `HEADERS`; in
 * order of address. Where an unknown index is added to an address, what counts is the address: compilers make it of the
 * table's, less what the index begins with, so the table may begin a little behind it.
 */
export function storesInto(program: Program, sections: ReadonlySet<number>): StoreFact[] {
  const { image } = program;
  const into = image.sections.filter(({ index }) => sections.has(index));
  const headers = sections.has(HEADERS) ? [{ begin: 0, end: image.optionalHeader.sizeOfHeaders }] : [];
  const ranges = [...into.map(rangeOf), ...headers].map(({ begin, end }) => ({ begin: begin - BEFORE, end }));
  const found = new Map<number, StoreFact>();
  const places = [
    ...program.references.writesNear(ranges),
    ...addressesMade(program, into),
    ...program.references.madeInto(headers),
  ];
  for (const { code, positions } of program.functionsAt(places)) {
    const analysis = program.analysis(code);
    const isMade = ranges.some((range) => program.references.makesAddress(range, code.ranges));
    const at = isMade ? null : storesNear(analysis, positions);
    if (at?.length === 0 || !analysis.isCode || !program.isReferenced(code)) continue;
    const add = (rva: number, target: number, width: number, uncertain: boolean, isIndexed: boolean): void => {
      if (uncertain || found.has(rva)) return;
      const index = image.addressSpace.sectionAt(target)?.index ?? (inRanges(headers, target) ? HEADERS : null);
      if (index !== null && sections.has(index))
        found.set(rva, { rva, target, width, function: code.entry, isIndexed });
    };
    const visitor: Visitor = {
      hearsLoops: true,
      store: (rva, target, width, _value, uncertain) => add(rva, target, width, uncertain, false),
      storeFrom: (rva, table, width, uncertain) => add(rva, startOf(image, table), width, uncertain, true),
      call: (each) => {
        const written = isMade && !each.uncertain ? writtenBy(program, each) : null;
        if (written !== null) add(each.rva, written.target, written.width, false, false);
      },
    };
    analysis.visit(visitor, at);
  }
  return [...found.values()].sort((a, b) => a.rva - b.rva);
}

/** How far before a table the address may lie that compilers make of it. */
const BEFORE = 64;

/** In the section that the table must lie in: between two there is none. */
function startOf({ addressSpace }: Image, table: number): number {
  const section = addressSpace.sectionAt(table);
  if (section !== null && table < section.virtualAddress + sizeInMemory(section)) return table;
  return addressSpace.sectionAt(table + BEFORE)?.virtualAddress ?? table;
}

/** As `storesInto`, with the addresses in what can be written that code or data holds: who has them may store there. */
export function findStores(program: Program, sections: ReadonlySet<number>): FoundStores {
  const { image, functions, pointers, references } = program;
  const held = new Set<number>();
  const add = (target: number): void => {
    const section = held.has(target) ? null : image.addressSpace.sectionAt(target);
    if (section === null || !sections.has(section.index) || !isWritable(section)) return;
    const code = functions.containing(target);
    if (code?.entry !== target || !program.analysis(code).isWholeFunction) held.add(target);
  };
  const stores = storesInto(program, sections);
  pointers.targets.forEach(add);
  references.madeTargets().forEach(add);
  return { stores, addressesHeld: [...held].sort((a, b) => a - b), isWhole: program.isWhole };
}

/** Steps that a look at what follows an address costs. */
const LOOK = 8;

/**
 * Where addresses in the sections are made. Every callback's is, so of code that is not meant to be written only those
 * count that something near stores through. An image whose SectionAlignment is below a page is mapped in one piece, all of
 * which can be written.
 */
function addressesMade(program: Program, into: readonly Section[]): number[] {
  const { image, references, source, convention, budget } = program;
  const isOnePiece = image.optionalHeader.sectionAlignment < PAGE_SIZE;
  const isData = (section: Section): boolean => isWritable(section) || (isOnePiece && !isExecutable(section));
  const data = into.filter(isData).map(rangeOf);
  const code = into.filter((section) => !isData(section)).map(rangeOf);
  return [
    ...references.madeInto(data),
    ...references.storedThroughInto(code).filter((rva) => {
      budget.steps -= LOOK;
      return !budget.isOver && isStoredThrough(source, rva, convention, (flow) => callsWriter(program, flow));
    }),
  ];
}

const rangeOf = ({ virtualAddress, extent }: Section): Range => ({
  begin: virtualAddress,
  end: virtualAddress + extent,
});

export const executableSections = (image: Image): ReadonlySet<number> =>
  new Set(image.sections.filter(isExecutable).map(({ index }) => index));

/** Moves to CR0 of a value whose bit 16 (write protection) is certainly clear. */
export function controlWrites(program: Program): ControlWrite[] {
  const { image } = program;
  const found = new Map<number, ControlWrite>();
  for (const { code, positions: here } of program.functionsAt(movesToControl(image))) {
    const analysis = program.analysis(code);
    const at = controlsNear(analysis, here);
    if (at.length === 0 || !analysis.isCode || !program.isReferenced(code)) continue;
    const visitor: Visitor = {
      control: (rva, value, uncertain) => {
        if (!uncertain && (knownBits(value).zeros & 0x10000) !== 0) found.set(rva, { rva, function: code.entry });
      },
    };
    analysis.visit(visitor, at);
  }
  return [...found.values()].sort((a, b) => a.rva - b.rva);
}
