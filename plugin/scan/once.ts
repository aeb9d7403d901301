/** One image of a scan: read, recognised as one that was seen before, or examined. */
import { dirname } from 'node:path';
import { parseImage } from '../../fixer/pe/image.js';
import type { Suppress } from '../configuration/suppressions.js';
import type { ReadSuccess } from '../files/read.js';
import type { Found } from '../files/walk.js';
import { asDuplicate, reportForDuplicate } from '../inspection/image-report.js';
import { failureReport, readFound, wantsSymbols } from '../inspection/inspect.js';
import type { ImageReport } from '../report/model.js';
import type { Settings } from '../session/settings.js';
import type { Duplicates, First } from './duplicates.js';
import { type Examined, type Place, sectionsFor } from './engine.js';
import type { Scanned } from './scan.js';

/**
 * The report of the first of its content: JSON, which takes a third of what the object takes. Null without the code rules:
 * then examining again costs no more than comparing, and to keep every report would cost more than it saves.
 */
export type Remembered = Promise<string> | null;

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
  if (known?.value) return examineAgain(found, place, read, { ...known, value: known.value }, settings, suppress);
  const examining = place.examine(path, read);
  if (known !== null) return scannedFrom(examining, named, known);
  const kept = settings.code ? Promise.resolve(examining).then(({ report }) => JSON.stringify(report)) : null;
  remember(
    kept,
    kept?.then(({ length }) => length),
  );
  return scannedFrom(examining, named, null);
}

function scannedFrom(
  examining: Examined | Promise<Examined>,
  named: boolean,
  first: First<Remembered> | null,
): Scanned | Promise<Scanned> {
  if (examining instanceof Promise) return examining.then((examined) => scannedFrom(examined, named, first));
  const { report, sections } = examining;
  return { report: first === null ? report : asDuplicate(report, first.path), sections, named };
}

async function examineAgain(
  found: Found,
  place: Place,
  read: ReadSuccess,
  first: First<Promise<string>>,
  settings: Settings,
  suppress: Suppress,
): Promise<Scanned> {
  const again = await reportAgain(found.path, read, first, settings, suppress);
  if (again === null) return scannedFrom(place.examine(found.path, read), found.named, first);
  place.release();
  return { ...again, named: found.named };
}

/** The verdict on `first` for the same bytes at `path`; null where it has to be found again. */
async function reportAgain(
  path: string,
  { bytes }: ReadSuccess,
  first: First<Promise<string>>,
  settings: Settings,
  suppress: Suppress,
): Promise<Examined | null> {
  const report = JSON.parse(await first.value) as ImageReport;
  // It may be listed in a catalog beside one and not in those beside the other.
  if (report.authenticode !== undefined && dirname(path) !== dirname(first.path)) return null;
  // What is wrong with a file is told with its own path.
  const image = report.error === undefined ? parseImage(bytes) : null;
  if (image === null || !image.ok) return null;
  if (wantsSymbols(report)) {
    // Names come from files beside the image.
    const { hasSymbolsBeside } = await import('../inspection/symbols-beside.js');
    if (hasSymbolsBeside(path, image.value) || hasSymbolsBeside(first.path, image.value)) return null;
  }
  const again = reportForDuplicate(path, report, suppress);
  // What is accepted at the one path and not at the other changes what a finding says of the rest.
  const accepted = (of: ImageReport): string =>
    of.findings.map(({ suppressed }) => Number(suppressed !== undefined)).join('');
  if (accepted(again) !== accepted(report)) return null;
  return { report: again, sections: sectionsFor(settings, image.value) };
}
