/** A SymbolTable over a linker map. */
import { IMAGE_SCN_MEM_EXECUTE } from '../winnt.js';
import { type LinkerMap, type MapSection, sectionFinder } from './map-format.js';
import { RvaIndexBuilder } from './rva-index.js';
import type { SymbolTable } from './symbols.js';

/** A symbol covers up to the next one or the end of its piece; in a map without pieces, the end of its section. */
export function mapSymbolTable(map: LinkerMap, sections: readonly MapSection[], fit: SymbolTable['fit']): SymbolTable {
  const symbolBuilder = new RvaIndexBuilder();
  map.symbols.forEach((symbol, i) => {
    symbolBuilder.add(symbol.rva, i);
  });
  const pieceBuilder = new RvaIndexBuilder();
  for (const piece of map.pieces) {
    if (piece.size > 0) pieceBuilder.add(piece.rva, piece.size);
  }
  const sectionAt = sectionFinder(sections);
  const symbols = symbolBuilder.build('first');
  const pieces = pieceBuilder.build('first');
  const pieceStart = (rva: number): number | null => {
    const at = pieces.floor(rva);
    return at !== -1 && rva < pieces.rva(at) + pieces.payload(at) ? pieces.rva(at) : null;
  };
  return {
    fit,
    problems: [],
    find(rva) {
      const section = sectionAt(rva);
      const at = symbols.floor(rva);
      const symbol = map.symbols[symbols.payload(at)];
      const start = pieces.length === 0 ? (section?.virtualAddress ?? null) : pieceStart(rva);
      if (section === null || at === -1 || symbol === undefined || start === null || symbol.rva < start) return null;
      const isCode = (section.characteristics & IMAGE_SCN_MEM_EXECUTE) !== 0;
      return { name: symbol.name, rva: symbol.rva, size: null, kind: isCode ? 'function' : 'data' };
    },
    line: () => null,
  };
}
