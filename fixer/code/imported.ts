/** What the image imports, by import address table slot. */
import type { Parsed } from '../pe/errors.js';
import type { Image } from '../pe/image.js';
import { importedFunctions } from '../pe/imports.js';
import { Recent } from '../pe/recent.js';
import { ddiNamed } from './ddi/catalogue.js';
import type { Ddi } from './ddi/ddi.js';
import { packingSign } from './packing.js';
import { mayWriteOwnCode } from './self-writing.js';

export interface Imported {
  /** Names by rva of the slot; null where imported by ordinal. */
  readonly names: ReadonlyMap<number, string | null>;
  /** The DDIs of the catalogue among them. */
  readonly ddis: ReadonlyMap<number, Ddi>;
  readonly hasFramework: boolean;
  /** Through MmGetSystemRoutineAddress. */
  readonly findsAtRunTime: boolean;
}

const remembered = new Recent<Parsed<Imported>>();

/** Read once an image: several rules ask. */
export const importedOf = (image: Image): Parsed<Imported> => remembered.of(image, readImported);

function readImported(image: Image): Parsed<Imported> {
  const names = new Map<number, string | null>();
  const ddis = new Map<number, Ddi>();
  let hasFramework = false;
  let findsAtRunTime = false;
  const { imports } = image;
  if (!imports.ok) return imports;
  for (const descriptor of imports.value?.descriptors ?? []) {
    if (/^wdfldr\.sys$/i.test(descriptor.library)) hasFramework = true;
    const functions = importedFunctions(image, descriptor);
    if (!functions.ok) return functions;
    for (const { slot, name } of functions.value) {
      names.set(slot, name);
      findsAtRunTime ||= name === 'MmGetSystemRoutineAddress';
      const ddi = name === null ? null : ddiNamed(undecorated(name));
      if (ddi !== null) ddis.set(slot, ddi);
    }
  }
  return { ok: true, value: { names, ddis, hasFramework, findsAtRunTime } };
}

/** `_Name@8` as some x86 import libraries keep it. */
export const undecorated = (name: string): string => /^_?(\w+?)@\d+$/.exec(name)?.[1] ?? name;

/**
 * True where the code rules have something to look at: a call of a DDI of the catalogue, a framework whose functions
 * are in it, or a sign that it may write its own code or was packed. Everything else pays nothing for them.
 */
export function needsCode(image: Image): boolean {
  if (image.machine !== 'x64' && image.machine !== 'x86' && image.machine !== 'arm64') return false;
  const imported = importedOf(image);
  if (!imported.ok) return false;
  const { ddis, hasFramework, findsAtRunTime } = imported.value;
  return (
    hasFramework ||
    mayWriteOwnCode(image) ||
    packingSign(image) !== null ||
    findsAtRunTime ||
    [...ddis.values()].some(({ judged }) => judged.length > 0)
  );
}
