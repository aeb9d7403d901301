/** What shows that code in a section runs: `fix` must know before the section's pages are no longer executable. */
import type { Section } from '../pe/sections.js';
import { IMAGE_SCN_CNT_CODE } from '../pe/winnt.js';
import { exportedRvas } from './exported.js';
import type { JudgedCall, RunFact } from './facts.js';
import type { Program } from './program.js';

/** Places that are looked at for one section: more would all have to be data that looks like code. */
const MOST_PLACES = 256;

/** The first evidence for each of the sections, by index; none is no proof, for pointers lead to code too. */
export function runsIn(program: Program, calls: readonly JudgedCall[], sections: ReadonlySet<number>): RunFact[] {
  const { image, references } = program;
  const found = new Map<number, RunFact>();
  const isOpen = (section: Section | null): section is Section =>
    section !== null && sections.has(section.index) && !found.has(section.index);
  const looked = new Map<number, number>();
  /** Counts what is looked at for the section; false when that is enough. */
  const mayLook = ({ index }: Section): boolean => {
    const count = (looked.get(index) ?? 0) + 1;
    looked.set(index, count);
    return count <= MOST_PLACES;
  };
  for (const { position, target } of references.branches()) {
    const section = image.addressSpace.sectionAt(target);
    if (!isOpen(section) || image.addressSpace.sectionAt(position) === section || !mayLook(section)) continue;
    const from = branchAt(program, position, target);
    if (from !== null) found.set(section.index, { rva: target, from, ddi: null });
  }
  for (const { rva, ddi } of calls) {
    const section = image.addressSpace.sectionAt(rva);
    if (isOpen(section)) found.set(section.index, { rva, from: null, ddi: ddi.name });
  }
  for (const rva of named(program)) {
    const section = image.addressSpace.sectionAt(rva);
    // Data has addresses too, and some reads as code.
    if (!isOpen(section) || (section.characteristics & IMAGE_SCN_CNT_CODE) === 0 || !mayLook(section)) continue;
    const code = program.functions.containing(rva);
    if (code?.entry === rva && program.analysis(code).isWholeFunction)
      found.set(section.index, { rva, from: null, ddi: null });
  }
  return [...found.values()].sort((a, b) => a.rva - b.rva);
}

/** rva of the call or jump to `target` that the bytes at `position` are a part of; null where they are none. */
function branchAt(program: Program, position: number, target: number): number | null {
  const code = program.functions.containing(position);
  if (code === null || !program.analysis(code).isCode) return null;
  const branch = program
    .analysis(code)
    .instructionsAt(position)
    .find(({ flow }) => 'target' in flow && flow.target === target);
  return branch?.rva ?? null;
}

/** What is exported, and what the addresses lead to that the image holds or its code makes. */
function* named({ image, pointers, references }: Program): Generator<number> {
  yield* exportedRvas(image);
  yield* pointers.targets;
  yield* pointers.codeTargets;
  yield* references.madeTargets();
}
