/**
 * Functions that are found at run time by name: the DDIs whose names the image holds, and code that asks for a name which
 * is no constant of the image. Honest drivers ask for constants, to run on Windows that has no such function.
 */
import type { Image } from '../pe/image.js';
import { AskedNames } from './asked-names.js';
import { takesAddressArm64 } from './call-sites.js';
import type { CodeFunction } from './code-function.js';
import { ddis } from './ddi/catalogue.js';
import type { Ddi } from './ddi/ddi.js';
import { undecorated } from './imported.js';
import type { Program } from './program.js';
import { rawParts } from './raw-parts.js';
import { referrersOf } from './referenced.js';
import type { Call } from './visitor.js';

/** A name that code may ask for, and where it lies. */
export interface Name {
  readonly text: string;
  readonly rva: number;
  readonly isWide: boolean;
}

/** As MmGetSystemRoutineAddress takes it. */
const WIDE = /[A-Za-z_]\0(?:[A-Za-z0-9_]\0){3,62}\0\0/g;
/** As RtlFindExportedRoutineByName does, or RtlInitAnsiString; nothing of a longer text. */
const NARROW = /(?<![ -~])[A-Za-z_][A-Za-z0-9_]{3,62}\0/g;
const LETTER = /\w/;
const FEWEST_LETTERS = 3;
const MOST_LETTERS = 64;
/** What makes the wide name of a narrow one. */
const CONVERTERS = /^(?:RtlInit(?:Ansi)?String(?:Ex)?|RtlAnsiStringToUnicodeString)$/;
const TAKES_NARROW = /^(?:RtlFindExportedRoutineByName|FltGetRoutineAddress)$/;
const JUDGED = ddis.filter(({ judged, wdfIndex }) => judged.length > 0 && wdfIndex === undefined);
/** Callers of callers that are asked for the name. */
const DEEPEST = 3;
/** Pointers from the start of a structure or table to one that leads to a name: a UNICODE_STRING has it second. */
const BEFORE_NAME = 4;

/** DDIs with an argument to judge that the image names, other than to import them. */
export function namedDdis(program: Program, names: readonly Name[]): Set<Ddi> {
  const found = new Set<Ddi>();
  const spare = new Map<string, number>();
  for (const name of program.imported.names.values())
    if (name !== null) spare.set(undecorated(name), (spare.get(undecorated(name)) ?? 0) + 1);
  for (const { text, rva, isWide } of names) {
    // What lies right before a wide name may look like letters of it.
    const ddi = JUDGED.find(({ name }) => text.endsWith(name) && (isWide || text.length === name.length));
    if (ddi === undefined) continue;
    const imports = isWide ? 0 : (spare.get(text) ?? 0);
    // The import table holds the name once for each import; the export directory may hold it too.
    if (imports > 0) spare.set(text, imports - 1);
    else if (isWide || !isExportName(program.image, rva)) found.add(ddi);
  }
  return found;
}

/** rva of code that asks for a name which nothing shows; null where there is none. */
export function unknownLookup(program: Program, names: readonly Name[]): number | null {
  const finders = program.imported.finders;
  const references = program.references.to(finders.keys());
  const asking = program.functionsAt([...references.values()].flat()).filter(({ code }) => asks(program, code));
  if (asking.length === 0) return null;
  const lengths = new Map(names.map(({ rva, text, isWide }) => [rva, text.length * (isWide ? 2 : 1)]));
  const asked = new AskedNames(program, (rva) => lengths.get(rva) ?? nameLengthAt(program.image, rva));
  let naming: ReturnType<typeof functionsThatName> | null = null;
  const namedBy = (code: CodeFunction): ReadonlySet<number> | undefined => {
    naming ??= functionsThatName(program, names);
    return naming.get(code.entry);
  };
  const isExplained = (code: CodeFunction, depth: number, below: ReadonlySet<number>): boolean => {
    if (below.has(code.entry)) return true;
    if (depth > 0) {
      if (namedBy(code) !== undefined) return true;
    } else {
      const { shown, used } = asked.of(code);
      if (shown.includes('foreign')) return false;
      // Where the code does not show it, each call is taken to ask for a name of its own that nobody else is given.
      const open = shown.filter((each) => each === 'unknown').length;
      if (open === 0 && shown.length > 0) return true;
      const named = namedBy(code);
      if (named !== undefined) return [...named].filter((rva) => !used.has(rva)).length >= open;
    }
    if (depth >= DEEPEST) return false;
    const callers = new Set(Array.from(referrersOf(program, code), ({ caller }) => caller));
    const seen = new Set(below).add(code.entry);
    return callers.size > 0 && [...callers].every((caller) => isExplained(caller, depth + 1, seen));
  };
  const unknown = asking.find(({ code }) => !isExplained(code, 0, new Set()) && program.isReferenced(code));
  return unknown?.code.entry ?? null;
}

