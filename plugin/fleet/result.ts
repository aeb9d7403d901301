/** What is read from a file of results: images, and what is to be said about the file. */
import type { ImageReport } from '../report/model.js';

export type FromResults =
  | { readonly image: ImageReport }
  /** The file is ours, but something about it is not whole; the images that were read count. */
  | { readonly remark: string }
  /** Nothing in it could be used, or drivers are missing that it has. */
  | { readonly failure: string };

/** Of the JSON report and of the lines of NDJSON. */
const SCHEMA_VERSION = 1;

/** What stands there in place of our version; null for ours. */
export function foreignVersion({ schemaVersion }: { readonly schemaVersion?: unknown }): string | null {
  if (schemaVersion === undefined || schemaVersion === SCHEMA_VERSION) return null;
  return typeof schemaVersion === 'number' ? String(schemaVersion) : 'unknown';
}

export const ofOtherVersion = (what: string, version: string): string =>
  `${what} of schema version ${version}, which this hvci-fix cannot read. Merge it with the hvci-fix that wrote it.`;

/** Files that hold results rather than an image. */
export const isResultsName = (path: string): boolean => /\.(?:ndjson|jsonl|json|sarif)$/i.test(path);
