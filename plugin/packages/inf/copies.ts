/** The files that an install section copies. Source: Microsoft, "INF CopyFiles Directive". */
import type { InfMachine } from './decoration.js';
import type { InfDocument } from './document.js';
import { forMachine, type Install } from './installs.js';
import type { InfEntry, InfProblem } from './parse.js';

export interface CopiedFile {
  /** On the source medium: the key of [SourceDisksFiles]. */
  readonly source: string;
  /** What it is called once it is installed, lower case; for comparison with a ServiceBinary. */
  readonly installedName: string;
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
    const entries = withNeeds(inf, install.section, install.machine, extension);
    for (const entry of entries) {
      const directive = entry.key?.toLowerCase();
      if (directive === 'copyinf')
        for (const name of entry.values) if (name !== '') problem({ line: entry.line, message: ofItsOwn(name) });
      if (directive !== 'copyfiles') continue;
      for (const name of entry.values) {
        if (name === '' || lists.has(name.toLowerCase())) continue;
        lists.add(name.toLowerCase());
        if (name.startsWith('@')) files.push(copyOf(name.slice(1), name.slice(1), install.section, entry.line));
        else if (!inf.has(name)) {
          if (!includesOthers(entries))
            problem({ line: entry.line, message: `CopyFiles names [${name}], which is not there` });
        } else for (const file of fileList(inf, name)) files.push(file);
      }
    }
  }
  return files;
}

/** The INF of a child device, in the same package: to Windows it is another driver. */
const ofItsOwn = (inf: string): string => `CopyINF brings ${inf}, whose drivers are its own: check that INF too`;

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

/** Sections that are not here may be in the INF files that Include names, as modems have theirs of mdmcpq.inf. */
export const includesOthers = (entries: readonly InfEntry[]): boolean =>
  entries.some(({ key }) => key?.toLowerCase() === 'include');

const needs = (entries: readonly InfEntry[]): string[] =>
  entries.filter(({ key }) => key?.toLowerCase() === 'needs').flatMap(({ values }) => values);

/** `destination-name[, source-name][, unused][, flags]` on each line. */
function fileList(inf: InfDocument, section: string): CopiedFile[] {
  return inf.section(section).flatMap(({ key, values, line }) => {
    const [destination = '', source = ''] = key === null ? values : [key];
    if (destination === '') return [];
    return [copyOf(source === '' ? destination : source, destination, section, line)];
  });
}

function copyOf(source: string, destination: string, section: string, line: number): CopiedFile {
  return { source, installedName: lastPart(destination).toLowerCase(), section, line };
}

const lastPart = (path: string): string => path.split(/[\\/]/).at(-1) ?? '';
