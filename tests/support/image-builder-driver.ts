/** A driver in which nothing is wrong, laid out as the WDK's linker does: descriptors in INIT, the IAT in .rdata. */
import { type BuilderMachine, type BuiltImage, buildImage, type ImageSpec, type SectionSpec } from './image-builder.js';
import {
  concat,
  importTables,
  type Library,
  type RelocationBlock,
  relocationTable,
  runtimeFunctionTable,
} from './image-builder-tables.js';

/** Characteristics as link.exe writes them for drivers. */
export const SCN = {
  text: 0x68000020,
  rdata: 0x48000040,
  data: 0xc8000040,
  pdata: 0x48000040,
  /** Code, discardable, execute, read. */
  init: 0x62000020,
  /** The same with write, as linkers up to VS2013 made it. */
  initRwx: 0xe2000020,
  rwx: 0xe8000020,
  reloc: 0x42000040,
} as const;

export const KERNEL: readonly Library[] = [
  { name: 'ntoskrnl.exe', functions: ['IofCompleteRequest', 'IoCreateDevice', 17] },
  { name: 'HAL.dll', functions: ['KeStallExecutionProcessor'] },
];

export interface DriverSpec extends ImageSpec {
  readonly machine?: BuilderMachine;
  /** Changes to the sections of the usual driver, by name; null leaves one out. */
  readonly change?: Readonly<Record<string, Partial<SectionSpec> | null>>;
  readonly more?: readonly SectionSpec[];
  readonly relocations?: readonly RelocationBlock[];
  readonly libraries?: readonly Library[];
  /** Section that holds the import address table, at its end. */
  readonly iatIn?: '.rdata' | 'INIT' | '.text' | '.data';
  /** False: data directory 12 stays empty. */
  readonly directory12?: boolean;
  readonly withoutLookup?: boolean;
}

/** Bytes of `.text` before anything that a specification adds. */
export const TEXT_SIZE = 0x60;
const RDATA_SIZE = 0x20;
const DATA_SIZE = 0x40;

export function buildDriver(spec: DriverSpec = {}): BuiltImage {
  const machine = spec.machine ?? 'x64';
  const width = machine === 'x86' || machine === 'arm' ? 4 : 8;
  const libraries = spec.libraries ?? KERNEL;
  const iatIn = spec.iatIn ?? '.rdata';
  const size = { '.text': TEXT_SIZE, '.rdata': RDATA_SIZE, '.data': DATA_SIZE };
  const options = { withoutLookup: spec.withoutLookup ?? false };
  const lengths = importTables(libraries, 0, 0, width, options);
  const iatAt = (rvaOf: (name: string) => number): number =>
    rvaOf(iatIn) + (iatIn === 'INIT' ? Math.ceil(lengths.descriptors.length / 8) * 8 : size[iatIn]);
  const tables = (rvaOf: (name: string) => number) =>
    importTables(libraries, rvaOf('INIT'), iatAt(rvaOf), width, options);
  const withIat = (name: string, own: Uint8Array) => (rvaOf: (section: string) => number) =>
    name === iatIn && spec.change?.['INIT'] !== null ? concat(own, tables(rvaOf).iat) : own;
  const code = (length: number): Uint8Array => new Uint8Array(length).fill(0xcc).fill(0xc3, 0, 1);
  const relocations = relocationTable(spec.relocations ?? [{ rva: 0x3000, entries: [[width === 8 ? 10 : 3, 8]] }]);

  const usual: readonly SectionSpec[] = [
    { name: '.text', characteristics: SCN.text, data: withIat('.text', code(TEXT_SIZE)) },
    { name: '.rdata', characteristics: SCN.rdata, data: withIat('.rdata', new Uint8Array(RDATA_SIZE)) },
    { name: '.data', characteristics: SCN.data, data: withIat('.data', new Uint8Array(DATA_SIZE)) },
    {
      name: '.pdata',
      characteristics: SCN.pdata,
      data: (rvaOf) => runtimeFunctionTable([rvaOf('.text'), rvaOf('.text') + 0x10, rvaOf('.rdata')]),
    },
    {
      name: 'INIT',
      characteristics: SCN.init,
      data: (rvaOf) => {
        const { descriptors, iat } = tables(rvaOf);
        const pad = new Uint8Array(Math.ceil(descriptors.length / 8) * 8 - descriptors.length);
        return iatIn === 'INIT' ? concat(descriptors, pad, iat) : descriptors;
      },
    },
    { name: '.reloc', characteristics: SCN.reloc, data: relocations },
  ];
  const sections: SectionSpec[] = [];
  for (const section of usual) {
    const change = spec.change?.[section.name];
    if (change !== null) sections.push({ ...section, ...change });
  }
  const has = (name: string): boolean => sections.some((section) => section.name === name);
  const directories: NonNullable<ImageSpec['directories']> = {
    ...(has('INIT') && { 1: (rvaOf) => ({ rva: rvaOf('INIT'), size: lengths.descriptorsSize }) }),
    ...(has('.pdata') &&
      (machine === 'x64' || machine === 'ia64') && { 3: (rvaOf) => ({ rva: rvaOf('.pdata'), size: 12 }) }),
    ...(has('.reloc') &&
      relocations.length > 0 && { 5: (rvaOf) => ({ rva: rvaOf('.reloc'), size: relocations.length }) }),
    ...(has('INIT') &&
      spec.directory12 !== false && { 12: (rvaOf) => ({ rva: iatAt(rvaOf), size: lengths.iat.length }) }),
    ...spec.directories,
  };
  return buildImage({
    entryPoint: (rvaOf) => rvaOf('.text'),
    ...spec,
    sections: [...(spec.sections ?? sections), ...(spec.more ?? [])],
    directories,
  });
}
