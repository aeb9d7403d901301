/** What was found, in this thread: a file is one image, a package any number. */
import type { Settings } from '../commands/settings.js';
import type { Suppress } from '../configuration/suppressions.js';
import { isPackageName } from '../files/image-names.js';
import type { ImageBuffer } from '../files/read.js';
import type { Found } from '../files/walk.js';
import { type Inspected, inspect } from './inspect.js';

export interface InspectedOne extends Inspected {
  /** The image itself, where the package that was found names or holds it. */
  readonly found: Found;
  /** The archive that holds the image; null for a file. */
  readonly archive: string | null;
}

export async function* inspectFound(
  found: Found,
  settings: Settings,
  suppress: Suppress,
  buffer: ImageBuffer,
): AsyncGenerator<InspectedOne> {
  if (!found.ok || !isPackageName(found.path)) {
    yield { ...(await inspect(found, settings, suppress, buffer)), found, archive: null };
    return;
  }
  const { inspectPackage } = await import('../packages/inspect-package.js');
  for await (const { named, ...inspected } of inspectPackage(found, settings, suppress, buffer))
    yield { ...inspected, found: { ok: true, path: inspected.report.path, named } };
}
