/** Puts the parts together: an image in, facts out. */
import { hex } from '../pe/hex.js';
import type { Image } from '../pe/image.js';
import { Arm64Source } from './arm64/source.js';
import { judgeCalls } from './calls.js';
import type { CodeMachine } from './convention.js';
import type { CodeEngine, CodeFacts, JudgedCall } from './facts.js';
import { findWideString } from './framework.js';
import { type Imported, importedOf } from './imported.js';
import type { InstructionSource } from './instruction.js';
import { interfaceNotes } from './interfaces.js';
import { readPointers } from './pointers.js';
import { Program } from './program.js';
import { isSameCode } from './same-code.js';
import { functionStarts } from './starts.js';
import { controlWrites, executableSections, storesInto } from './stores.js';
import { Iced, type IcedExports } from './x86/iced.js';
import { X86Source } from './x86/source.js';

export interface CodeEngineOptions {
  /** The exports of iced-x86's WebAssembly, asked for once and only when an image holds x86 or x64 code. */
  readonly iced: () => IcedExports;
}

export function createCodeEngine(options: CodeEngineOptions): CodeEngine {
  let iced: Iced | null = null;
  const facts = new WeakMap<Image, CodeFacts>();
  const programs = new WeakMap<Image, { readonly program: Program; readonly imported: Imported; free(): void }>();
  const read = (image: Image) => {
    const machine = machineOf(image);
    const imported = importedOf(image);
    if (machine === null || !imported.ok) return null;
    const pointers = readPointers(image);
    const starts = machine === 'x86' ? functionStarts(image, pointers) : [...pointers.targets];
    const make = (source: InstructionSource): Program =>
      new Program(image, machine, imported.value, pointers, source, starts);
    if (machine === 'arm64')
      return { program: make(new Arm64Source(image)), imported: imported.value, free: () => undefined };
    iced ??= new Iced(options.iced());
    const source = new X86Source(iced, image, {
      is64: machine === 'x64',
      imageBase: Number(image.optionalHeader.imageBase),
      sizeOfImage: image.optionalHeader.sizeOfImage,
      // An image without relocations cannot tell: then whatever looks like an address is one.
      isRelocated: (rva) => pointers.fields.size === 0 || pointers.fields.has(rva),
    });
    return { program: make(source), imported: imported.value, free: () => source.free() };
  };
  /** Runs `use` over the image's program, read once, and gives the decoder's memory back, whatever happens. */
  const withProgram = <T>(image: Image, use: (program: Program, imported: Imported) => T): T | null => {
    const known = programs.get(image) ?? read(image);
    if (known === null) return null;
    programs.set(image, known);
    try {
      return use(known.program, known.imported);
    } finally {
      known.free();
    }
  };
  return {
    analyse(image) {
      const known = facts.get(image) ?? withProgram(image, readFacts);
      if (known !== null) facts.set(image, known);
      return known;
    },
    carryOver(from, to) {
      const known = facts.get(from);
      const askedFor = programs.get(from)?.program.memory.askedFor;
      if (known !== undefined && askedFor !== undefined && isSameCode(from, to, askedFor)) facts.set(to, known);
    },
    storesInto: (image, sections) => withProgram(image, (program) => storesInto(program, sections)),
  };
}

const machineOf = ({ machine }: Image): CodeMachine | null =>
  machine === 'x64' || machine === 'x86' || machine === 'arm64' ? machine : null;

function readFacts(program: Program, imported: Imported): CodeFacts {
  const kept = new Map<string, number>();
  const calls = judgeCalls(program, kept);
  const advisories = [...imported.ddis]
    .filter(([, { listed, judged }]) => listed && judged.length === 0)
    .map(([slot, ddi]) => ({ ddi, slot }));
  const selfStores = storesInto(program, executableSections(program.image));
  const resolved = calls.filter(({ outcome }) => outcome !== 'undetermined').length;
  return {
    calls,
    advisories,
    selfStores,
    controlWrites: controlWrites(program),
    optInGlobals: optInGlobals(calls),
    coverage: { callSites: calls.length, resolved, notes: notesOf(program, imported, kept) },
  };
}

const optInGlobals = (calls: readonly JudgedCall[]): number[] => [
  ...new Set(calls.filter(({ outcome }) => outcome === 'opt-in').flatMap(({ globals }) => globals)),
];

function notesOf(program: Program, imported: Imported, kept: ReadonlyMap<string, number>): string[] {
  const { names, hasFramework } = imported;
  const notes = interfaceNotes(program.image, imported);
  if ([...names.values()].includes('MmGetSystemRoutineAddress')) {
    const found = runTimeNames(program.image);
    notes.push(
      `coverage is low: functions that MmGetSystemRoutineAddress finds at run time are not examined${found.length > 0 ? ` (names in the image: ${found.join(', ')})` : ''}`,
    );
  }
  for (const [name, rva] of kept)
    notes.push(
      `coverage is low: the address of ${name} is read near rva ${hex(rva)} and called elsewhere, if at all: such calls are not examined`,
    );
  if (hasFramework && program.binding === null)
    notes.push('coverage is low: the framework’s function table was not found, so calls of it are not examined');
  if (program.budget.left <= 0 || program.budget.steps <= 0)
    notes.push('coverage is low: the code is larger than what one analysis decodes');
  return notes;
}

/** The commonest DDIs, where the image holds their names as wide strings. */
const runTimeNames = (image: Image): string[] =>
  [
    'ExAllocatePool2',
    'ExAllocatePoolWithTag',
    'ExAllocatePool',
    'MmMapLockedPagesSpecifyCache',
    'MmMapIoSpaceEx',
    'MmProtectMdlSystemAddress',
  ].filter((name) => findWideString(image, name) !== null);
