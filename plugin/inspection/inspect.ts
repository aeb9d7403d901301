/** One file from path to verdict: read, parse, check. What `check` reports and what `fix` starts from. */
import { mayNeedCode } from '../../fixer/code/judged-names.js';
import type { Image } from '../../fixer/pe/image.js';
import { parseImage } from '../../fixer/pe/image.js';
import { type CheckOptions, type CheckResult, check } from '../../fixer/rules/check.js';
import type { Settings } from '../commands/settings.js';
import type { Suppress } from '../configuration/suppressions.js';
import type { FileFailure } from '../files/failure.js';
import { type FileIdentity, type ImageBuffer, readImage } from '../files/read.js';
import type { FoundFailure, FoundFile } from '../files/walk.js';
import type { ImageReport } from '../report/model.js';
import { imageReport, unreadableReport } from './image-report.js';

/** An image that was read and checked; `bytes` belong to the buffer and are overwritten by the next read. */
export interface Inspected {
  readonly report: ImageReport;
  readonly material: {
    readonly bytes: Uint8Array;
    readonly identity: FileIdentity;
    readonly image: Image;
    readonly result: CheckResult;
    /** What the image was checked with, the code engine among it. */
    readonly options: CheckOptions;
  } | null;
}

export async function inspect(
  found: FoundFile | FoundFailure,
  settings: Settings,
  suppress: Suppress,
  buffer: ImageBuffer,
): Promise<Inspected> {
  if (!found.ok) return { report: failureReport(found.path, found), material: null };
  const read = readImage(found.path, buffer, { atRest: found.atRest === true });
  if (!read.ok) return { report: failureReport(found.path, read), material: null };
  const { bytes, identity } = read;
  const sha256 = settings.hashes ? await sha256Of(bytes) : null;
  const parsed = parseImage(bytes);
  if (!parsed.ok) {
    const { code, offset, path, message } = parsed.error;
    return {
      report: {
        ...unreadableReport(found.path, bytes.length, {
          code,
          path,
          offset,
          // Place and remedy are added by the reporters, from the members beside this one.
          message: `${found.path}: ${message}.`,
        }),
        sha256,
      },
      material: null,
    };
  }
  const image = parsed.value;
  const options = await withCode(image, settings);
  let result = check(image, options);
  if (result.findings.some(({ code }) => NAMED.has(code)))
    result = await withSymbols(found.path, image, result, options);
  const report = { ...imageReport(found.path, image, result, suppress), sha256 };
  return { report, material: { bytes, identity, image, result, options } };
}

/** A file that the disk did not give. */
const failureReport = (shown: string, { code, path, message }: FileFailure): ImageReport =>
  unreadableReport(shown, 0, { code, path, offset: null, message });

/** The code engine is loaded only for an image that has something for it to read. */
async function withCode(image: Image, { checkOptions, code }: Settings): Promise<CheckOptions> {
  if (!code || !mayNeedCode(image)) return checkOptions;
  const { codeReadingFor } = await import('./code-engine.js');
  const reading = codeReadingFor(image);
  return reading === null ? checkOptions : { ...checkOptions, code: reading };
}

/** Rules whose findings name what lies at an rva. */
const NAMED: ReadonlySet<string> = new Set(['HVCI2000', 'HVCI2001', 'HVCI2002', 'HVCI3001', 'HVCI3004', 'HVCI3005']);

/** Debug information costs more than the whole check, so it is looked for only where a finding wants a name. */
async function withSymbols(
  path: string,
  image: Image,
  result: CheckResult,
  options: CheckOptions,
): Promise<CheckResult> {
  const { symbolsBeside } = await import('./symbols-beside.js');
  const symbols = symbolsBeside(path, image);
  const named = symbols.symbolAt === null ? result : check(image, { ...options, symbolAt: symbols.symbolAt });
  return { ...named, notes: [...named.notes, ...symbols.notes] };
}

export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(bytes).digest('hex');
}
