/** The binaries of the services that an install section adds. Source: Microsoft, "INF AddService Directive". */
import { lastPart, withNeeds } from './copies.js';
import type { InfDocument } from './document.js';
import type { Install } from './installs.js';
import type { InfProblem } from './parse.js';

export interface ServiceBinary {
  /** As written: `%12%\driver.sys`. */
  readonly text: string;
  readonly name: string;
  readonly section: string;
  readonly line: number;
}

export function serviceBinaries(
  inf: InfDocument,
  install: Install,
  problem: (problem: InfProblem) => void,
): readonly ServiceBinary[] {
  const binaries: ServiceBinary[] = [];
  for (const { key, values, line } of withNeeds(inf, install.section, install.machine, '.services')) {
    if (key?.toLowerCase() !== 'addservice') continue;
    const section = values[2] ?? '';
    if (section === '') continue;
    if (!inf.has(section)) {
      problem({ line, message: `AddService names [${section}], which is not there` });
      continue;
    }
    for (const entry of inf.section(section)) {
      if (entry.key?.toLowerCase() !== 'servicebinary') continue;
      const text = entry.values[0] ?? '';
      const name = lastPart(text.replace(/^%\w+%/, ''));
      if (name !== '') binaries.push({ text, name, section, line: entry.line });
    }
  }
  return binaries;
}
