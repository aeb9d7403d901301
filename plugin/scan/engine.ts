/** Where images are analysed: here, or (pool.ts) in worker threads. */
import type { Image } from '../../fixer/pe/image.js';
import { type Suppress, suppressionsOf } from '../configuration/suppressions.js';
import { ImageBuffer, type ReadSuccess } from '../files/read.js';
import { sectionRows } from '../inspection/image-report.js';
import { examine, type Inspected, letGoOfCode } from '../inspection/inspect.js';
import type { ImageReport, SectionRow } from '../report/model.js';
import type { Settings } from '../session/settings.js';

export interface Examined {
  readonly report: ImageReport;
  readonly sections: readonly SectionRow[];
  /** It is not for the file that it could not be examined. */
  readonly isLost?: true;
}

/** Room for one image: its bytes are read into `buffer`, then examined or given up. */
export interface Place {
  readonly buffer: ImageBuffer;
  /** The bytes are gone when this has been called, and the place is free again when it has answered. Never rejects. */
  examine(path: string, read: ReadSuccess): Examined | Promise<Examined>;
  /** Frees the place without an examination. */
  release(): void;
}

export interface Engine {
  readonly threads: number;
  /** How many images may be under way or wait for one before them. */
  readonly ahead: number;
  place(): Place | Promise<Place>;
  close(): Promise<void>;
}

/** What one thread does with one image. */
export function examineHere(
  path: string,
  read: Pick<ReadSuccess, 'bytes' | 'identity'>,
  settings: Settings,
  suppress: Suppress,
): Examined | Promise<Examined> {
  const examined = ({ report, material }: Inspected): Examined => {
    letGoOfCode();
    return { report, sections: sectionsFor(settings, material?.image ?? null) };
  };
  const inspected = examine(path, read, settings, suppress);
  return inspected instanceof Promise ? inspected.then(examined) : examined(inspected);
}

/** Rows for the one format that shows them. */
export const sectionsFor = ({ format }: Settings, image: Image | null): readonly SectionRow[] =>
  format === 'text' && image !== null ? sectionRows(image) : NO_ROWS;

const NO_ROWS: readonly SectionRow[] = [];

export async function engineOfThisThread(settings: Settings): Promise<Engine> {
  const suppress = await suppressionsOf(settings.suppressions, settings.configurationPath);
  const place: Place = {
    buffer: new ImageBuffer(),
    examine: (path, read) => examineHere(path, read, settings, suppress),
    release: () => undefined,
  };
  return { threads: 1, ahead: 0, place: () => place, close: async () => undefined };
}
