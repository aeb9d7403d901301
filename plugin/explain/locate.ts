/** From an address in a log to the driver, and with its image to the function and the source line. */
import { hex } from '../../fixer/pe/hex.js';
import { type Image, parseImage } from '../../fixer/pe/image.js';
import type { LineLookup, SymbolLookup } from '../../fixer/rules/rule.js';
import type { SourceLine } from '../../fixer/rules/source-line.js';
import { readImage } from '../files/read.js';
import { symbolsBeside } from '../inspection/symbols-beside.js';
import type { Entry } from './collect.js';
import type { Module } from './sighting.js';

/** An image that the user gave, with what lies beside it. */
export interface KnownImage {
  readonly path: string;
  readonly image: Image;
  /** Size of the image in memory. */
  readonly size: number;
  readonly symbolAt: SymbolLookup | null;
  readonly lineAt: LineLookup | null;
  readonly notes: readonly string[];
  /** Where it is loaded, as --base says; null: the module list knows. */
  readonly base: bigint | null;
}

export interface Located {
  /** File name of the driver as far as it is known, else the debugger's name for the module. */
  readonly driver: string | null;
  /** How the driver is known. */
  readonly driverFrom: 'log' | 'module-list' | 'base' | 'only-verified-driver' | null;
  /** Of the return address, in the image. */
  readonly rva: number | null;
  readonly image: string | null;
  /** Function that holds the call, with the distance of the return address in it. */
  readonly symbol: string | null;
  readonly source: SourceLine | null;
  /** The section that the log names, or whose header it points to. */
  readonly section: string | null;
}

export type Loaded =
  | { readonly ok: true; readonly image: KnownImage }
  | { readonly ok: false; readonly message: string };

export async function loadImage(path: string, base: bigint | null): Promise<Loaded> {
  const read = readImage(path);
  if (!read.ok) return { ok: false, message: read.message };
  const parsed = parseImage(read.bytes);
  if (!parsed.ok)
    return { ok: false, message: `--image ${path} is no image that can be read: ${parsed.error.message}.` };
  const image: Image = parsed.value;
  const { symbolAt, lineAt, notes } = await symbolsBeside(path, image);
  return { ok: true, image: { path, size: image.optionalHeader.sizeOfImage, symbolAt, lineAt, notes, base, image } };
}

/** sizeof(IMAGE_SECTION_HEADER) */
const SECTION_HEADER = 40;

export const fileName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** `Dv-Ci.sys` is `Dv_Ci` to a debugger. */
const moduleName = (file: string): string =>
  fileName(file)
    .replace(/\.[^.]*$/, '')
    .replace(/\W/g, '_')
    .toLowerCase();

/** By its file name or, as `lm` shows it, by its module's. */
export const isCalled = (path: string, name: string): boolean =>
  fileName(path).toLowerCase() === name.toLowerCase() || moduleName(path) === name.replace(/\W/g, '_').toLowerCase();

const isOf = (image: KnownImage, { name, image: file }: Module): boolean =>
  moduleName(image.path) === name.toLowerCase() || (file !== null && moduleName(file) === moduleName(image.path));

export function locate(
  entry: Entry,
  modules: readonly Module[],
  images: readonly KnownImage[],
  verifiedDrivers: readonly string[],
): Located {
  const { address } = entry;
  const nowhere = { rva: null, image: null, symbol: null, source: null, section: entry.section ?? null };
  const found =
    address === undefined ? locateSection(entry, modules, images) : locateCaller(entry, address, modules, images);
  if (found !== null) return found;
  if (entry.driver !== undefined) return { driver: entry.driver, driverFrom: 'log', ...nowhere };
  const [only] = verifiedDrivers;
  return only !== undefined && verifiedDrivers.length === 1
    ? { driver: only, driverFrom: 'only-verified-driver', ...nowhere }
    : { driver: null, driverFrom: null, ...nowhere };
}

interface Placed {
  readonly driver: string;
  readonly driverFrom: 'module-list' | 'base';
  readonly rva: number;
  readonly image: KnownImage | null;
}

