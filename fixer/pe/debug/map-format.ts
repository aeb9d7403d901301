/** What the readers of the three kinds of map file share. */
import { longestName } from './little-endian.js';
import { RvaIndexBuilder } from './rva-index.js';

/** Lines longer than this hold no symbol: a name takes at most `longestName` characters. */
const longestLine = longestName + 1024;

/** What is needed of an image's section headers; `Section` has it. */
export interface MapSection {
  readonly virtualAddress: number;
  readonly virtualSize: number;
  readonly sizeOfRawData: number;
  readonly characteristics: number;
}

export interface MapSymbol {
  readonly name: string;
  readonly rva: number;
}

/** A run of bytes with one origin (an input section, a section group): no symbol reaches past the end of its piece. */
export interface MapPiece {
  readonly rva: number;
  readonly size: number;
}

/** What a map says of its image as a whole; see map-fit.ts. */
export interface ToldImage {
  /** The time of linking that it tells is the image's. */
  readonly isDated: boolean;
  readonly imageBase: bigint | null;
  readonly entryPoint: number | null;
  readonly sections: readonly MapPiece[];
  /** False where a section may be longer than what is told of it. */
  readonly areWhole: boolean;
}

export interface LinkerMap {
  readonly format: 'msvc' | 'lld' | 'gnu';
  readonly told: ToldImage;
  /** In the order of the file; not all need be inside the image. */
  readonly symbols: readonly MapSymbol[];
  readonly pieces: readonly MapPiece[];
}

/** The lines of `text` without their line ends; too long ones are left out. */
export function* mapLines(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    if (end - start <= longestLine) {
      yield text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    }
    start = end + 1;
  }
}

/** Finds the section that holds an rva. Made once for a map: a hostile image has 65,535 sections. */
export function sectionFinder(sections: readonly MapSection[]): (rva: number) => MapSection | null {
  const builder = new RvaIndexBuilder();
  sections.forEach((section, i) => {
    builder.add(section.virtualAddress, i);
  });
  const index = builder.build('first');
  return (rva) => {
    const at = index.floor(rva);
    const section = at === -1 ? undefined : sections[index.payload(at)];
    const size = section === undefined ? 0 : section.virtualSize || section.sizeOfRawData;
    return section !== undefined && rva < section.virtualAddress + size ? section : null;
  };
}
