/** One image of a scan: read, recognised as one that was seen before, or examined. */
import { dirname } from 'node:path';
import { parseImage } from '../../fixer/pe/image.js';
import type { Suppress } from '../configuration/suppressions.js';
import type { ReadSuccess } from '../files/read.js';
import type { Found } from '../files/walk.js';
import { reportForDuplicate } from '../inspection/image-report.js';
import { failureReport, readFound, wantsSymbols } from '../inspection/inspect.js';
import type { Duplicates } from './duplicates.js';
import type { Examined, Place } from './engine.js';
import type { Scanned } from './scan.js';

export async function examineOnce(
  found: Found,
  place: Place,
  duplicates: Duplicates<Promise<Examined>>,
  suppress: Suppress,
): Promise<Scanned> {
  const { path, named } = found;
  const read = readFound(found, place.buffer);
  if (!read.ok) {
    place.release();
    return { report: failureReport(path, read), sections: [], named };
  }
  const { known, remember } = duplicates.lookUp(path, read);
  const first = await known;
  if (first !== null && (await isTrueOf(path, read, first))) {
    place.release();
    return { report: reportForDuplicate(path, first.report, suppress), sections: first.sections, named };
  }
  const examined = place.examine(path, read);
  remember(examined, examined.then(weightOf));
  return { ...(await examined), named };
}

const weightOf = ({ report }: Examined): number => 1 + report.findings.length;

/** Whether the verdict on `first` is the verdict on the same bytes at `path`: names come from files beside an image. */
async function isTrueOf(path: string, { bytes }: ReadSuccess, { report }: Examined): Promise<boolean> {
  // What is wrong with a file is told with its own path; finding it again costs nothing.
  if (report.error !== undefined) return false;
  // So do the catalogs that list it.
  if (report.authenticode !== undefined && dirname(path) !== dirname(report.path)) return false;
  if (!wantsSymbols(report)) return true;
  const image = parseImage(bytes);
  if (!image.ok) return false;
  const { hasSymbolsBeside } = await import('../inspection/symbols-beside.js');
  return !hasSymbolsBeside(path, image.value) && !hasSymbolsBeside(report.path, image.value);
}