function locateCaller(
  entry: Entry,
  address: bigint,
  modules: readonly Module[],
  images: readonly KnownImage[],
): Located | null {
  const placed = placeOf(address, entry.line, modules, images);
  if (placed === null) return null;
  const { image, rva, ...known } = placed;
  const place = image === null ? { symbol: null, source: null } : placeIn(image, rva);
  return { ...known, rva, image: image?.path ?? null, ...place, section: entry.section ?? null };
}

/**
 * Bug checks 0x2003 to 0x2005 tell no caller: parameter 3 lies in the driver, and is the section header or, of 0x2005,
 * the import address table. That is no return address, so it is no rva of the entry's.
 */
function locateSection(entry: Entry, modules: readonly Module[], images: readonly KnownImage[]): Located | null {
  const [, inside, name] = entry.parameters ?? [];
  for (const address of [inside, name]) {
    const placed = address === undefined ? null : placeOf(address, entry.line, modules, images);
    if (placed === null) continue;
    const { image, rva, ...known } = placed;
    const section = entry.section ?? (image === null ? null : sectionNamed(image.image, rva));
    return { ...known, rva: null, image: image?.path ?? null, symbol: null, source: null, section };
  }
  return null;
}

/** The headers are mapped as they are in the file. */
const sectionNamed = ({ sections, addressSpace }: Image, rva: number): string | null =>
  (
    sections.find(({ headerOffset }) => rva >= headerOffset && rva < headerOffset + SECTION_HEADER) ??
    addressSpace.sectionAt(rva)
  )?.name ?? null;

function placeOf(
  address: bigint,
  line: number,
  modules: readonly Module[],
  images: readonly KnownImage[],
): Placed | null {
  const given = images.find(({ base, size }) => base !== null && address >= base && address < base + BigInt(size));
  if (given !== undefined && given.base !== null)
    return { driver: fileName(given.path), driverFrom: 'base', image: given, rva: Number(address - given.base) };
  const module = moduleAt(address, line, modules, images);
  if (module === null) return null;
  const image = images.find((each) => isOf(each, module)) ?? null;
  const driver = module.image ?? (image === null ? module.name : fileName(image.path));
  return { driver, driverFrom: 'module-list', image, rva: Number(address - module.start) };
}

/**
 * Several modules may have been at an address, one after each start of Windows: the list nearest to the line counts.
 * A list without ends (`!lmi`) knows them by the image, or by the address that it names.
 */
function moduleAt(
  address: bigint,
  line: number,
  modules: readonly Module[],
  images: readonly KnownImage[],
): Module | null {
  let best: Module | null = null;
  for (const module of modules) {
    if (address < module.start) continue;
    const size = module.end === null ? images.find((image) => isOf(image, module))?.size : undefined;
    const end = module.end ?? (size === undefined ? afterInside(module) : module.start + BigInt(size));
    if (end === null || address >= end) continue;
    if (best === null || Math.abs(module.line - line) < Math.abs(best.line - line)) best = module;
  }
  return best;
}

/** As far as it is known to reach. */
const afterInside = ({ inside }: Module): bigint | null => (inside === undefined ? null : inside + 1n);

/** Function and line of the call that returns to `rva`: the address itself may be another line, or function. */
export function placeIn({ symbolAt, lineAt }: KnownImage, rva: number): Pick<Located, 'symbol' | 'source'> {
  const call = Math.max(0, rva - 1);
  const symbol = symbolAt?.(call) ?? null;
  return { symbol: symbol === null ? null : advanced(symbol), source: lineAt?.(call) ?? null };
}

/** `Allocate+0x1a` of the byte before, for the return address itself. */
function advanced(symbol: string): string {
  const [, name = symbol, distance = '0'] = /^(.*)\+0x([0-9a-f]+)$/.exec(symbol) ?? [];
  return `${name}+${hex(Number.parseInt(distance, 16) + 1)}`;
}
