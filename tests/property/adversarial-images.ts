/** Images made to cost time or memory: a few megabytes that a careless reader squares or multiplies. */
import { buildImage, latin1, type SectionSpec } from '../support/image-builder.js';
import { buildDriver, SCN } from '../support/image-builder-driver.js';
import { concat, relocationTable, words } from '../support/image-builder-tables.js';

const MEGABYTE = 0x100000;
const rdata = (data: Uint8Array, more: Partial<SectionSpec> = {}): SectionSpec[] => [
  { name: '.rdata', characteristics: SCN.rdata, data, ...more },
];
const repeat = (record: Uint8Array, count: number): Uint8Array => {
  const all = new Uint8Array(record.length * count);
  for (let at = 0; at < count; at++) all.set(record, at * record.length);
  return all;
};
/** Sections without raw data, all of one kind. */
const many = (count: number, name: string, characteristics: number, rva: (index: number) => number): SectionSpec[] =>
  Array.from({ length: count }, (_, index) => ({ name, characteristics, rva: rva(index), virtualSize: 0x1000 }));

export const ADVERSARIAL: Readonly<Record<string, () => Uint8Array>> = {
  /** 150,000 descriptors that name the same table and the same long library name. */
  'overlapping import tables': () => {
    const descriptors = repeat(words(0x1008, 0, 0, 0x1008, 0x1008), 150_000);
    const data = concat(words(0, 0), latin1('x'.repeat(1000)), new Uint8Array(12), descriptors, new Uint8Array(20));
    return buildImage({ entryPoint: 1, sections: rdata(data), directories: { 1: { rva: 0x1000 + 1020, size: 40 } } })
      .bytes;
  },
  /** The same with tables that each run through the whole file. */
  'import tables that run into each other': () => {
    const thunks = 200_000;
    const data = new Uint8Array(thunks * 8 + 20 * 40_000 + 40).fill(1);
    const at = thunks * 8;
    for (let index = 0; index < 40_000; index++)
      data.set(words(0x1000 + index * 8, 0, 0, 0x1000 + at - 16, 0x1000), at + 8 + index * 20);
    data.fill(0, at - 16, at + 8);
    data.fill(0, data.length - 32);
    return buildImage({ entryPoint: 1, sections: rdata(data), directories: { 1: { rva: 0x1000 + at + 8, size: 40 } } })
      .bytes;
  },
  'an import table that spans 65,535 sections': () => {
    const sections = many(65_535, 'INIT', SCN.initRwx, (index) => 0x1000000 + index * 0x1000);
    return buildImage({ entryPoint: 1, sections, directories: { 12: { rva: 0x1000000, size: 0x0fffffff } } }).bytes;
  },
  /** Every FirstThunk array touches every section, because all sections lie at one place. */
  'thousands of import tables in 60,000 sections that overlap': () => {
    const descriptors = repeat(words(0x1008, 0, 0, 0x1000, 0x1000), 50_000);
    const data = concat(words(0x41, 0), new Uint8Array(16), descriptors, new Uint8Array(20));
    const sections = [...rdata(data), ...many(60_000, 'INIT', SCN.initRwx, () => 0x1000)];
    return buildImage({ entryPoint: 1, sections, sizeOfHeaders: 0x400, directories: { 1: { rva: 0x1018, size: 40 } } })
      .bytes;
  },
  /** Each INIT is asked whether any of the libraries has its table there. */
  'thousands of import tables that directory 12 leaves out, beside 60,000 sections INIT': () => {
    const descriptors = repeat(words(0, 0, 0, 0x1000, 0x1000), 100_000);
    const data = concat(words(0x41, 0), descriptors, new Uint8Array(20));
    const sections = [
      ...rdata(data, { rva: 0x1000 }),
      ...many(60_000, 'INIT', SCN.initRwx, (index) => 0x10000000 + index * 0x1000),
    ];
    const directories = { 1: { rva: 0x1008, size: 40 }, 12: { rva: 0x1000, size: 8 } };
    return buildImage({ entryPoint: 1, sections, sizeOfHeaders: 0x400, directories }).bytes;
  },
  '65,535 sections of every kind of defect': () => {
    const kinds = [SCN.initRwx, SCN.rwx, 0, SCN.text];
    const sections = Array.from({ length: 65_535 }, (_, index) => ({
      name: index % 4 === 0 ? 'INIT' : 'PATCH',
      characteristics: kinds[index % 4] as number,
      rva: 0x1000010 + index * 0x1000,
      virtualSize: 0x1000,
    }));
    return buildImage({ entryPoint: 1, sections, dllCharacteristics: 0 }).bytes;
  },
  /** Names that all point to one string of 255 characters. */
  '65,535 long section names': () => {
    const sections = many(65_535, '/4', SCN.rwx, (index) => 0x1000000 + index * 0x1000);
    const symbols = [{ name: 'y'.repeat(5000), value: 0, section: 1 }];
    return buildImage({ entryPoint: 1, sections, symbols }).bytes;
  },
  'a huge directory over zeros that are not in the file': () => {
    const sections = rdata(new Uint8Array(16), { virtualSize: 0xf0000000 });
    const huge = { rva: 0x1000, size: 0xeffffff0 };
    return buildImage({ entryPoint: 1, sections, directories: { 1: huge, 3: huge, 5: huge, 10: huge, 12: huge } })
      .bytes;
  },
  'directories as large as the file over zeros': () => {
    const data = new Uint8Array(4 * MEGABYTE);
    const sections = rdata(data, { virtualSize: 0x80000000 });
    const huge = { rva: 0x70000000, size: data.length };
    return buildImage({ entryPoint: 1, sections, directories: { 1: huge, 3: huge, 5: huge, 10: huge, 12: huge } })
      .bytes;
  },
  'a million empty relocation blocks': () => {
    const data = repeat(relocationTable([{ rva: 0x1000, entries: [] }]), MEGABYTE / 2);
    return buildImage({ entryPoint: 1, sections: rdata(data), directories: { 5: { rva: 0x1000, size: data.length } } })
      .bytes;
  },
  'a million straddling relocations': () => {
    const block = relocationTable([
      { rva: 0x1000, entries: Array.from({ length: MEGABYTE }, () => [10, 0xfff] as const) },
    ]);
    return buildImage({
      entryPoint: 1,
      sections: rdata(block),
      directories: { 5: { rva: 0x1000, size: block.length } },
    }).bytes;
  },
  'sections that lie in one another': () => {
    const sections: SectionSpec[] = Array.from({ length: 20_000 }, (_, index) => ({
      name: 'NEST',
      characteristics: SCN.rwx,
      rva: 0x1000 + index * 16,
      virtualSize: 0x7fffffff,
      pointerToRawData: 0x200,
      sizeOfRawData: 0x10000,
    }));
    const huge = { rva: 0x1000, size: 0x8000 };
    return buildImage({
      entryPoint: 1,
      sections,
      overlay: new Uint8Array(0x10000),
      directories: { 1: huge, 3: huge, 5: huge, 12: huge },
    }).bytes;
  },
  'a hundred thousand COFF symbols with one long name': () => {
    const built = buildDriver({
      symbols: Array.from({ length: 100_000 }, () => ({ name: 's', value: 0, section: 1 })),
      overlay: latin1('z'.repeat(5000)),
    });
    const view = new DataView(built.bytes.buffer);
    const table = view.getUint32(built.fileHeader + 8, true);
    for (let at = 0; at < 100_000; at++) {
      view.setUint32(table + at * 18, 0, true);
      view.setUint32(table + at * 18 + 4, 4, true);
    }
    return built.bytes;
  },
  'a hundred thousand certificates': () => {
    const built = buildDriver({ certificate: { place: 'end', length: 1_600_000 } });
    const view = new DataView(built.bytes.buffer);
    for (let at = built.certificate.offset; at + 16 <= built.bytes.length; at += 16) view.setUint32(at, 9, true);
    return built.bytes;
  },
  'exception entries that all point at one .xdata across 60,000 sections': () => {
    const entry = words(0x1000, 0x1000);
    const data = repeat(entry, 200_000);
    const sections = [...rdata(data), ...many(60_000, 'PATCH', SCN.rwx, (index) => 0x10000000 + index * 0x1000)];
    const directories = { 3: { rva: 0x1000, size: data.length } };
    return buildImage({ machine: 'arm64', entryPoint: 1, sections, directories }).bytes;
  },
};
