/**
 * Where an INF's source files lie beside it. Sources: Microsoft, "INF SourceDisksNames Section" and "INF
 * SourceDisksFiles Section".
 */
import { INF_MACHINES, type InfMachine } from './decoration.js';
import type { InfDocument } from './document.js';
import type { InfEntry } from './parse.js';

export interface SourceFile {
  readonly name: string;
  /** Folders below the INF's, in order; hostile text. */
  readonly folders: readonly string[];
  /** The cabinet that holds it; null where it lies open. */
  readonly cabinet: string | null;
  readonly section: string;
  readonly line: number;
}

/** A real INF has one or two folders for a machine. */
const MOST_PLACES = 8;
/** What packages call a machine's folder. */
const FOLDERS: Readonly<Record<InfMachine, readonly string[]>> = {
  x86: ['x86', 'i386'],
  amd64: ['x64', 'amd64'],
  arm64: ['arm64'],
  arm: ['arm'],
  ia64: ['ia64'],
};

const isOfAnother = (folder: string, machine: InfMachine | null): boolean =>
  INF_MACHINES.some((other) => other !== machine && FOLDERS[other].includes(folder));

/** The tables are built once: an INF may list many thousand files. */
export class SourceFiles {
  readonly #files: Tables;
  readonly #disks: Tables;
  readonly #places = new Map<InfMachine | null, readonly (readonly string[])[]>();

  constructor(inf: InfDocument) {
    this.#files = tablesOf(inf, 'SourceDisksFiles', ({ key, values }) => nameOf(key, values).toLowerCase());
    this.#disks = tablesOf(inf, 'SourceDisksNames', ({ key }) => diskId(key ?? ''));
  }

  /** Decorated sections count before the others. Undefined where none names the file. */
  find(name: string, machine: InfMachine | null): SourceFile | undefined {
    const lower = name.toLowerCase();
    const own = machine === null ? undefined : this.#files.get(machine)?.get(lower);
    if (own !== undefined) return this.#located(own, machine, machine);
    const entry = this.#files.get(null)?.get(lower);
    return entry === undefined ? undefined : this.#located(entry, null, machine);
  }

  /**
   * Where a file may lie that no table names, likeliest first: in the folders that the same section copies from, in those
   * of the machine's own tables and of its name, beside the INF. Another machine's file of that name lies in none of them.
   */
  placesFor(
    machine: InfMachine | null,
    copied: readonly { readonly source: string }[],
  ): readonly (readonly string[])[] {
    const places = new Places();
    for (const { source } of copied) places.add(this.find(source, machine)?.folders ?? []);
    for (const folders of this.#placesOf(machine)) places.add(folders);
    return [...places.all, []];
  }

  /** Once for a machine: very many sections may ask. */
  #placesOf(machine: InfMachine | null): readonly (readonly string[])[] {
    const known = this.#places.get(machine);
    if (known !== undefined) return known;
    const places = new Places();
    for (const entry of this.#files.get(machine)?.values() ?? [])
      places.add(this.#located(entry, machine, machine).folders);
    for (const id of this.#disks.get(machine)?.keys() ?? []) places.add(wayTo(parts(this.#disk(id, machine).path)));
    if (machine !== null) for (const folder of FOLDERS[machine]) places.add([folder]);
    for (const id of this.#disks.get(null)?.keys() ?? []) {
      const folders = wayTo(parts(this.#disk(id, null).path));
      if (!folders.some((folder) => isOfAnother(folder.toLowerCase(), machine))) places.add(folders);
    }
    this.#places.set(machine, places.all);
    return places.all;
  }

  /** Every file, with the machine of its section. */
  *all(): Generator<readonly [SourceFile, InfMachine | null]> {
    for (const [machine, files] of this.#files)
      for (const entry of files.values()) yield [this.#located(entry, machine, machine), machine];
  }

  /** `file = diskid[, subdir][, size]`. `of`: the decoration of the section; `machine`: what it is installed on. */
  #located({ key, values, line }: InfEntry, of: InfMachine | null, machine: InfMachine | null): SourceFile {
    const [disk = '', folder = ''] = key === null ? [] : values;
    const { path, cabinet } = this.#disk(disk, machine);
    const folders = wayTo([...parts(path), ...parts(folder)]);
    return { name: nameOf(key, values), folders, cabinet, section: decorated('SourceDisksFiles', of), line };
  }

  /** `diskid = description[, [tag-or-cab-file], [unused], path[, flags[, tag-file]]]`. */
  #disk(disk: string, machine: InfMachine | null): { readonly path: string; readonly cabinet: string | null } {
    const id = diskId(disk);
    const entry = this.#disks.get(machine)?.get(id) ?? this.#disks.get(null)?.get(id);
    const [, tag = '', , path = ''] = entry?.values ?? [];
    return { path, cabinet: /\.cab$/i.test(tag) ? tag : null };
  }
}

/** Folders of the package, each once. */
class Places {
  readonly #byName = new Map<string, readonly string[]>();

  add(folders: readonly string[]): void {
    if (this.#byName.size < MOST_PLACES && !folders.includes('..'))
      this.#byName.set(folders.join('\\').toLowerCase(), folders);
  }

  get all(): readonly (readonly string[])[] {
    return [...this.#byName.values()];
  }
}

/** By machine, null for the undecorated section, then by key. */
type Tables = ReadonlyMap<InfMachine | null, ReadonlyMap<string, InfEntry>>;

function tablesOf(inf: InfDocument, name: string, keyOf: (entry: InfEntry) => string): Tables {
  const tables = new Map<InfMachine | null, Map<string, InfEntry>>();
  for (const machine of [null, ...INF_MACHINES]) {
    const entries = inf.section(decorated(name, machine));
    if (entries.length > 0) tables.set(machine, new Map(entries.map((entry) => [keyOf(entry), entry])));
  }
  return tables;
}

/** The key is missing in files that Windows accepts all the same. */
const nameOf = (key: string | null, values: readonly string[]): string => key ?? values[0] ?? '';

const decorated = (name: string, machine: InfMachine | null): string =>
  machine === null ? name : `${name}.${machine}`;

/** Ids may be written `1`, `01` or `0x1`. */
const diskId = (text: string): string =>
  text === '' || Number.isNaN(Number(text)) ? text.toLowerCase() : String(Number(text));

export const parts = (path: string): string[] => path.split(/[\\/]/).filter((part) => part !== '' && part !== '.');

/**
 * `..` takes back the folder before it: disk folder `\x64` and subfolder `..` are the package's own folder. One that leads
 * out stays, and a `..` after a drive: who looks them up refuses them.
 */
export function wayTo(folders: readonly string[]): string[] {
  const way: string[] = [];
  for (const folder of folders) {
    const before = way.at(-1);
    if (folder === '..' && before !== undefined && before !== '..' && !before.includes(':')) way.pop();
    else way.push(folder);
  }
  return way;
}
