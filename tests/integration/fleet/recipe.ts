/** What plugin/fleet/README.md tells to do. */
import { readFileSync } from 'node:fs';
import { repositoryFile } from '../../support/repository.js';

/** The lines of the code blocks below a heading. */
export function recipe(heading: string): string {
  const text = readFileSync(repositoryFile('plugin/fleet/README.md'), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('    '));
  return lines.map((line) => line.slice(4)).join('\n');
}
