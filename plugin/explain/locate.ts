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

export const fileName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** `Dv-Ci.sys` is `Dv_Ci` to a debugger. */
const moduleName = (file: string): string =>
  fileName(file)
    .replace(/\.[^.]*$/, '')
    .replace(/\W/g, '_')
    .toLowerCase();

const isOf = (image: KnownImage, { name, image: file }: Module): boolean =>
  moduleName(image.path) === name.toLowerCase() || (file !== null && moduleName(file) === moduleName(image.path));

export function locate(
  entry: Entry,
  modules: readonly Module[],
  images: readonly KnownImage[],
  verifiedDrivers: readonly string[],
): Located {
  const { address } = entry;
  const nowhere = { rva: null, image: null, symbol: null, source: null };
  if (address !== undefined) {
    const given = images.find(({ base, size }) => base !== null && address >= base && address < base + BigInt(size));
    if (given?.base !== undefined && given.base !== null)
      return { driver: fileName(given.path), driverFrom: 'base', ...inside(given, address - given.base) };
    const module = moduleAt(address, entry.line, modules, images);
    if (module !== null) {
      const image = images.find((each) => isOf(each, module));
      const driver = module.image ?? (image === undefined ? module.name : fileName(image.path));
      const rva = Number(address - module.start);
      const place = image === undefined ? { ...nowhere, rva } : inside(image, address - module.start);
      return { driver, driverFrom: 'module-list', ...place };
    }
  }
  if (entry.driver !== undefined) return { driver: entry.driver, driverFrom: 'log', ...nowhere };
  const [only] = verifiedDrivers;
  return only !== undefined && verifiedDrivers.length === 1
    ? { driver: only, driverFrom: 'only-verified-driver', ...nowhere }
    : { driver: null, driverFrom: null, ...nowhere };
}

/**
 * Several modules may have been at an address, one after each start of Windows: the list nearest to the line counts.
 * A list without ends (`!lmi`) knows them by the image, or not at all.
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
    const end = module.end ?? (size === undefined ? null : module.start + BigInt(size));
    if (end === null || address >= end) continue;
    if (best === null || Math.abs(module.line - line) < Math.abs(best.line - line)) best = module;
  }
  return best;
}

function inside(image: KnownImage, offset: bigint): Omit<Located, 'driver' | 'driverFrom'> {
  const rva = Number(offset);
  return { rva, image: image.path, ...placeIn(image, rva) };
}

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
