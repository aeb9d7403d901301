/** What was found, in this thread: a file is one image, a package any number. */
import type { Suppress } from '../configuration/suppressions.js';
import { isPackageName } from '../files/image-names.js';
import type { ImageBuffer } from '../files/read.js';
import type { Found } from '../files/walk.js';
import type { Listener } from '../packages/listener.js';
import type { PackageOfImage } from '../packages/package-image.js';
import type { Settings } from '../session/settings.js';
import { type Inspected, inspect } from './inspect.js';

export interface InspectedOne extends Inspected {
  /** The image itself, where the package that was found names or holds it. */
  readonly found: Found;
  /** Null for a file that was found as such. */
  readonly package: PackageOfImage | null;
}

export async function* inspectFound(
  found: Found,
  settings: Settings,
  suppress: Suppress,
  buffer: ImageBuffer,
  listener: Listener,
): AsyncGenerator<InspectedOne> {
  if (!found.ok || !isPackageName(found.path)) {
    yield { ...(await inspect(found, settings, suppress, buffer)), found, package: null };
    return;
  }
  const { inspectPackage } = await import('./inspect-package.js');
  for await (const { named, ...inspected } of inspectPackage(found, settings, suppress, buffer, listener))
    yield { ...inspected, found: { ok: true, path: inspected.report.path, named } };
}
