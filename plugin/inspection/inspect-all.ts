/** What was found, one after the other in this thread: a file is one image, a package any number. For `fix` and `baseline`. */
import type { Settings } from '../commands/settings.js';
import type { Suppress } from '../configuration/suppressions.js';
import { isPackageName } from '../files/image-names.js';
import type { ImageBuffer } from '../files/read.js';
import type { FoundFailure, FoundFile } from '../files/walk.js';
import { type Inspected, inspect } from './inspect.js';

export interface InspectedOne extends Inspected {
  readonly found: FoundFile | FoundFailure;
  readonly named: boolean;
  /** The archive that holds the image; null for a file. */
  readonly archive: string | null;
}

export async function* inspectAll(
  all: Iterable<FoundFile | FoundFailure>,
  settings: Settings,
  suppress: Suppress,
  buffer: ImageBuffer,
): AsyncGenerator<InspectedOne> {
  for (const found of all) {
    const { named } = found;
    if (!found.ok || !isPackageName(found.path)) {
      yield { ...(await inspect(found, settings, suppress, buffer)), found, named, archive: null };
      continue;
    }
    const { inspectPackage } = await import('../packages/inspect-package.js');
    for await (const inspected of inspectPackage(found, settings, suppress, buffer)) {
      const image: FoundFile = { ok: true, path: inspected.report.path, named: inspected.named };
      yield { ...inspected, found: image };
    }
  }
}
