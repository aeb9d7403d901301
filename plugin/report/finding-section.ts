/** Which section of an image a finding is about. */
import type { ReportedFinding, SectionRow } from './model.js';

/**
 * Answers with the section's index, or -1. The field path decides, because two sections may share a name; an rva inside a
 * section comes next, the name last. A forged image has as many sections as findings, so none of them is gone through
 * for each finding.
 */
export function sectionFinder(sections: readonly SectionRow[]): (finding: ReportedFinding) => number {
  let byRva: readonly number[] | null = null;
  let byName: ReadonlyMap<string, number> | null = null;
  return ({ field, rva, section }) => {
    const index = field === null ? undefined : /^sections\[(\d+)\]/.exec(field)?.[1];
    if (index !== undefined && Number(index) < sections.length) return Number(index);
    if (rva !== null && rva > 0) {
      byRva ??= sections.map((_, at) => at).sort((a, b) => startOf(sections, a) - startOf(sections, b) || a - b);
      const found = sectionAt(rva, sections, byRva);
      if (found >= 0) return found;
    }
    if (section === null) return -1;
    byName ??= firstByName(sections);
    return byName.get(section) ?? -1;
  };
}

/** A VirtualSize of 0 means SizeOfRawData to the loader. */
export const sizeOf = (section: SectionRow): number =>
  section.virtualSize === 0 ? section.sizeOfRawData : section.virtualSize;

const startOf = (sections: readonly SectionRow[], index: number): number => sections[index]?.rva ?? 0;

/** Of sections that overlap the one that begins last, as the engine takes it. */
function sectionAt(rva: number, sections: readonly SectionRow[], byRva: readonly number[]): number {
  let low = 0;
  let high = byRva.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startOf(sections, byRva[middle] as number) <= rva) low = middle + 1;
    else high = middle;
  }
  const index = byRva[low - 1];
  const section = index === undefined ? undefined : sections[index];
  return index !== undefined && section !== undefined && rva - section.rva < sizeOf(section) ? index : -1;
}

function firstByName(sections: readonly SectionRow[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const [index, { name }] of sections.entries()) if (!names.has(name)) names.set(name, index);
  return names;
}
