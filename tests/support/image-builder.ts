/**
 * Builds small PE images for tests. Every offset below is typed from the PE specification ("COFF File Header",
 * "Optional Header", "Section Table"), and nothing comes from fixer/: the reader and the builder cannot be wrong together.
 */
import { checkSumOf } from './image-builder-checksum.js';
import { type CoffSymbolSpec, coffTail } from './image-builder-symbols.js';

export type BuilderMachine = 'x64' | 'x86' | 'arm64' | 'arm' | 'ia64';
const MACHINES = { x64: 0x8664, x86: 0x014c, arm64: 0xaa64, arm: 0x01c4, ia64: 0x0200 } as const;

/** rva of a section by name, for data that points into other sections. */
export type RvaOf = (section: string) => number;
/** Bytes, or bytes made once the layout is known. The length must not depend on the rvas. */
export type Content = Uint8Array | ((rvaOf: RvaOf) => Uint8Array);

export interface SectionSpec {
  readonly name: string;
  readonly characteristics: number;
  readonly data?: Content;
  /** Default: the data's length. */
  readonly virtualSize?: number;
  /** Default: after the section before, rounded up to SectionAlignment. */
  readonly rva?: number;
  /** SizeOfRawData and PointerToRawData as written in the header; the data itself lies where it lies. */
  readonly sizeOfRawData?: number;
  readonly pointerToRawData?: number;
}

export interface DirectorySpec {
  readonly rva: number;
  readonly size: number;
}

export interface ImageSpec {
  readonly machine?: BuilderMachine | number;
  /** Default: PE32+ for the 64-bit machines. */
  readonly pe32plus?: boolean;
  readonly sections?: readonly SectionSpec[];
  readonly directories?: Readonly<Record<number, DirectorySpec | ((rvaOf: RvaOf) => DirectorySpec)>>;
  readonly subsystem?: number;
  readonly dllCharacteristics?: number;
  readonly entryPoint?: number | ((rvaOf: RvaOf) => number);
  readonly sectionAlignment?: number;
  readonly fileAlignment?: number;
  readonly sizeOfHeaders?: number;
  readonly sizeOfImage?: number;
  readonly peOffset?: number;
  readonly sizeOfOptionalHeader?: number;
  readonly numberOfRvaAndSizes?: number;
  readonly symbols?: readonly CoffSymbolSpec[];
  /** Bytes behind the sections and the COFF symbols. */
  readonly overlay?: Uint8Array;
  readonly certificate?: CertificateSpec;
  readonly checkSum?: 'right' | 'zero' | 'wrong' | number;
}

export interface CertificateSpec {
  /** `dangling`: no bytes, an entry past the end. `too-long`: the entry claims more than is there. */
  readonly place: 'end' | 'middle' | 'dangling' | 'too-long';
  /** Bytes of bCertificate. */
  readonly length?: number;
}

/** File offsets, all but `rva`. */
export interface BuiltImage {
  readonly bytes: Uint8Array;
  readonly fileHeader: number;
  readonly optionalHeader: number;
  readonly checkSum: number;
  readonly dllCharacteristics: number;
  readonly directory: (index: number) => number;
  readonly section: (name: string) => BuiltSection;
  /** Where the certificate table lies or should lie; 0 without one. */
  readonly certificate: { readonly offset: number; readonly size: number };
}

export interface BuiltSection {
  readonly index: number;
  readonly header: number;
  readonly rva: number;
  readonly offset: number;
  readonly size: number;
}

const up = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

