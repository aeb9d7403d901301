/** Finds the PDB or the linker's map that lies beside an image, and says why one that is there is not used. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import { type CodeView, parseCodeView } from '../../fixer/pe/debug/codeview.js';
import type { SymbolTable } from '../../fixer/pe/debug/symbols.js';
import { hex } from '../../fixer/pe/hex.js';
import type { Image } from '../../fixer/pe/image.js';
import type { LineLookup, SymbolLookup } from '../../fixer/rules/rule.js';

/** A name is worth reading a large PDB for, but not one that memory cannot hold. */
const LARGEST = 2 ** 30;

export interface SymbolsBeside {
  /** Both null where nothing fits; a map has names only, and every line of it is null. */
  readonly symbolAt: SymbolLookup | null;
  readonly lineAt: LineLookup | null;
  readonly notes: readonly string[];
}

/** The readers of both formats are loaded for a file that is there: most drivers come alone. */
export async function symbolsBeside(path: string, image: Image): Promise<SymbolsBeside> {
  if (isBare(dirname(path))) return { symbolAt: null, lineAt: null, notes: [] };
  const notes: string[] = [];
  const codeView = parseCodeView(image);
  const identity = codeView.ok ? codeView.value : null;
  for (const candidate of candidates(path, identity)) {
    const bytes = readIfThere(candidate, notes);
    if (bytes === null) continue;
    const { symbolsFromMap, symbolsFromPdb } = await import('../../fixer/pe/debug/symbols.js');
    const table = candidate.endsWith('.pdb')
      ? symbolsFromPdb(bytes, identity)
      : symbolsFromMap(
          bytes.toString('latin1'),
          image.optionalHeader.imageBase,
          image.sections,
          image.fileHeader.timeDateStamp,
        );
    if (table.ok) {
      const { value } = table;
      const lineAt: LineLookup = (rva) => value.line(rva);
      return {
        symbolAt: lookup(value),
        lineAt,
        notes: [...notes, `symbols from ${candidate}${doubt(candidate, bytes)}`],
      };
    }
    notes.push(`${candidate} is not used: ${table.error.message}`);
  }
  return { symbolAt: null, lineAt: null, notes };
}

/** `Timestamp is 6b01d12b (... 2026)` of a map's first lines, in any language; a PDB has an identity of its own. */
const doubt = (path: string, bytes: Buffer): string =>
  path.endsWith('.pdb') || /^ \D.* [0-9a-f]{8} \(.*\b\d{4}\)\r?$/im.test(bytes.toString('latin1', 0, 4096))
    ? ''
    : ', which carries no date, so it may be of another build';

/** True where `symbolsBeside` would have something to read or to say. */
export function hasSymbolsBeside(path: string, image: Image): boolean {
  if (isBare(dirname(path))) return false;
  const codeView = parseCodeView(image);
  return candidates(path, codeView.ok ? codeView.value : null).some((candidate) => existsSync(candidate));
}

/** Images of one folder in a row after which it is worth listing: a scan looks for four files beside each, and nearly none is there. */
const MANY = 16;
const last = { folder: '', asked: 0, listed: 0, isBare: false };

/** True where a folder that was asked for often holds neither a PDB nor a map. A list that comes slowly may name what is linked meanwhile. */
function isBare(folder: string): boolean {
  if (folder !== last.folder) Object.assign(last, { folder, asked: 0, listed: 0, isBare: false });
  if (++last.asked < MANY) return false;
  try {
    const { mtimeMs } = statSync(folder);
    if (mtimeMs === last.listed) return last.isBare;
    Object.assign(last, { listed: mtimeMs, isBare: false });
    last.isBare = !readdirSync(folder).some((name) => /\.(?:pdb|map)$/i.test(name));
  } catch {
    // It may be entered and not listed: then each file is asked for.
  }
  return last.isBare;
}

/** `driver.pdb`, the name the linker wrote into the image, `driver.map`, and the forms GNU ld's users choose. */
function candidates(path: string, codeView: CodeView | null): string[] {
  const { dir, name, base } = parse(path);
  const linked = basename((codeView?.pdbPath ?? '').replaceAll('\\', '/'));
  const names = [
    `${name}.pdb`,
    linked.toLowerCase().endsWith('.pdb') ? linked : `${name}.pdb`,
    `${name}.map`,
    `${base}.map`,
  ];
  return [...new Set(names)].map((candidate) => join(dir === '' ? dirname(path) : dir, candidate));
}

function readIfThere(path: string, notes: string[]): Buffer | null {
  if (!existsSync(path)) return null;
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined || !status.isFile()) return null;
    if (status.size > LARGEST) {
      notes.push(`${path} is not used: it has ${status.size} bytes`);
      return null;
    }
    return readFileSync(path);
  } catch {
    notes.push(`${path} is not used: it cannot be read`);
    return null;
  }
}

const lookup =
  (table: SymbolTable): SymbolLookup =>
  (rva) => {
    const symbol = table.find(rva);
    return symbol === null ? null : symbol.rva === rva ? symbol.name : `${symbol.name}+${hex(rva - symbol.rva)}`;
  };
