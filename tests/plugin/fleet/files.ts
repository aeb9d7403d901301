/** Files of results as machines leave them, and what is read from them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type ReadFleet, readResults } from '../../../plugin/fleet/read-results.js';
import type { ImageReport } from '../../../plugin/report/model.js';
import { createNdjsonReporter } from '../../../plugin/report/ndjson.js';
import { scratch } from '../files/scratch.js';
import { summary } from '../report/samples.js';

export const ndjson = (...images: readonly ImageReport[]): string => {
  const reporter = createNdjsonReporter();
  return (
    images.map((report) => reporter.image({ report, named: true, sections: [] })).join('') +
    reporter.end(summary({ images: images.length }))
  );
};

/** Writes the files below a new folder and reads them, in this order. */
export async function read(
  t: ExecutionContext,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<ReadFleet & { readonly images: ImageReport[]; readonly begun: string[] }> {
  const folder = scratch(t);
  const paths = Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  });
  const begun: string[] = [];
  const result = await readResults(paths, (path) => begun.push(path.slice(folder.length + 1)));
  const shorten = (lines: readonly string[]) => lines.map((line) => line.replaceAll(`${folder}/`, ''));
  return {
    ...result,
    remarks: shorten(result.remarks),
    failures: shorten(result.failures),
    images: [...result.fleet.images()],
    begun,
  };
}