export function buildImage(spec: ImageSpec = {}): BuiltImage {
  const machine = spec.machine ?? 'x64';
  const plus = spec.pe32plus ?? (machine !== 'x86' && machine !== 'arm');
  const fixed = plus ? 112 : 96;
  const pe = spec.peOffset ?? 0x80;
  const optional = pe + 24;
  const sizeOfOptionalHeader = spec.sizeOfOptionalHeader ?? fixed + 128;
  const table = optional + sizeOfOptionalHeader;
  const sections = spec.sections ?? [];
  const sectionAlignment = spec.sectionAlignment ?? 0x1000;
  const fileAlignment = spec.fileAlignment ?? 0x200;
  const leastHeaders = Math.max(table + sections.length * 40, optional + fixed);
  const sizeOfHeaders = spec.sizeOfHeaders ?? up(leastHeaders, fileAlignment);

  const placed = layOut(sections, sectionAlignment, fileAlignment, Math.max(sizeOfHeaders, leastHeaders));
  const rvaOf: RvaOf = (name) => {
    const index = sections.findIndex((section) => section.name === name);
    if (index < 0) throw new Error(`the specification has no section ${name}`);
    return (placed.sections[index] as Placed).rva;
  };

  const parts: Uint8Array[] = [];
  const tail = coffTail(
    spec.symbols ?? [],
    sections.map(({ name }) => name),
  );
  if (tail !== null) parts.push(tail.bytes);
  if (spec.overlay !== undefined) parts.push(spec.overlay);
  const unsigned = placed.end + parts.reduce((sum, part) => sum + part.length, 0);
  const certificate = certificateTable(spec.certificate, unsigned);
  const length = certificate.fileLength;

  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x5a4d, true);
  view.setUint32(0x3c, pe, true);
  view.setUint32(pe, 0x4550, true);
  view.setUint16(pe + 4, typeof machine === 'number' ? machine : MACHINES[machine], true);
  view.setUint16(pe + 6, sections.length, true);
  view.setUint32(pe + 8, 0x5f000001, true);
  view.setUint32(pe + 12, tail === null ? 0 : placed.end, true);
  view.setUint32(pe + 16, spec.symbols?.length ?? 0, true);
  view.setUint16(pe + 20, sizeOfOptionalHeader, true);
  view.setUint16(pe + 22, plus ? 0x22 : 0x102, true);

  view.setUint16(optional, plus ? 0x20b : 0x10b, true);
  const { entryPoint } = spec;
  view.setUint32(optional + 16, typeof entryPoint === 'function' ? entryPoint(rvaOf) : (entryPoint ?? 0), true);
  if (plus) view.setBigUint64(optional + 24, 0x140000000n, true);
  else view.setUint32(optional + 28, 0x10000, true);
  view.setUint32(optional + 32, sectionAlignment, true);
  view.setUint32(optional + 36, fileAlignment, true);
  view.setUint32(optional + 56, spec.sizeOfImage ?? placed.sizeOfImage, true);
  view.setUint32(optional + 60, sizeOfHeaders, true);
  view.setUint16(optional + 68, spec.subsystem ?? 1, true);
  view.setUint16(optional + 70, spec.dllCharacteristics ?? 0x0160, true);
  const numberOfRvaAndSizes = spec.numberOfRvaAndSizes ?? 16;
  view.setUint32(optional + fixed - 4, numberOfRvaAndSizes, true);
  const written = Math.min(numberOfRvaAndSizes, Math.floor((sizeOfOptionalHeader - fixed) / 8), 16);
  const setDirectory = (index: number, rva: number, size: number): void => {
    if (index >= written) throw new Error(`directory ${index} does not fit into the ${written} of the specification`);
    view.setUint32(optional + fixed + index * 8, rva, true);
    view.setUint32(optional + fixed + index * 8 + 4, size, true);
  };
  for (const [index, directory] of Object.entries(spec.directories ?? {})) {
    const { rva, size } = typeof directory === 'function' ? directory(rvaOf) : directory;
    setDirectory(Number(index), rva, size);
  }
  if (spec.certificate !== undefined) setDirectory(4, certificate.offset, certificate.size);

  placed.sections.forEach((place, index) => {
    const section = sections[index] as SectionSpec;
    const at = table + index * 40;
    bytes.set(tail?.sectionNames[index] ?? latin1(section.name.slice(0, 8)), at);
    view.setUint32(at + 8, section.virtualSize ?? place.length, true);
    view.setUint32(at + 12, place.rva, true);
    view.setUint32(at + 16, section.sizeOfRawData ?? place.size, true);
    view.setUint32(at + 20, section.pointerToRawData ?? place.offset, true);
    view.setUint32(at + 36, section.characteristics, true);
    bytes.set(contentOf(section, rvaOf), place.offset);
  });
  let at = placed.end;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  certificate.write(view);

  const right = checkSumOf(bytes, optional + 64);
  const wanted = spec.checkSum ?? 'right';
  const stored = { right, zero: 0, wrong: right + 1 };
  view.setUint32(optional + 64, typeof wanted === 'number' ? wanted : stored[wanted], true);
  return {
    bytes,
    fileHeader: pe + 4,
    optionalHeader: optional,
    checkSum: optional + 64,
    dllCharacteristics: optional + 70,
    directory: (index) => optional + fixed + index * 8,
    section: (name) => {
      const index = sections.findIndex((section) => section.name === name);
      const { rva, offset, size } = placed.sections[index] as Placed;
      return { index, header: table + index * 40, rva, offset, size };
    },
    certificate: { offset: certificate.offset, size: certificate.size },
  };
}

interface Placed {
  readonly rva: number;
  readonly offset: number;
  /** Raw size, and the data's own length. */
  readonly size: number;
  readonly length: number;
}

function layOut(sections: readonly SectionSpec[], sectionAlignment: number, fileAlignment: number, headers: number) {
  let rva = up(headers, Math.max(sectionAlignment, 1));
  let end = up(headers, Math.max(fileAlignment, 1));
  const placed: Placed[] = [];
  for (const section of sections) {
    const { length } = contentOf(section, () => 0);
    const size = up(length, Math.max(fileAlignment, 1));
    const at = section.rva ?? rva;
    placed.push({ rva: at, offset: size === 0 ? 0 : end, size, length });
    end += size;
    rva = at + up(section.virtualSize || length || section.sizeOfRawData || 0, Math.max(sectionAlignment, 1));
  }
  return { sections: placed, end, sizeOfImage: rva };
}

function contentOf(section: SectionSpec, rvaOf: RvaOf): Uint8Array {
  const { data } = section;
  return typeof data === 'function' ? data(rvaOf) : (data ?? new Uint8Array(0));
}

/** WIN_CERTIFICATE: dwLength, wRevision 0x200, wCertificateType 2 (PKCS#7), bCertificate. */
function certificateTable(spec: CertificateSpec | undefined, end: number) {
  if (spec === undefined) return { offset: 0, size: 0, fileLength: end, write: () => {} };
  const offset = up(end, 8);
  const used = 8 + (spec.length ?? 40);
  const size = up(used, 8);
  if (spec.place === 'dangling') return { offset, size, fileLength: end, write: () => {} };
  const write = (view: DataView): void => {
    view.setUint32(offset, used, true);
    view.setUint16(offset + 4, 0x200, true);
    view.setUint16(offset + 6, 2, true);
    for (let at = 8; at < used; at++) view.setUint8(offset + at, 0x30);
  };
  if (spec.place === 'too-long') return { offset, size: size + 0x100, fileLength: offset + size, write };
  return { offset, size, fileLength: offset + size + (spec.place === 'middle' ? 24 : 0), write };
}

export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
