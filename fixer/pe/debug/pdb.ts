/** A program database: its identity, and the streams about symbols, each read when it is first asked for. */
import { failed, type Parsed, type ParseError, parsed } from '../errors.js';
import { type Dbi, dbiStream, parseDbi } from './dbi.js';
import { type GlobalSymbols, parseGlobalSymbols } from './global-symbols.js';
import { type ModuleSymbols, parseModuleSymbols } from './module-symbols.js';
import { type Msf, openMsf } from './msf.js';
import { type PdbInfo, parsePdbInfo, pdbInfoStream } from './pdb-info.js';
import { layoutMisfit, type PdbLayout } from './pdb-layout.js';
import { type PdbSections, parsePdbSections } from './pdb-sections.js';
import { type Contributions, readContributions } from './section-contributions.js';

/** What ties an image to its PDB. `guid` is upper-case with dashes. */
export interface PdbIdentity {
  readonly guid: string;
  readonly age: number;
}

export interface Pdb {
  readonly info: PdbInfo;
  readonly dbi: Dbi;
  readonly sections: PdbSections;
  readonly contributions: Contributions;
  /** Null where the PDB has none, or where it is damaged: see `problems`. */
  globals(): GlobalSymbols | null;
  /** @param index into `dbi.modules`. Null as for `globals`. */
  module(index: number): ModuleSymbols | null;
  /** The `/names` stream, of file names; empty where there is none. */
  fileNames(): Uint8Array;
  /** Streams that could not be read so far. Grows with use, since streams are read when asked for. */
  readonly problems: readonly ParseError[];
}

/**
 * @param bytes the whole file; kept. Streams whose blocks lie in a row are not copied.
 * @param expected what the image's CodeView record says, or null where it has none
 * @param layout of an image without a CodeView record, which the PDB must repeat; null to take any PDB
 * @returns besides what openMsf says: `malformed` (path `pdb.identity`) for a PDB of another build, `unsupported` for
 *   one whose image was rearranged after the link (OMAP)
 */
export function openPdb(bytes: Uint8Array, expected: PdbIdentity | null, layout: PdbLayout | null = null): Parsed<Pdb> {
  const msf = openMsf(bytes);
  if (!msf.ok) return msf;
  const infoStream = msf.value.stream(pdbInfoStream);
  if (!infoStream.ok) return infoStream;
  const info = parsePdbInfo(infoStream.value);
  if (!info.ok) return info;
  const debugStream = msf.value.stream(dbiStream);
  if (!debugStream.ok) return debugStream;
  const dbi = parseDbi(debugStream.value);
  if (!dbi.ok) return dbi;
  const mismatch = compareIdentity(info.value, dbi.value, expected, infoStream.value.fileOffset(8));
  if (mismatch !== null) return mismatch;
  if (dbi.value.hasOmap) {
    const message = 'the PDB has OMAP tables: its image was rearranged after the link, and its addresses are not read';
    return failed('unsupported', 'dbi.omap', debugStream.value.fileOffset(0), 0, 0, message);
  }
  const sections = readSections(msf.value, dbi.value);
  if (!sections.ok) return sections;
  const misfit = expected === null && layout !== null ? layoutMisfit(dbi.value, sections.value, layout) : null;
  if (misfit !== null) {
    const message = `the image names no PDB, and this one is of another build: ${misfit}; use the PDB of the same link, or link with /DEBUG`;
    return failed('malformed', 'pdb.layout', debugStream.value.fileOffset(0), 0, 0, message);
  }
  return parsed(makePdb(msf.value, info.value, dbi.value, sections.value));
}

function compareIdentity(
  info: PdbInfo,
  dbi: Dbi,
  expected: PdbIdentity | null,
  offset: number,
): ReturnType<typeof failed> | null {
  // The info stream's age counts later edits of the PDB (pdbstr, for one), so only the DBI stream's age is compared.
  if (expected === null || (expected.guid.toUpperCase() === info.guid && expected.age === dbi.age)) {
    return null;
  }
  const message =
    `the PDB belongs to another build: the image asks for ${expected.guid} age ${expected.age}, ` +
    `the PDB is ${info.guid} age ${dbi.age} (info stream age ${info.age}); use the PDB of the same link`;
  return failed('malformed', 'pdb.identity', offset, 20, 20, message);
}

function readSections(msf: Msf, dbi: Dbi): Parsed<PdbSections> {
  if (dbi.sectionHeaderStream === null) {
    const message = 'the PDB has no section headers, so its symbols have no rvas';
    return failed('unsupported', 'dbi.sectionHeaders', 0, 40, 0, message);
  }
  const stream = msf.stream(dbi.sectionHeaderStream);
  return stream.ok ? parsePdbSections(stream.value) : stream;
}

function makePdb(msf: Msf, info: PdbInfo, dbi: Dbi, sections: PdbSections): Pdb {
  const problems: ParseError[] = [];
  /** Reads a stream once; a stream that is damaged is reported once and then counts as absent. */
  const remembered = new Map<string, unknown>();
  const once = <T>(key: string, read: () => Parsed<T>): T | null => {
    if (!remembered.has(key)) {
      const result = read();
      if (!result.ok) problems.push(result.error);
      remembered.set(key, result.ok ? result.value : null);
    }
    return remembered.get(key) as T | null;
  };
  return {
    info,
    dbi,
    sections,
    contributions: readContributions(dbi.contributions, sections),
    problems,
    globals() {
      const number = dbi.symbolRecordStream;
      if (number === null) return null;
      return once('globals', () => {
        const stream = msf.stream(number);
        return stream.ok ? parseGlobalSymbols(stream.value, sections) : stream;
      });
    },
    module(index) {
      const module = dbi.modules[index];
      const number = module?.stream ?? null;
      if (module === undefined || number === null) return null;
      // By stream, not by module: a damaged file may give one stream to every module, and each would take memory.
      return once(`module ${number}`, () => {
        const stream = msf.stream(number);
        return stream.ok ? parseModuleSymbols(stream.value, module, sections) : stream;
      });
    },
    fileNames() {
      const number = info.namedStreams.get('/names');
      if (number === undefined) return new Uint8Array();
      const stream = once('names', () => msf.stream(number));
      return stream?.bytes ?? new Uint8Array();
    },
  };
}
