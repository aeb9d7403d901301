/** What is among the alternatives of a value. */

import { type Atom, plainOrigin } from './atom.js';
import type { Origin } from './origin.js';
import type { Value } from './value.js';

/** Slots of the import address table whose content the value may be. */
export function importSlots({ atoms }: Value): number[] {
  const slots: number[] = [];
  for (let index = 0; index < (atoms?.length ?? 0); index++) {
    const origin = plainOrigin(atoms?.[index] ?? null);
    if (origin?.kind === 'import') slots.push(origin.slot);
  }
  return slots;
}

/** The lowest stack address that the value may be. */
export function lowestStack({ atoms }: Value): number {
  let offset = Number.POSITIVE_INFINITY;
  if (atoms === null) return offset;
  for (let index = 0; index < atoms.length; index++) {
    const atom = atoms[index] as Atom;
    if (atom.kind === 'stack' && atom.offset < offset) offset = atom.offset;
  }
  return offset;
}

/** Negative numbers down to here are taken for indexes; those below for the codes that functions return. */
const LONGEST_ARRAY = 2 ** 20;

/** An index that counts up to zero may start with it. */
export function mayCountUp({ atoms }: Value): boolean {
  if (atoms === null) return false;
  for (let index = 0; index < atoms.length; index++) {
    const atom = atoms[index] as Atom;
    if (atom.kind !== 'constant') continue;
    const number = atom.value >= 2 ** 31 && atom.value < 2 ** 32 ? atom.value - 2 ** 32 : atom.value;
    if (number < 0 && number >= -LONGEST_ARRAY) return true;
  }
  return false;
}

/** It is, or was read through, what the call at `rva` returned. */
export function dependsOn({ atoms }: Value, rva: number): boolean {
  if (atoms === null) return false;
  for (let index = 0; index < atoms.length; index++) {
    const atom = atoms[index] as Atom;
    if (atom.kind !== 'origins') continue;
    for (let at = 0; at < atom.origins.length; at++) {
      let origin = atom.origins[at] as Origin;
      while (origin.kind === 'member') origin = origin.of;
      if (origin.kind === 'result' && origin.rva === rva) return true;
    }
  }
  return false;
}
