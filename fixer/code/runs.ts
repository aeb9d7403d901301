/** What shows that code in a section runs: `fix` must know before the section's pages are no longer executable. */
import type { Section } from '../pe/sections.js';
import { exportedRvas } from './exported.js';
import type { JudgedCall, RunFact } from './facts.js';
import type { Program } from './program.js';
import { inRanges, type Range } from './ranges.js';

/** The first evidence for each of the sections, by index; none is no proof, for pointers lead to code too. */
export function runsIn(program: Program, calls: readonly JudgedCall[], sections: ReadonlySet<number>): RunFact[] {
  return program.image.sections.flatMap((section) => {
    if (!sections.has(section.index)) return [];
    const range = { begin: section.virtualAddress, end: section.virtualAddress + section.extent };
    return branchInto(program, range) ?? callFrom(calls, range) ?? namedIn(program, section, range) ?? [];
  });
}

/** A call or jump from elsewhere. */
function branchInto(program: Program, range: Range): RunFact | null {
  const isInside = (rva: number): boolean => inRanges([range], rva);
  const places = program.references.branchesInto([range]).filter((rva) => !isInside(rva));
  for (const { code, positions } of program.functionsAt(places)) {
    const analysis = program.analysis(code);
    if (!analysis.isCode) continue;
    for (const { flow, rva } of positions.flatMap((position) => analysis.instructionsAt(position)))
      if ('target' in flow && isInside(flow.target)) return { rva: flow.target, from: rva, ddi: null };
  }
  return null;
}

function callFrom(calls: readonly JudgedCall[], range: Range): RunFact | null {
  const call = calls.find(({ rva }) => inRanges([range], rva));
  return call === undefined ? null : { rva: call.rva, from: null, ddi: call.ddi.name };
}

/** What is exported, or what an address leads to that the image holds or code makes, where it reads as a function to its end. */
function namedIn(program: Program, { index }: Section, range: Range): RunFact | null {
  const { image, functions, pointers, references } = program;
  const named = [
    ...exportedRvas(image),
    ...pointers.targets,
    ...pointers.codeTargets,
    ...references.madeTargetsIn(range),
  ];
  for (const rva of named) {
    if (image.addressSpace.sectionAt(rva)?.index !== index) continue;
    const code = functions.containing(rva);
    if (code?.entry === rva && program.analysis(code).isWholeFunction) return { rva, from: null, ddi: null };
  }
  return null;
}
