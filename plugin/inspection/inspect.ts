/** One file from path to verdict: read, parse, check. What `check` reports and what `fix` starts from. */
import { mayNeedCode } from '../../fixer/code/judged-names.js';
import type { ParseError } from '../../fixer/pe/errors.js';
import type { Image } from '../../fixer/pe/image.js';
import { parseImage } from '../../fixer/pe/image.js';
import { kindOf } from '../../fixer/pe/kind.js';
import { type CheckOptions, type CheckResult, check } from '../../fixer/rules/check.js';
import { type Suppress, suppressNothing } from '../configuration/suppressions.js';
import { type FileFailure, vanished } from '../files/failure.js';
import { type FileIdentity, type ImageBuffer, type ReadSuccess, readImage } from '../files/read.js';
import type { FoundFailure, FoundFile } from '../files/walk.js';
import type { ImageReport, PageMap } from '../report/model.js';
import type { Settings } from '../session/settings.js';
import { countFile } from './first-files.js';
import { imageReport, unreadableReport } from './image-report.js';
import { symbolsBeside } from './symbols-beside.js';

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
  const read = readFound(found, buffer);
  if (!read.ok) return { report: failureReport(found.path, read), material: null };
  return examine(found.path, read, settings, suppress);
}

/** The bytes of what was found: the one place where a source gives them. */
export function readFound(found: FoundFile | FoundFailure, buffer: ImageBuffer): ReadSuccess | FileFailure {
  if (!found.ok) return found;
  countFile();
  const read = readImage(found.path, buffer, { atRest: found.atRest === true });
  return !read.ok && read.code === 'missing' && !found.named ? vanished('read', found.path) : read;
}

/**
 * Bytes in hand to verdict; `path` names them in the report and says where debug information may lie. Answers at once
 * where nothing has to be loaded, as for most images of a folder: each promise costs as much as a rule.
 */
export function examine(
  path: string,
  read: Pick<ReadSuccess, 'bytes' | 'identity'>,
  settings: Settings,
  suppress: Suppress,
): Inspected | Promise<Inspected> {
  const parsed = parseImage(read.bytes);
  if (!parsed.ok) return notParsed(path, read.bytes, parsed.error, settings);
  const image = parsed.value;
  const asked: Asked = { path, read, image, settings, suppress };
  const options = optionsFor(asked);
  if (settings.code && isJudged(image, settings) && mayNeedCode(image)) return checkCode(asked, options);
  return checked(asked, options);
}

/** One object for all images where nothing is accepted at any path. */
function optionsFor({ path, settings: { checkOptions }, suppress }: Asked): CheckOptions {
  if (suppress === suppressNothing) return checkOptions;
  return { ...checkOptions, accepts: (finding) => suppress(path, finding) !== null };
}

/** No rule looks at what is no driver. */
const isJudged = (image: Image, { checkOptions }: Settings): boolean =>
  (checkOptions.treatAs ?? kindOf(image)) === 'driver';

interface Asked {
  readonly path: string;
  readonly read: Pick<ReadSuccess, 'bytes' | 'identity'>;
  readonly image: Image;
  readonly settings: Settings;
  readonly suppress: Suppress;
}

let codeEngine: Promise<typeof import('./code-engine.js')> | null = null;
let release: (() => void) | null = null;

/** Of the images that were examined nothing more will be asked: in a scan what is known of their code would grow old. */
export const letGoOfCode = (): void => release?.();

/** The code engine is loaded only for an image that has something for it to read, and asked for once. */
async function checkCode(asked: Asked, options: CheckOptions): Promise<Inspected> {
  codeEngine ??= import('./code-engine.js');
  const module = await codeEngine;
  const code = module.codeReadingFor(asked.image);
  if (code !== null) release ??= module.codeEngine().release;
  return checked(asked, code === null ? options : { ...options, code });
}

function checked(asked: Asked, options: CheckOptions): Inspected | Promise<Inspected> {
  const { path, read, image, settings, suppress } = asked;
  const asFound = check(image, options);
  const unread = !settings.code && asFound.applicable;
  const result = unread ? { ...asFound, notes: [...asFound.notes, UNREAD] } : asFound;
  if (wantsSymbols(result) || settings.hashes || settings.pageMap) return inFull(asked, options, result);
  const report = imageReport(path, image, result, suppress, null);
  return { report, material: { bytes: read.bytes, identity: read.identity, image, result, options } };
}

/** With what costs more than the check itself: names from debug information, hashes, the page map. */
async function inFull(
  { path, read, image, settings, suppress }: Asked,
  options: CheckOptions,
  first: CheckResult,
): Promise<Inspected> {
  const { bytes, identity } = read;
  const sha256 = settings.hashes ? await sha256Of(bytes) : null;
  const result = wantsSymbols(first) ? await withSymbols(path, image, first, options) : first;
  const plain = imageReport(path, image, result, suppress, sha256);
  const signed = settings.hashes ? await signatureBeside(plain, image) : plain;
  const report = settings.pageMap ? { ...signed, pageMap: await mapOf(image, result, signed, settings) } : signed;
  return { report, material: { bytes, identity, image, result, options } };
}

function notParsed(
  path: string,
  bytes: Uint8Array,
  { code, offset, path: field, message }: ParseError,
  { hashes }: Settings,
): Inspected | Promise<Inspected> {
  // Place and remedy are added by the reporters, from the members beside the message.
  const error = { code, path: field, offset, message: `${path}: ${message}.` };
  const report = unreadableReport(path, bytes.length, error);
  if (!hashes) return { report, material: null };
  return sha256Of(bytes).then((sha256) => ({ report: { ...report, sha256 }, material: null }));
}

async function signatureBeside(report: ImageReport, image: Image): Promise<ImageReport> {
  const { withSignatureBeside } = await import('../packages/catalog/signature-beside.js');
  return withSignatureBeside(report, image);
}

/** A file that the disk did not give. */
export const failureReport = (shown: string, { code, path, message }: FileFailure): ImageReport =>
  unreadableReport(shown, 0, { code, path, offset: null, message });

/** Loaded only where somebody is going to look at pages. */
async function mapOf(image: Image, result: CheckResult, report: ImageReport, settings: Settings): Promise<PageMap> {
  const { pageMapOf } = await import('./page-map.js');
  return pageMapOf(image, result, report, settings);
}

/** Without it a verdict would say more than was looked at. */
const UNREAD = 'the code was not read, as asked: calls for executable memory are not looked for';

/** Rules whose findings name what lies at an rva. */
const NAMED: ReadonlySet<string> = new Set([
  ...['HVCI2000', 'HVCI2001', 'HVCI2002', 'HVCI3001', 'HVCI3004', 'HVCI3005', 'HVCI3006'],
]);

/** True where the report would say more, or other things, with debug information beside the image. */
export const wantsSymbols = ({ findings }: { readonly findings: readonly { readonly code: string }[] }): boolean =>
  findings.some(({ code }) => NAMED.has(code));

/** Debug information costs more than the whole check, so it is looked for only where a finding wants a name. */
async function withSymbols(
  path: string,
  image: Image,
  result: CheckResult,
  options: CheckOptions,
): Promise<CheckResult> {
  const { symbolAt, lineAt, notes } = await symbolsBeside(path, image);
  const named = symbolAt === null || lineAt === null ? result : check(image, { ...options, symbolAt, lineAt });
  return { ...named, notes: [...named.notes, ...notes] };
}

export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(bytes).digest('hex');
}
