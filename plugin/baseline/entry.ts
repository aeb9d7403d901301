/** A finding as a baseline knows it: by what it is and where it belongs, never by an address, which every link changes. */
import type { ReportedFinding } from '../report/model.js';

export interface BaselineEntry {
  readonly code: string;
  /** File name of the image, lower case: Windows takes `Foo.sys` and `foo.sys` for one. */
  readonly image: string;
  readonly section: string | null;
  /** Function or data, without an offset into it. */
  readonly symbol: string | null;
  /** The kernel function that is called, where the finding is about a call. */
  readonly ddi: string | null;
  /** How many findings look just so. */
  readonly count: number;
}

export const imageName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase();

export function entryOf(path: string, finding: ReportedFinding): BaselineEntry {
  const { ddi } = finding.data;
  return {
    code: finding.code,
    image: imageName(path),
    section: finding.section,
    symbol: finding.symbol?.replace(/\+0x[0-9a-f]+$/, '') ?? null,
    ddi: typeof ddi === 'string' ? ddi : null,
    count: 1,
  };
}

type Key = Omit<BaselineEntry, 'count'>;

export const keyOfEntry = ({ code, image, section, symbol, ddi }: Key): string =>
  JSON.stringify([image, code, section, symbol, ddi]);

/** Without the symbol: a baseline made beside a PDB has to match where there is none, and the other way round. */
export const looseKeyOfEntry = ({ code, image, section, ddi }: Key): string =>
  JSON.stringify([image, code, section, ddi]);
