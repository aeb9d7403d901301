/** Linker map files of three formats, told apart by the shape of their lines. */
import { failed, type Parsed, parsed } from '../errors.js';
import { type MapImage, misfitOf } from './map-fit.js';
import { type LinkerMap, type MapSection, sectionFinder } from './map-format.js';
import { looksLikeGnuMap, parseGnuMap } from './map-gnu.js';
import { looksLikeLldMap, parseLldMap } from './map-lld.js';
import { looksLikeMsvcMap, otherBuild, parseMsvcMap } from './map-msvc.js';

/**
 * @param image its ImageBase is for GNU maps that do not state one, and to compare, as is the entry point
 * @param sections the image's section headers, in order
 * @param timeDateStamp the image's TimeDateStamp, which a map with another time of linking does not fit; one without a
 *   time must fit in what else it tells. Null to take any
 * @returns the symbols inside `sections`; `unsupported` for a text that is no map, `malformed` for a map of another build
 */
export function parseMap(
  text: string,
  image: MapImage,
  sections: readonly MapSection[],
  timeDateStamp: number | null,
): Parsed<LinkerMap> {
  const read = readByFormat(text, image.imageBase, sections, timeDateStamp);
  if (!read.ok) return read;
  const isCompared = timeDateStamp !== null && !read.value.told.isDated;
  const misfit = isCompared ? misfitOf(read.value, image, sections) : null;
  if (misfit !== null) return otherBuild(misfit);
  const sectionAt = sectionFinder(sections);
  const symbols = read.value.symbols.filter((symbol) => sectionAt(symbol.rva) !== null);
  if (symbols.length === 0 && read.value.symbols.length > 0) {
    const message = `none of the map's ${read.value.symbols.length} symbols is inside the image: it belongs to another build`;
    return failed('malformed', 'map.symbols', 0, 0, text.length, message);
  }
  return parsed({ ...read.value, symbols });
}

function readByFormat(
  text: string,
  imageBase: bigint,
  sections: readonly MapSection[],
  timeDateStamp: number | null,
): Parsed<LinkerMap> {
  if (looksLikeMsvcMap(text)) return parseMsvcMap(text, sections, timeDateStamp);
  if (looksLikeLldMap(text)) return parsed(parseLldMap(text));
  if (looksLikeGnuMap(text)) return parsed(parseGnuMap(text, imageBase));
  const message = 'the text is no map file of link.exe, lld-link or GNU ld';
  return failed('unsupported', 'map', 0, 0, text.length, message);
}
