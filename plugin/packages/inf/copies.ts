/**
 * The files that an install section copies, and where to. Sources: Microsoft, "INF CopyFiles Directive" and "INF
 * DestinationDirs Section".
 */
import type { InfMachine } from './decoration.js';
import type { InfDocument } from './document.js';
import { forMachine, type Install } from './installs.js';
import type { InfEntry, InfProblem } from './parse.js';

export interface CopiedFile {
  /** On the source medium: the key of [SourceDisksFiles]. */
  readonly source: string;
  /** `12\sub\name.sys`, lower case: dirid, folder below it, name; for comparison with a ServiceBinary. */
  readonly destination: string;
  readonly section: string;
  readonly line: number;
}

export function copiedFiles(
  inf: InfDocument,
  install: Install,
  problem: (problem: InfProblem) => void,
): readonly CopiedFile[] {
  const files: CopiedFile[] = [];
  const lists = new Set<string>();
  for (const extension of ['', '.coinstallers']) {
    for (const entry of withNeeds(inf, install.section, install.machine, extension)) {
      if (entry.key?.toLowerCase() !== 'copyfiles') continue;
      for (const name of entry.values) {
        if (name === '' || lists.has(name.toLowerCase())) continue;
        lists.add(name.toLowerCase());
        if (name.startsWith('@')) files.push(copyOf(inf, name.slice(1), undefined, install.section, null, entry.line));
        else if (!inf.has(name))
          problem({ line: entry.line, message: `CopyFiles names [${name}], which is not there` });
        else for (const file of fileList(inf, name)) files.push(file);
      }
    }
  }
  return files;
}

/** The section's entries, with those of the sections that its Needs directives name, where they are in this INF. */
export function withNeeds(
  inf: InfDocument,
  name: string,
  machine: InfMachine | null,
  extension: string,
): readonly InfEntry[] {
  const own = forMachine(inf, name, machine, extension);
  const seen = new Set([name.toLowerCase()]);
  const all = [...own];
  const pending = needs(own);
  for (const other of pending) {
    if (seen.has(other.toLowerCase())) continue;
    seen.add(other.toLowerCase());
    const entries = forMachine(inf, other, machine);
    for (const entry of entries) all.push(entry);
    for (const next of needs(entries)) pending.push(next);
  }
  return all;
}

const needs = (entries: readonly InfEntry[]): string[] =>
  entries.filter(({ key }) => key?.toLowerCase() === 'needs').flatMap(({ values }) => values);

/** `destination-name[, source-name][, unused][, flags]` on each line. */
function fileList(inf: InfDocument, section: string): CopiedFile[] {
  return inf.section(section).flatMap(({ key, values, line }) => {
    const [destination = '', source = ''] = key === null ? values : [key];
    if (destination === '') return [];
    return [copyOf(inf, source === '' ? destination : source, destination, section, section, line)];
  });
}

function copyOf(
  inf: InfDocument,
  source: string,
  destination: string | undefined,
  section: string,
  list: string | null,
  line: number,
): CopiedFile {
  const place = inf.section('destinationdirs').find(({ key }) => key?.toLowerCase() === list?.toLowerCase());
  const usual = inf.section('destinationdirs').find(({ key }) => key?.toLowerCase() === 'defaultdestdir');
  const [dirid = '', folder = ''] = (list === null ? usual : (place ?? usual))?.values ?? [];
  return { source, destination: comparable(dirid, folder, destination ?? source), section, line };
}

/** One spelling: dirid as a number, `\` between folders, lower case. */
export const comparable = (dirid: string, folder: string, name: string): string =>
  [String(Number(dirid)), ...folder.split(/[\\/]/), ...name.split(/[\\/]/)]
    .filter((part) => part !== '' && part !== '.')
    .join('\\')
    .toLowerCase();
