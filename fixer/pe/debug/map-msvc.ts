/**
 * Maps of link.exe and lld-link /map. Only the shape of the lines counts, not the headings: link.exe writes those in the
 * language of Visual Studio. Source: Microsoft's documentation of /MAP, and maps of both linkers.
 */
import { failed, type Parsed, parsed } from '../errors.js';
import { type LinkerMap, type MapPiece, type MapSection, type MapSymbol, mapLines } from './map-format.js';

/** ` 0001:00000040       name       0000000140001040 f i a.obj`; ` 0001:00000000 000000a9H .text  CODE` for a group. */
const addressed = /^ ([0-9a-f]{4}):([0-9a-f]{8}) +(\S.*)$/i;
const groupRest = /^([0-9a-f]{8})H /i;
/** The Rva+Base column: 8 digits from link.exe for 32-bit images, else 16. Names (of templates) may hold spaces. */
const rvaAndBase = / ([0-9a-f]{16}|[0-9a-f]{8})(?= |$)/i;

/** ` entry point at        0001:00000010` */
const entryLine = /^ [^ \d].* ([0-9a-f]{4}):([0-9a-f]{8})$/i;
/** ` Timestamp is 6b01d12b (Sat Nov 21 17:13:15 2026)`, in any language; a reproducible build has no date there. */
const stamped = /^ \D.* ([0-9a-f]{8}) \(.*\b\d{4}\)$/i;

export const looksLikeMsvcMap = (text: string): boolean => /^ [0-9a-f]{4}:[0-9a-f]{8} /im.test(text);

/**
 * Rvas come from section:offset and the image's own sections. The Rva+Base column must then be the same distance away
 * for every symbol; where it is not, the map is of another link, and so it is where it tells another time of linking.
 */
export function parseMsvcMap(
  text: string,
  sections: readonly MapSection[],
  timeDateStamp: number | null,
): Parsed<LinkerMap> {
  const symbols: MapSymbol[] = [];
  const pieces: MapPiece[] = [];
  /** How far the groups of each section reach. */
  const ends = new Map<number, number>();
  let base: bigint | null = null;
  let entryPoint: number | null = null;
  let isDated = false;
  for (const line of mapLines(text)) {
    const stamp = symbols.length === 0 && pieces.length === 0 ? stamped.exec(line)?.[1] : undefined;
    if (stamp !== undefined && timeDateStamp !== null && Number.parseInt(stamp, 16) !== timeDateStamp)
      return otherBuild(`it was linked at ${stamp}, the image at ${timeDateStamp.toString(16).padStart(8, '0')}`);
    isDated ||= stamp !== undefined && timeDateStamp !== null;
    if (entryPoint === null && base !== null) entryPoint = entryIn(line, sections);
    const match = addressed.exec(line);
    const section = sections[Number.parseInt(match?.[1] ?? '0', 16) - 1];
    const rest = match?.[3] ?? '';
    const group = groupRest.exec(rest);
    const address = group === null ? rvaAndBase.exec(rest) : null;
    // Section 0 holds absolute symbols, which are no addresses.
    if (match === null || match[1] === '0000' || (group === null && address === null)) continue;
    if (section === undefined) return otherBuild(`it has a section ${match[1]}, the image has ${sections.length}`);
    const rva = section.virtualAddress + Number.parseInt(match[2] ?? '', 16);
    if (group !== null) {
      const size = Number.parseInt(group[1] ?? '', 16);
      pieces.push({ rva, size });
      ends.set(
        section.virtualAddress,
        Math.max(ends.get(section.virtualAddress) ?? 0, rva - section.virtualAddress + size),
      );
      continue;
    }
    const name = rest.slice(0, address?.index).trimEnd();
    const thisBase = BigInt(`0x${address?.[1]}`) - BigInt(rva);
    base ??= thisBase;
    if (thisBase !== base) {
      return otherBuild(`its sections lie at other addresses (${match[1]}:${match[2]} is not at rva ${rva})`);
    }
    symbols.push({ name, rva });
  }
  const told = {
    isDated,
    imageBase: base,
    entryPoint,
    sections: Array.from(ends, ([rva, size]): MapPiece => ({ rva, size })),
    areWhole: false,
  };
  return parsed({ format: 'msvc', told, symbols, pieces });
}

function entryIn(line: string, sections: readonly MapSection[]): number | null {
  const [, number = '0', offset = ''] = entryLine.exec(line) ?? [];
  const section = sections[Number.parseInt(number, 16) - 1];
  return section === undefined ? null : section.virtualAddress + Number.parseInt(offset, 16);
}

export function otherBuild(why: string): ReturnType<typeof failed> {
  return failed(
    'malformed',
    'map.sections',
    0,
    0,
    0,
    `the map belongs to another build: ${why}; use the map of the same link`,
  );
}
