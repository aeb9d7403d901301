/**
 * Where an INF's source files lie beside it. Sources: Microsoft, "INF SourceDisksNames Section" and "INF
 * SourceDisksFiles Section".
 */
import type { InfMachine } from './decoration.js';
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

/** Of `name` for a machine: the decorated section counts before the other. Undefined where neither names the file. */
export function sourceFile(inf: InfDocument, name: string, machine: InfMachine | null): SourceFile | undefined {
  const lower = name.toLowerCase();
  for (const section of sectionsFor('SourceDisksFiles', machine)) {
    const entry = inf.section(section).findLast(({ key, values }) => nameOf(key, values).toLowerCase() === lower);
    if (entry !== undefined) return located(inf, entry, section, machine);
  }
  return undefined;
}

/** Every file of [SourceDisksFiles] and of its decorated forms. */
export function* allSourceFiles(inf: InfDocument): Generator<SourceFile & { readonly machine: InfMachine | null }> {
  for (const lower of inf.sectionNames) {
    const match = /^sourcedisksfiles(?:\.(x86|amd64|arm64|arm|ia64))?$/.exec(lower);
    if (match === null) continue;
    const machine = (match[1] ?? null) as InfMachine | null;
    const section = machine === null ? 'SourceDisksFiles' : `SourceDisksFiles.${machine}`;
    for (const entry of inf.section(lower)) yield { ...located(inf, entry, section, machine), machine };
  }
}

/** `file = diskid[, subdir][, size]`; the key is missing in files that Windows accepts all the same. */
const nameOf = (key: string | null, values: readonly string[]): string => key ?? values[0] ?? '';

function located(
  inf: InfDocument,
  { key, values, line }: InfEntry,
  section: string,
  machine: InfMachine | null,
): SourceFile {
  const [disk = '', folder = ''] = key === null ? [] : values;
  const { path, cabinet } = diskOf(inf, disk, machine);
  return { name: nameOf(key, values), folders: [...parts(path), ...parts(folder)], cabinet, section, line };
}

/** `diskid = description[, [tag-or-cab-file], [unused], path[, flags[, tag-file]]]`. */
function diskOf(inf: InfDocument, disk: string, machine: InfMachine | null): { path: string; cabinet: string | null } {
  for (const section of sectionsFor('SourceDisksNames', machine)) {
    const entry = inf.section(section).find(({ key }) => key !== null && sameDisk(key, disk));
    if (entry === undefined) continue;
    const [, tag = '', , path = ''] = entry.values;
    return { path, cabinet: /\.cab$/i.test(tag) ? tag : null };
  }
  return { path: '', cabinet: null };
}

/** Ids may be written `1`, `01` or `0x1`. */
const sameDisk = (a: string, b: string): boolean => a === b || (a !== '' && b !== '' && Number(a) === Number(b));

const sectionsFor = (name: string, machine: InfMachine | null): string[] =>
  machine === null ? [name] : [`${name}.${machine}`, name];

const parts = (path: string): string[] => path.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
