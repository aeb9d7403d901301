/**
 * Binaries of services that no CopyFiles and no [SourceDisksFiles] names. Windows' set-up does not copy them, but authors
 * forget the line: the one in the package is the driver that is meant.
 */
import type { InfMachine } from './decoration.js';
import { type InfImage, type InfPackage, merged } from './drivers.js';
import type { InfProblem } from './parse.js';

/** Binaries of one INF, told by name and place: a real one has some dozen, and names them for hundreds of devices. */
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
  readonly isImage: boolean;
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
  const asked = new Map<string, Place | null>();
  let isCut = false;
  // `driver.sy_` is driver.sys, compressed.
  const placeOf = (name: string, folders: LooseBinary['folders']): Place | null => {
    for (const folder of folders) {
      if (isThere([...folder, name])) return { folder, isPacked: false };
      if (isThere([...folder, name.replace(/.$/, '_')])) return { folder, isPacked: true };
    }
    return null;
  };
  for (const { name, text, section, line, machine, targetOs, own, isImage, folders } of loose) {
    const key = [name, ...folders.map((folder) => folder.join('\\'))].join('\0').toLowerCase();
    if (isImage && !asked.has(key)) {
      if (asked.size < MOST_ASKED) asked.set(key, placeOf(name, folders));
      else isCut = true;
    }
    const there = asked.get(key) ?? null;
    const folder = there?.folder ?? (isImage ? own : null);
    // Of what was not looked for it is not known whose it is.
    const wasLookedFor = !isImage || asked.has(key);
    if (there !== null || (folder === null && wasLookedFor)) {
      const message =
        there === null
          ? `the service runs ${text}, which this INF does not copy: part of Windows or of another package`
          : `the service runs ${text}, which no CopyFiles and no SourceDisksFiles names: Windows does not copy it. ${lookedAt(there)}`;
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
  if (isCut) {
    const message = `its services run more than ${MOST_ASKED} binaries that it does not copy; the others were not looked for. Check those by themselves`;
    found.set('', { line: 1, message });
  }
  return { images: all, problems: [...problems, ...found.values()].sort((a, b) => a.line - b.line) };
}

interface Place {
  readonly folder: readonly string[];
  readonly isPacked: boolean;
}

const lookedAt = ({ isPacked }: Place): string =>
  isPacked ? 'The one in the package is compressed' : 'The one in the package was looked at';

const keyOf = ({ file }: InfImage): string => [...file.folders, file.name].join('\\').toLowerCase();
