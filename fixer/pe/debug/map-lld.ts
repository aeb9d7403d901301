/** Maps of lld-link /lldmap, which `clang -Wl,-Map` for MinGW writes too: rva, size, alignment, then a name by indentation. */
import { type LinkerMap, type MapPiece, type MapSymbol, mapLines } from './map-format.js';

const row = /^([0-9a-f]{8}) ([0-9a-f]{8}) +\d+ ( *)(\S.*)$/;
/** Spaces before the name: none for an output section, these for an input section and for a symbol. */
const inputIndent = 8;
const symbolIndent = 16;

export const looksLikeLldMap = (text: string): boolean => /^Address +Size +Align +Out +In +Symbol\r?$/m.test(text);

export function parseLldMap(text: string): LinkerMap {
  const symbols: MapSymbol[] = [];
  const pieces: MapPiece[] = [];
  const sections: MapPiece[] = [];
  for (const line of mapLines(text)) {
    const [, address = '', length = '', indent = '', name = ''] = row.exec(line) ?? [];
    const rva = Number.parseInt(address, 16);
    if (indent.length === symbolIndent) {
      symbols.push({ name, rva });
    } else if (indent.length === inputIndent) {
      pieces.push({ rva, size: Number.parseInt(length, 16) });
    } else if (name !== '' && indent.length === 0) {
      sections.push({ rva, size: Number.parseInt(length, 16) });
    }
  }
  const told = { isDated: false, imageBase: null, entryPoint: null, sections, areWhole: true };
  return { format: 'lld', told, symbols, pieces };
}
