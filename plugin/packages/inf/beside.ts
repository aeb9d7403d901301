/**
 * Binaries of services that no CopyFiles and no [SourceDisksFiles] names. Windows' set-up does not copy them, but authors
 * forget the line: the one in the package is the driver that is meant.
 */
import { isImageName } from '../../files/image-names.js';
import type { InfMachine } from './decoration.js';
import { type InfImage, type InfPackage, merged } from './drivers.js';
import type { InfProblem } from './parse.js';

/** Services of one INF: a real one has some dozen. */
const MOST_ASKED = 2000;

/** A service's binary that may lie in the package, or be part of Windows. */
export interface LooseBinary {
  readonly name: string;
  /** As written: `%12%\driver.sys`. */
  readonly text: string;
  readonly section: string;
  readonly line: number;
  readonly machine: InfMachine | null;
  readonly targetOs: InfImage['targetOs'];
  /** The folders of a path that begins with `%13%`, the package itself: what lies nowhere is missing there. Else null. */
  readonly own: readonly string[] | null;
  /** Where it may lie, likeliest first, without `..`. */
  readonly folders: readonly (readonly string[])[];
}

/** `isThere` is asked for paths below the INF's folder, part by part; upper and lower case are the same to Windows. */
export function withLooseBinaries(
  { images, problems, loose }: InfPackage,
  isThere: (parts: readonly string[]) => boolean,
): { readonly images: readonly InfImage[]; readonly problems: readonly InfProblem[] } {
  if (loose.length === 0) return { images, problems };
  const all = [...images];
  const indices = new Map(images.map((image, index) => [keyOf(image), index]));
  const found = new Map<string, InfProblem>();
  let asked = 0;
  // `driver.sy_` is driver.sys, compressed.
  const holds = (name: string) => (folder: readonly string[]) =>
    isThere([...folder, name]) || isThere([...folder, name.replace(/.$/, '_')]);
  for (const { name, text, section, line, machine, targetOs, own, folders } of loose) {
    const isName = isImageName(name);
    const there = isName && ++asked <= MOST_ASKED ? folders.find(holds(name)) : undefined;
    const folder = there ?? (isName ? own : null);
    if (there !== undefined || folder === null) {
      const message =
        folder === null
          ? `the service runs ${text}, which this INF does not copy: part of Windows or of another package`
          : `the service runs ${text}, which no CopyFiles and no SourceDisksFiles names: Windows does not copy it. The one in the package was looked at`;
      found.set(`${line}\0${message}`, { line, message });
    }
    if (folder === null) continue;
    const file = { name, folders: folder, cabinet: null, section, line };
    const machines = machine === null ? [] : [machine];
    const image: InfImage = { file, machines, mayBeOfWindows: false, targetOs };
    const index = indices.get(keyOf(image)) ?? all.length;
    const before = all[index];
    indices.set(keyOf(image), index);
    all[index] = before === undefined ? image : { ...merged(before, image), file: before.file };
  }
  if (asked > MOST_ASKED) {
    const message = `it has more than ${MOST_ASKED} services whose binaries it does not copy; the others were not looked for`;
    found.set('', { line: 1, message });
  }
  return { images: all, problems: [...problems, ...found.values()].sort((a, b) => a.line - b.line) };
}

const keyOf = ({ file }: InfImage): string => [...file.folders, file.name].join('\\').toLowerCase();
