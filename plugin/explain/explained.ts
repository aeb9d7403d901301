/** The entries of a log, explained: what both the text and the JSON show. */
import { hex } from '../../fixer/pe/hex.js';
import type { SourceLine } from '../../fixer/rules/source-line.js';
import { endsCall } from './call-before.js';
import type { Candidate, CandidateFinder } from './candidates.js';
import { type Collected, type Entry, occurrences } from './collect.js';
import { type KnownImage, type Located, locate } from './locate.js';
import { type Parameter, parametersOf } from './meaning.js';
import type { Form, Issue, Module } from './sighting.js';

export interface Explained extends Located {
  readonly issue: Issue;
  readonly eventId: number | null;
  readonly count: number;
  readonly forms: readonly Form[];
  /** Of the log, the first of it. */
  readonly line: number;
  readonly address: bigint | null;
  readonly parameters: readonly Parameter[];
  readonly details: readonly (readonly [name: string, value: string])[];
  readonly source: SourceLine | null;
  /** Calls that an address in no known module may be of. */
  readonly candidates: readonly Candidate[];
}

export interface ExplainedLog {
  /** As the user named it; `-` for standard input. */
  readonly path: string;
  /** By issue, in the order of their codes. */
  readonly entries: readonly Explained[];
  readonly notes: readonly string[];
}

export function explainLog(
  path: string,
  collected: Collected,
  modules: readonly Module[],
  images: readonly KnownImage[],
  candidatesOf: CandidateFinder,
): ExplainedLog {
  const all = [...collected.modules, ...modules];
  const merged = new Map<string, Explained>();
  for (const entry of collected.entries) {
    const located = locate(entry, all, images, collected.verifiedDrivers);
    const candidates = located.rva === null && entry.address !== undefined ? candidatesOf(entry) : [];
    const explained = explain(entry, located, candidates);
    const key = samePlace(explained) ?? `${merged.size}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? explained : together(known, explained));
  }
  const entries = [...merged.values()].sort((a, b) =>
    a.issue < b.issue ? -1 : a.issue > b.issue ? 1 : a.line - b.line,
  );
  return { path, entries, notes: notesFor(entries, collected, images) };
}

function explain(entry: Entry, located: Located, candidates: readonly Candidate[]): Explained {
  return {
    ...located,
    issue: entry.issue,
    eventId: entry.eventId ?? null,
    count: occurrences(entry),
    forms: [...entry.forms.keys()],
    line: entry.line,
    address: entry.address ?? null,
    parameters: parametersOf(entry),
    details: entry.details ?? [],
    candidates,
  };
}

/** Windows loads a driver elsewhere at every start: the same call has another address then. */
function samePlace({ issue, rva, driver }: Explained): string | null {
  return rva === null || driver === null ? null : `${issue} ${driver.toLowerCase()} ${rva}`;
}

function together(first: Explained, second: Explained): Explained {
  const forms = [...new Set([...first.forms, ...second.forms])];
  return { ...first, count: first.count + second.count, forms };
}

function notesFor(entries: readonly Explained[], collected: Collected, images: readonly KnownImage[]): string[] {
  const notes = images.flatMap((image) => image.notes);
  for (const image of images) {
    if (image.symbolAt === null)
      notes.push(`neither a PDB nor a map that fits lies beside ${image.path}: no function is named`);
    const here = entries.filter(({ image: used, rva }) => used === image.path && rva !== null);
    const odd = here.filter(({ rva }) => !endsCall(image.image, rva ?? 0));
    if (odd.length > 0) notes.push(noCallEnds(image, odd, here.length));
    if (image.base === null && !entries.some(({ image: used }) => used === image.path))
      notes.push(
        `no address in the log lies in ${image.path}: say with --base where it was loaded, or give a module list (lm)`,
      );
  }
  const unknown = entries.filter(({ address, rva, parameters, driver }) =>
    address === null ? parameters.length > 0 && driver === null : rva === null,
  ).length;
  if (unknown > 0)
    notes.push(
      `${unknown === 1 ? 'one address is' : `${unknown} addresses are`} in no module that is known: add the output of lm to the log, or --modules FILE, or --image FILE with --base ADDRESS`,
    );
  else if (entries.some(({ rva, image }) => rva !== null && image === null))
    notes.push('--image FILE names the driver, so that functions and source lines can be shown');
  if (collected.leftOut > 0) notes.push(`${collected.leftOut} further entries are left out`);
  return notes;
}

/** Windows reports where a call returns to: in the image that ran, the instruction before is that call. */
function noCallEnds(image: KnownImage, odd: readonly Explained[], all: number): string {
  const first = hex(odd[0]?.rva ?? 0);
  const where = all === 1 ? `rva ${first}` : `${odd.length} of ${all} addresses, the first rva ${first}`;
  const base = image.base === null ? '' : ', or --base is not where it was loaded';
  return `in ${image.path} no call ends at ${where}: it is probably another build than the one that ran${base}`;
}
