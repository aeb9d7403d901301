/** What the image imports, by import address table slot. */
import type { Parsed } from '../pe/errors.js';
import type { Image } from '../pe/image.js';
import { importedFunctions } from '../pe/imports.js';
import { Recent } from '../pe/recent.js';
import { ddiNamed } from './ddi/catalogue.js';
import type { Ddi } from './ddi/ddi.js';
import { FINDERS } from './judged-names.js';
import { packingSign } from './packing.js';
import { mayWriteOwnCode } from './self-writing.js';

export interface Imported {
  /** Names by rva of the slot; null where imported by ordinal. */
  readonly names: ReadonlyMap<number, string | null>;
  /** The DDIs of the catalogue among them. */
  readonly ddis: ReadonlyMap<number, Ddi>;
  readonly hasFramework: boolean;
  /** Names of the functions that find others by name. */
  readonly finders: ReadonlyMap<number, string>;
}

const remembered = new Recent<Parsed<Imported>>();

/** Read once an image: several rules ask. */
export const importedOf = (image: Image): Parsed<Imported> => remembered.of(image, readImported);

function readImported(image: Image): Parsed<Imported> {
  const names = new Map<number, string | null>();
  const ddis = new Map<number, Ddi>();
  let hasFramework = false;
  const finders = new Map<number, string>();
  const { imports } = image;
  if (!imports.ok) return imports;
  for (const descriptor of imports.value?.descriptors ?? []) {
    if (/^wdfldr\.sys$/i.test(descriptor.library)) hasFramework = true;
    const functions = importedFunctions(image, descriptor);
    if (!functions.ok) return functions;
    for (const { slot, name } of functions.value) {
      names.set(slot, name);
      if (name === null) continue;
      const plain = undecorated(name);
      if (FINDERS.includes(plain)) finders.set(slot, plain);
      const ddi = ddiNamed(plain);
      if (ddi !== null) ddis.set(slot, ddi);
    }
  }
  return { ok: true, value: { names, ddis, hasFramework, finders } };
}

/** `_Name@8` as some x86 import libraries keep it. */
export const undecorated = (name: string): string => /^_?(\w+?)@\d+$/.exec(name)?.[1] ?? name;

/** Of a machine whose code is read. */
export const isReadMachine = ({ machine }: Image): boolean =>
  machine === 'x64' || machine === 'x86' || machine === 'arm64';

/**
 * True where the code rules have something to look at: a call of a DDI of the catalogue, a framework whose functions
 * are in it, or a sign that it may write its own code or was packed. Everything else pays nothing for them.
 */
export function needsCode(image: Image): boolean {
  if (!isReadMachine(image)) return false;
  const imported = importedOf(image);
  if (!imported.ok) return false;
  const { ddis, hasFramework, finders } = imported.value;
  return (
    hasFramework ||
    mayWriteOwnCode(image) ||
    packingSign(image) !== null ||
    finders.size > 0 ||
    [...ddis.values()].some(({ judged }) => judged.length > 0)
  );
}