/** On ARM64 what refers to the page of the slot may mean anything else there. */
function asks(program: Program, code: CodeFunction): boolean {
  if (program.namesExactly) return true;
  let found = false;
  const call = (each: Call): void => {
    const callee = program.calleeOf(each);
    if (callee.kind === 'import' && program.imported.finders.has(callee.slot)) found = true;
  };
  program.analysis(code).visit({ call });
  return found;
}

/** By entry of a function: the names that it refers to, or to what holds the address of one. */
function functionsThatName(program: Program, names: readonly Name[]): Map<number, Set<number>> {
  const { image, imported, pointers, convention } = program;
  const all = [...imported.finders.values(), ...imported.names.values()];
  const takesNarrow = all.some((name) => name !== null && (TAKES_NARROW.test(name) || CONVERTERS.test(name)));
  /** What refers to a name, with the name. */
  const targets = new Map<number, number>();
  // The first letter may be the last one, and the end, of a name of one byte a letter.
  for (const { rva, isWide } of names)
    if (isWide || takesNarrow) targets.set(rva, rva).set(isWide ? rva + 2 : rva, rva);
  const fields = new Map<number, number>();
  const imageBase = Number(image.optionalHeader.imageBase);
  for (const field of [...pointers.fields]) {
    const bytes = image.readRva(field, convention.pointerWidth);
    if (!bytes.ok) continue;
    const view = new DataView(bytes.value.buffer, bytes.value.byteOffset, convention.pointerWidth);
    const address = convention.pointerWidth === 8 ? Number(view.getBigUint64(0, true)) : view.getUint32(0, true);
    const name = targets.get(address - imageBase);
    if (name === undefined) continue;
    fields.set(field, name);
  }
  // The nearest pointer is the structure's.
  for (let before = 0; before <= BEFORE_NAME; before++)
    for (const [field, name] of fields) {
      const target = field - before * convention.pointerWidth;
      if (!targets.has(target)) targets.set(target, name);
    }
  const naming = new Map<number, Set<number>>();
  for (const [target, places] of program.references.to(targets.keys()))
    for (const place of places) {
      // What names a page may mean anything on it.
      if (!program.namesExactly && !takesAddressArm64(image, place, target)) continue;
      const code = program.functions.containing(place);
      if (code === null) continue;
      const known = naming.get(code.entry);
      if (known === undefined) naming.set(code.entry, new Set([targets.get(target) as number]));
      else known.add(targets.get(target) as number);
    }
  return naming;
}

/** Bytes of the letters of a function’s name that start there in the file, wide or of one byte each; 0 where none do. */
function nameLengthAt(image: Image, rva: number): number {
  const first = image.readRva(rva, 2);
  if (!first.ok) return 0;
  const width = first.value[1] === 0 ? 2 : 1;
  for (let count = 0; count < MOST_LETTERS; count++) {
    const letter = image.readRva(rva + count * width, width);
    if (!letter.ok || (width === 2 && letter.value[1] !== 0)) return 0;
    if (letter.value[0] === 0) return count >= FEWEST_LETTERS ? count * width : 0;
    if (!LETTER.test(String.fromCharCode(letter.value[0] as number))) return 0;
  }
  return 0;
}

export function* namesIn(image: Image): Generator<Name> {
  for (const { section, begin, end } of rawParts(image)) {
    if (/^\.(?:debug|stab)/.test(section.name)) continue;
    const text = lettersOf(image.bytes.subarray(begin, end));
    const rvaOf = (at: number): number => section.virtualAddress + begin + at - section.rawOffset;
    for (const { 0: found, index } of text.matchAll(WIDE))
      yield { text: found.replaceAll('\0', ''), rva: rvaOf(index), isWide: true };
    for (const { 0: found, index } of text.matchAll(NARROW))
      yield { text: found.slice(0, -1), rva: rvaOf(index), isWide: false };
  }
}

/** One letter a byte, NUL among them. */
function lettersOf(bytes: Uint8Array): string {
  let text = '';
  // So many arguments fit on the stack.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192) as unknown as number[]);
  return text;
}

function isExportName(image: Image, rva: number): boolean {
  const directory = image.directory(0);
  return directory !== null && rva >= directory.virtualAddress && rva < directory.virtualAddress + directory.size;
}
