/** A SymbolTable over a PDB. */

import type { LineTable } from './line-table.js';
import type { ModuleSymbols } from './module-symbols.js';
import type { Pdb } from './pdb.js';
import type { RvaIndex } from './rva-index.js';
import { recordName, recordSize } from './symbol-records.js';
import type { FoundSymbol, SymbolTable } from './symbols.js';

/**
 * A function that covers the rva goes first: it has a size and its compiler's own name for it. Data and publics have no
 * size: the nearest one before the rva in the same contribution is taken, data before a public at the same rva.
 */
export function pdbSymbolTable(pdb: Pdb, fit: SymbolTable['fit']): SymbolTable {
  const lineTables = new Map<ModuleSymbols, LineTable>();
  return {
    fit,
    problems: pdb.problems,
    find(rva) {
      const contribution = pdb.contributions.find(rva);
      const module = contribution === null ? null : pdb.module(contribution.module);
      const covering = module === null ? null : functionAt(module, rva);
      if (covering !== null) return covering;
      const start = contribution?.rva ?? (pdb.contributions.length === 0 ? pdb.sections.startAround(rva) : null);
      return start === null ? null : nearest(pdb, module, rva, start);
    },
    line(rva) {
      const contribution = pdb.contributions.find(rva);
      const module = contribution === null ? null : pdb.module(contribution.module);
      if (module === null) return null;
      let table = lineTables.get(module);
      if (table === undefined) {
        table = module.lines(pdb.fileNames());
        lineTables.set(module, table);
      }
      return table.line(rva);
    },
  };
}

function functionAt(module: ModuleSymbols, rva: number): FoundSymbol | null {
  const at = module.functions.floor(rva);
  if (at === -1) return null;
  const record = module.functions.payload(at);
  const start = module.functions.rva(at);
  const size = recordSize(module.bytes, record) ?? 0;
  return rva < start + size ? { name: recordName(module.bytes, record), rva: start, size, kind: 'function' } : null;
}

/** The last data symbol or public from `start` to `rva`. */
function nearest(pdb: Pdb, module: ModuleSymbols | null, rva: number, start: number): FoundSymbol | null {
  const globals = pdb.globals();
  const candidates: { bytes: Uint8Array; index: RvaIndex; kind: FoundSymbol['kind'] }[] = [];
  if (module !== null) candidates.push({ bytes: module.bytes, index: module.data, kind: 'data' });
  if (globals !== null) {
    candidates.push({ bytes: globals.bytes, index: globals.data, kind: 'data' });
    candidates.push({ bytes: globals.bytes, index: globals.publics, kind: 'public' });
  }
  let best: FoundSymbol | null = null;
  for (const { bytes, index, kind } of candidates) {
    const at = index.floor(rva);
    if (at !== -1 && index.rva(at) >= start && index.rva(at) > (best?.rva ?? -1)) {
      best = { name: recordName(bytes, index.payload(at)), rva: index.rva(at), size: null, kind };
    }
  }
  // A public has no size. Where a function with one starts at it or behind it, the public ends before the rva: padding.
  const before = module === null ? -1 : module.functions.floor(rva);
  const ended = module !== null && before !== -1 && module.functions.rva(before) >= (best?.rva ?? 0);
  return best?.kind === 'public' && ended ? null : best;
}
