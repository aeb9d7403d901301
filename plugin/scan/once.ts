/** One image of a scan: read, recognised as one that was seen before, or examined. */
import { basename, dirname } from 'node:path';
import { parseImage } from '../../fixer/pe/image.js';
import type { Suppress } from '../configuration/suppressions.js';
import type { ReadSuccess } from '../files/read.js';
import type { Found } from '../files/walk.js';
import { asDuplicate, reportForDuplicate } from '../inspection/image-report.js';
import { failureReport, readFound, wantsSymbols } from '../inspection/inspect.js';
import type { AuthenticodeReport, ImageReport } from '../report/model.js';
import type { Settings } from '../session/settings.js';
import type { Duplicates } from './duplicates.js';
import { type Examined, type Place, sectionsFor } from './engine.js';
import type { Scanned } from './scan.js';

/**
 * The report on the first of its content. With the code rules it is JSON, which takes a third of what the object takes.
 * Without them it is null until the content comes a second time: to keep every report would cost more than it saves.
 */
export type Remembered = Promise<string> | ImageReport | null;

/** What a report takes in memory, roughly. */
const weightOf = ({ findings }: ImageReport): number => 2000 * (1 + findings.length);

/** At once where nothing has to be waited for, as a promise for each of thousands of images is dear. */
export function examineOnce(
  found: Found,
  place: Place,
  duplicates: Duplicates<Remembered>,
  settings: Settings,
  suppress: Suppress,
): Scanned | Promise<Scanned> {
  const { path, named } = found;
  const read = readFound(found, place.buffer);
  if (!read.ok) {
    place.release();
    return { report: failureReport(path, read), sections: [], named };
  }
  const { known, remember } = duplicates.lookUp(path, read);
  const asked: Asked = { found, read, place, first: known?.path ?? null, settings, suppress };
  if (known === null) {
    const examining = place.examine(path, read);
    const kept = settings.code ? Promise.resolve(examining).then(({ report }) => JSON.stringify(report)) : null;
    remember(
      kept,
      kept?.then(({ length }) => length),
    );
    return scanned(examining, asked);
  }
  const { value } = known;
  if (value instanceof Promise) return value.then((report) => again(JSON.parse(report) as ImageReport, asked));
  if (value !== null) return again(value, asked);
  const examining = place.examine(path, read);
  const keep = ({ report }: Examined): void => remember(report, weightOf(report));
  if (examining instanceof Promise) void examining.then(keep);
  else keep(examining);
  return scanned(examining, asked);
}

interface Asked {
  readonly found: Found;
  readonly read: ReadSuccess;
  readonly place: Place;
  /** Path of the same bytes, where they were met before. */
  readonly first: string | null;
  readonly settings: Settings;
  readonly suppress: Suppress;
}

function scanned(examining: Examined | Promise<Examined>, asked: Asked): Scanned | Promise<Scanned> {
  if (examining instanceof Promise) return examining.then((examined) => scanned(examined, asked));
  const { report, sections, isLost } = examining;
  const { first, found } = asked;
  // Nobody is to take it for checked because it lay in a folder.
  const named = found.named || isLost === true;
  return { report: first === null ? report : asDuplicate(report, first), sections, named };
}

/** `report`, made of the same bytes at its own path, for this one; found again where the verdict may be another one here. */
function again(report: ImageReport, asked: Asked): Scanned | Promise<Scanned> {
  const { found, read, place } = asked;
  if (wantsSymbols(report)) return againWithSymbols(report, asked);
  const repeated = repeat(report, asked);
  if (repeated === null) return scanned(place.examine(found.path, read), asked);
  place.release();
  return { ...repeated, named: found.named };
}

/** Names come from files beside the image. */
async function againWithSymbols(report: ImageReport, asked: Asked): Promise<Scanned> {
  const { found, read, place } = asked;
  const { hasSymbolsBeside } = await import('../inspection/symbols-beside.js');
  const image = parseImage(read.bytes);
  const hasNone = image.ok && ![found.path, report.path].some((path) => hasSymbolsBeside(path, image.value));
  const repeated = hasNone ? repeat(report, asked) : null;
  if (repeated === null) return scanned(place.examine(found.path, read), asked);
  place.release();
  return { ...repeated, named: found.named };
}

/**
 * The bytes may be listed in a catalog beside one and not in those beside the other; and where none lists them, it is the
 * name that a catalog may have with another hash.
 */
const isSignedAlike = (path: string, first: string, { catalogs }: AuthenticodeReport): boolean =>
  dirname(path) === dirname(first) && (catalogs.length > 0 || basename(path) === basename(first));

/** Null where the verdict depends on the path. */
function repeat(report: ImageReport, { found, read, first, settings, suppress }: Asked): Examined | null {
  // What is wrong with a file is told with its own path.
  if (report.error !== undefined) return null;
  if (report.authenticode !== undefined && !isSignedAlike(found.path, report.path, report.authenticode)) return null;
  const repeated = reportForDuplicate(found.path, { ...report, path: first ?? report.path }, suppress);
  // What is accepted at the one path and not at the other changes what a finding says of the rest.
  const accepted = (of: ImageReport): string =>
    of.findings.map(({ suppressed }) => Number(suppressed !== undefined)).join('');
  if (accepted(repeated) !== accepted(report)) return null;
  const image = settings.format === 'text' ? parseImage(read.bytes) : null;
  return { report: repeated, sections: sectionsFor(settings, image?.ok ? image.value : null) };
}
