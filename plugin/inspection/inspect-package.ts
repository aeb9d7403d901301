/**
 * A driver package from path to verdicts: what `check`, `fix` and every scan do with a path that is an INF, a cabinet or a
 * zip. Loaded for such a path only.
 */
import type { Suppress } from '../configuration/suppressions.js';
import { type FileIdentity, type ImageBuffer, type ReadSuccess, readImage } from '../files/read.js';
import type { FoundFile } from '../files/walk.js';
import { withSignature } from '../packages/authenticode-report.js';
import { machineNote, namedIn, targetNote } from '../packages/inf/words.js';
import { isStopped, type Listener } from '../packages/listener.js';
import type { PackageFailure, PackageImage, PackageOfImage } from '../packages/package-image.js';
import type { ImageReport } from '../report/model.js';
import type { Settings } from '../session/settings.js';
import { asDuplicate } from './image-report.js';
import { examine, failureReport, type Inspected, sha256Of } from './inspect.js';

export interface InspectedInPackage extends Inspected {
  /** As in Scanned: not being able to check it is the call's failure. */
  readonly named: boolean;
  readonly package: PackageOfImage;
}

/** The path of the first image of the run with these bytes; null for a new one. `isMember`: it lies in an archive. */
export type FirstOf = (path: string, read: ReadSuccess, isMember: boolean) => string | null;

/** In the order of the package; `material` is overwritten by the next. Never rejects for what the package holds. */
export async function* inspectPackage(
  found: FoundFile,
  settings: Settings,
  suppress: Suppress,
  buffer: ImageBuffer,
  listener: Listener,
  firstOf: FirstOf = () => null,
): AsyncGenerator<InspectedInPackage> {
  for await (const image of imagesOfPackage(found.path, buffer, listener)) {
    if (await isStopped(listener)) return;
    if (image.ok) {
      const inspected = await inspectOne(image, settings, suppress, buffer, firstOf);
      yield { ...inspected, named: found.named || isMissed(found, inspected.report) };
    } else {
      const report = failureReport(image.path, image);
      const named = found.named || isMissed(found, report);
      yield { report, material: null, named: named && !image.minor, package: { archive: null, catalogs: [] } };
    }
  }
}

/** Packages that a pattern finds are named by it, but for those that hold no driver: there may be any among them. */
const isMissed = ({ namedAsPackage }: FoundFile, { status, error }: ImageReport): boolean =>
  namedAsPackage === true && status === 'unreadable' && error?.code !== 'no-match';

async function* imagesOfPackage(
  path: string,
  buffer: ImageBuffer,
  listener: Listener,
): AsyncGenerator<PackageImage | PackageFailure> {
  if (/\.inf$/i.test(path)) yield* (await import('../packages/inf/inf-package.js')).infImages(path, listener);
  else yield* (await import('../packages/archive.js')).archiveImages(path, buffer, listener);
}

/** Of a member of an archive: there is no file to compare with. */
const noIdentity = (size: number): FileIdentity => ({ dev: 0n, ino: 0n, size, mtimeNs: 0n, mode: 0 });

async function inspectOne(
  image: PackageImage,
  settings: Settings,
  suppress: Suppress,
  buffer: ImageBuffer,
  firstOf: FirstOf,
): Promise<Omit<InspectedInPackage, 'named'>> {
  const { path, bytes, archive, catalogs } = image;
  const read =
    bytes === null ? readImage(path, buffer) : { ok: true as const, bytes, identity: noIdentity(bytes.length) };
  if (!read.ok) return { report: failureReport(path, read), material: null, package: image };
  const { report: plain, material } = await examine(path, read, forPackage(settings, image), suppress);
  const sha256 = settings.hashes ? await sha256Of(read.bytes) : null;
  const notes = [...plain.coverage.notes, ...image.notes, ...namedNotes(image, plain, settings)];
  const inside = archive === null ? {} : { archive };
  const whole: ImageReport = { ...plain, ...inside, sha256, coverage: { ...plain.coverage, notes } };
  const first = firstOf(path, read, archive !== null);
  const report = first === null ? whole : asDuplicate(whole, first);
  if (material === null) return { report, material, package: image };
  return { report: withSignature(report, material.image, catalogs), material, package: image };
}

/**
 * `auto` is what the INF's decorations say of the oldest Windows, where they say it. Hashes are told here, where the
 * catalogs of the package are known.
 */
function forPackage(settings: Settings, { namedBy }: PackageImage): Settings {
  const targetOs = namedBy?.image.targetOs ?? null;
  const plain = { ...settings, hashes: false };
  if (!settings.targetOsIsAutomatic || targetOs === null) return plain;
  return { ...plain, targetOs, checkOptions: { ...settings.checkOptions, targetOs } };
}

function namedNotes({ namedBy }: PackageImage, report: ImageReport, settings: Settings): string[] {
  if (namedBy === null) return [];
  const { inf, image } = namedBy;
  const odd = machineNote(inf, image, report.machine);
  const { targetOs } = image;
  const judged = settings.targetOsIsAutomatic && targetOs !== null && targetOs !== settings.targetOs;
  return [namedIn(inf, image), ...(odd === null ? [] : [odd]), ...(judged ? [targetNote(inf, targetOs)] : [])];
}
