/** `--hashes`: what signs an image that lies in a folder, with the catalogs there and in the folder above. */
import type { Image } from '../../../fixer/pe/image.js';
import type { ImageReport } from '../../report/model.js';
import { withSignature } from '../authenticode-report.js';
import { catalogsNear } from './beside.js';

export function withSignatureBeside(report: ImageReport, image: Image): ImageReport {
  const { catalogs, failures } = catalogsNear(report.path);
  const signed = withSignature(report, image, catalogs);
  const notes = [...signed.coverage.notes, ...failures.map(({ message }) => message)];
  return failures.length === 0 ? signed : { ...signed, coverage: { ...signed.coverage, notes } };
}
