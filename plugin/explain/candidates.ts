/**
 * Where a driver was loaded is often lost: a bug check in one line has the address alone. Windows loads images at whole
 * pages, so the address keeps its last three digits, and few calls of a driver return to such a place with that value.
 */
import { poolTagName } from '../../fixer/code/ddi/pool-tag.js';
import { check } from '../../fixer/rules/check.js';
import type { Finding } from '../../fixer/rules/finding.js';
import type { SourceLine } from '../../fixer/rules/source-line.js';
import type { Entry } from './collect.js';
import { type KnownImage, placeIn } from './locate.js';

export interface Candidate {
  readonly image: string;
  readonly ddi: string;
  /** Where the call returns to. */
  readonly rva: number;
  readonly symbol: string | null;
  readonly source: SourceLine | null;
}

export type CandidateFinder = (entry: Entry) => readonly Candidate[];

/** Reads the code of the images whose base is not known, when the first address asks for it. */
export async function candidateFinder(images: readonly KnownImage[]): Promise<CandidateFinder> {
  const { codeReadingFor } = await import('../inspection/code-engine.js');
  let calls: readonly { readonly known: KnownImage; readonly finding: Finding }[] | null = null;
  const callsOnce = () => {
    calls ??= images.flatMap((known) => {
      const code = known.base === null ? codeReadingFor(known.image) : null;
      if (code === null) return [];
      return check(known.image, { code, treatAs: 'driver' }).findings.map((finding) => ({ known, finding }));
    });
    return calls;
  };
  return (entry) => {
    const found = new Map<string, Candidate>();
    for (const { known, finding } of callsOnce()) {
      const rva = finding.data['returnRva'];
      if (typeof rva !== 'number' || !fits(entry, finding, rva)) continue;
      const { symbol, source } = placeIn(known, rva);
      found.set(`${known.path} ${rva}`, { image: known.path, ddi: `${finding.data['ddi']}`, rva, symbol, source });
    }
    return [...found.values()];
  };
}

const PAGE_MASK = 0xfff;

function fits({ issue, address, value, tag }: Entry, { code, data }: Finding, rva: number): boolean {
  if (code !== issue || address === undefined || (rva & PAGE_MASK) !== Number(address & BigInt(PAGE_MASK)))
    return false;
  const { values } = data;
  if (value !== undefined && Array.isArray(values) && !values.some((each) => each === value)) return false;
  return tag === undefined || typeof data['tag'] !== 'string' || data['tag'] === poolTagName(tag);
}
