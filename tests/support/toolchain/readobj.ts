/** llvm-readobj as an oracle: its text output, read into plain objects (its JSON is invalid for COFF). */
import { execa } from 'execa';
import { parseReadobjText, type TextNode } from './readobj-text.js';
import { toolPath } from './tools.js';

export interface ReadobjSection {
  readonly name: string;
  /** The eight bytes of the header's Name field, in hex. */
  readonly rawName: string;
  readonly virtualSize: number;
  readonly virtualAddress: number;
  readonly sizeOfRawData: number;
  readonly pointerToRawData: number;
  readonly characteristics: number;
}

export interface ReadobjReport {
  readonly machine: number;
  readonly timeDateStamp: number;
  readonly pointerToSymbolTable: number;
  readonly numberOfSymbols: number;
  readonly sizeOfOptionalHeader: number;
  readonly characteristics: number;
  readonly magic: number;
  readonly addressOfEntryPoint: number;
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly sizeOfImage: number;
  readonly sizeOfHeaders: number;
  readonly checkSum: number;
  readonly subsystem: number;
  readonly dllCharacteristics: number;
  readonly sections: readonly ReadobjSection[];
  /** By readobj's names: ImportTable, IAT, BaseRelocationTable ... */
  readonly directories: ReadonlyMap<string, { readonly rva: number; readonly size: number }>;
  readonly imports: readonly { readonly name: string; readonly iatRva: number; readonly symbols: readonly string[] }[];
  /** Every entry, ABSOLUTE padding included; `address` is an rva. */
  readonly relocations: readonly { readonly type: string; readonly address: number }[];
  /** Type fields of the debug directory: 2 CodeView, 16 Repro ... */
  readonly debugTypes: readonly number[];
  /** Fields of the load configuration as readobj prints them, or null when there is none. */
  readonly loadConfig: ReadonlyMap<string, string> | null;
}

const flags = [
  ...['--file-headers', '--sections', '--coff-imports', '--coff-basereloc'],
  ...['--coff-load-config', '--coff-debug-directory'],
];

/** The number in `4096`, `0x10525`, `Repro (0x10)` or `2020-04-15 00:56:04 (0x5E965BA4)`. */
function numberIn(text: string): number {
  const value = Number(/\((0x[0-9A-F]+)\)$/i.exec(text)?.[1] ?? text);
  if (Number.isNaN(value)) throw new Error(`llvm-readobj printed ${JSON.stringify(text)} where a number was expected`);
  return value;
}

function section(node: TextNode): ReadobjSection {
  const [, name, hex] = /^(.*) \(((?:[0-9A-F]{2} ?){8})\)$/s.exec(node.text('Name')) ?? [];
  return {
    name: name ?? '',
    rawName: hex ?? '',
    virtualSize: numberIn(node.text('VirtualSize')),
    virtualAddress: numberIn(node.text('VirtualAddress')),
    sizeOfRawData: numberIn(node.text('RawDataSize')),
    pointerToRawData: numberIn(node.text('PointerToRawData')),
    characteristics: numberIn(node.child('Characteristics').label),
  };
}

function directories(node: TextNode): ReadobjReport['directories'] {
  const found = new Map<string, { rva: number; size: number }>();
  for (const key of node.fields.keys()) {
    if (!key.endsWith('RVA')) continue;
    const name = key.slice(0, -'RVA'.length);
    found.set(name, { rva: numberIn(node.text(key)), size: numberIn(node.text(`${name}Size`)) });
  }
  return found;
}

/** What llvm-readobj-22 says of the image at `path`. Throws when it cannot read it. */
export async function readobj(path: string): Promise<ReadobjReport> {
  const { stdout } = await execa(toolPath('llvm-readobj-22'), [...flags, path], { maxBuffer: 1 << 28 });
  const root = parseReadobjText(stdout);
  const file = root.child('ImageFileHeader');
  const optional = root.child('ImageOptionalHeader');
  const loadConfig = root.all('LoadConfig')[0];
  const number = (key: string): number => numberIn(optional.text(key));
  return {
    machine: numberIn(file.text('Machine')),
    timeDateStamp: numberIn(file.text('TimeDateStamp')),
    pointerToSymbolTable: numberIn(file.text('PointerToSymbolTable')),
    numberOfSymbols: numberIn(file.text('SymbolCount')),
    sizeOfOptionalHeader: numberIn(file.text('OptionalHeaderSize')),
    characteristics: numberIn(file.child('Characteristics').label),
    magic: number('Magic'),
    addressOfEntryPoint: number('AddressOfEntryPoint'),
    sectionAlignment: number('SectionAlignment'),
    fileAlignment: number('FileAlignment'),
    sizeOfImage: number('SizeOfImage'),
    sizeOfHeaders: number('SizeOfHeaders'),
    checkSum: number('CheckSum'),
    subsystem: number('Subsystem'),
    dllCharacteristics: numberIn(optional.child('Characteristics').label),
    sections: root.child('Sections').children.map(section),
    directories: directories(optional.child('DataDirectory')),
    imports: root.all('Import').map((node) => ({
      name: node.text('Name'),
      iatRva: numberIn(node.text('ImportAddressTableRVA')),
      // `IoCreateDevice (0)`: the number is the hint.
      symbols: node.texts('Symbol').map((symbol) => symbol.replace(/ \(\d+\)$/, '')),
    })),
    relocations: root
      .all('BaseReloc')
      .flatMap((list) =>
        list.children.map((node) => ({ type: node.text('Type'), address: numberIn(node.text('Address')) })),
      ),
    debugTypes: root.all('DebugDirectory').flatMap((list) => list.children.map((node) => numberIn(node.text('Type')))),
    loadConfig:
      loadConfig === undefined ? null : new Map([...loadConfig.fields].map(([key, [value]]) => [key, value ?? ''])),
  };
}
