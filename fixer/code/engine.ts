/** Puts the parts together: an image in, facts out. */
import type { Image } from '../pe/image.js';
import { Recent } from '../pe/recent.js';
import { Arm64Source } from './arm64/source.js';
import { judgeCalls } from './calls.js';
import type { CodeMachine } from './convention.js';
import type { CodeEngine, CodeFacts, JudgedCall, Unseen } from './facts.js';
import { type Imported, importedOf } from './imported.js';
import type { InstructionSource } from './instruction.js';
import { interfaceNotes } from './interfaces.js';
import { readPointers } from './pointers.js';
import { Program } from './program.js';
import { runsIn } from './runs.js';
import { isSameCode } from './same-code.js';
import { functionStarts } from './starts.js';
import { controlWrites, executableSections, storesInto } from './stores.js';
import { findersInWords, unseenCalls } from './unseen.js';
import { Iced, type IcedExports } from './x86/iced.js';
import { scopeTargets } from './x86/scope-tables.js';
import { X86Source } from './x86/source.js';

const NOTHING: ReadonlySet<number> = new Set();

export interface CodeEngineOptions {
  /** The exports of iced-x86's WebAssembly, asked for once and only when an image holds x86 or x64 code. */
  readonly iced: () => IcedExports;
}

export function createCodeEngine(options: CodeEngineOptions): CodeEngine {
  let iced: Iced | null = null;
  const facts = new Recent<CodeFacts>();
  const programs = new Recent<{ readonly program: Program; readonly imported: Imported; free(): void }>();
  const read = (image: Image) => {
    const machine = machineOf(image);
    const imported = importedOf(image);
    if (machine === null || !imported.ok) return null;
    const pointers = readPointers(image);
    const inside = machine === 'x86' ? scopeTargets(image, pointers) : NOTHING;
    const starts = machine === 'x86' ? functionStarts(image, pointers, inside) : [...pointers.targets];
    const make = (source: InstructionSource): Program =>
      new Program(image, machine, imported.value, pointers, source, starts, inside);
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
  const analyse = (image: Image): CodeFacts | null => {
    const known = facts.get(image) ?? withProgram(image, readFacts);
    if (known !== null) facts.set(image, known);
    return known;
  };
  return {
    analyse,
    carryOver(from, to) {
      const known = facts.get(from);
      const askedFor = programs.get(from)?.program.memory.askedFor;
      if (known !== null && askedFor !== undefined && isSameCode(from, to, askedFor)) facts.set(to, known);
    },
    release() {
      facts.clear();
      programs.clear();
    },
    runsIn(image, sections) {
      const calls = analyse(image)?.calls ?? [];
      return withProgram(image, (program) => runsIn(program, calls, sections));
    },
    storesInto: (image, sections) =>
      withProgram(image, (program) => ({ stores: storesInto(program, sections), isWhole: program.isWhole })),
  };
}

const machineOf = ({ machine }: Image): CodeMachine | null =>
  machine === 'x64' || machine === 'x86' || machine === 'arm64' ? machine : null;

function readFacts(program: Program, imported: Imported): CodeFacts {
  const blind = { kept: new Map<string, number>(), unnamed: new Set<number>() };
  const calls = judgeCalls(program, blind);
  const advisories = [...imported.ddis]
    .filter(([, { listed, judged }]) => listed && judged.length === 0)
    .map(([slot, ddi]) => ({ ddi, slot }));
  // What an index leads to may lie in another section: no finding, though `fix` does not take its chance.
  const selfStores = storesInto(program, executableSections(program.image)).filter(({ isIndexed }) => !isIndexed);
  const writes = controlWrites(program);
  // Last, when all that is wanted of the code has been decoded.
  const unseen = unseenCalls(program, imported, blind);
  const resolved = calls.filter(({ outcome }) => outcome !== 'undetermined').length;
  return {
    calls,
    unseen,
    advisories,
    selfStores,
    controlWrites: writes,
    optInGlobals: optInGlobals(calls),
    coverage: { callSites: calls.length, resolved, notes: notesOf(program, imported, unseen) },
  };
}

const optInGlobals = (calls: readonly JudgedCall[]): number[] => [
  ...new Set(calls.filter(({ outcome }) => outcome === 'opt-in').flatMap(({ globals }) => globals)),
];

function notesOf(program: Program, imported: Imported, unseen: readonly Unseen[]): string[] {
  const notes = interfaceNotes(program.image, imported);
  for (const reason of new Set(unseen.map((each) => each.reason))) notes.push(`coverage is low: ${reason}`);
  if (imported.hasFramework && program.binding === null && unseen.length === 0)
    notes.push('the framework’s function table was not found, so calls of it are not examined');
  if (notes.length === 0 && imported.finders.size > 0)
    notes.push(
      `functions that ${findersInWords(imported.finders)} finds at run time are not examined; no name of a judged DDI is in the image`,
    );
  return notes;
}
