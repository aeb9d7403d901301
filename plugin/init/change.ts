/** What init is going to do to one file, as data: nothing is written while changes are planned. */
import { type Insertion, insert } from './block.js';
import type { ProjectFile } from './project-files.js';
import type { SourceText } from './source-text.js';

export interface Change {
  readonly path: string;
  /** null: the file is created. */
  readonly before: { readonly file: ProjectFile; readonly source: SourceText } | null;
  /** null: the file is removed. */
  readonly after: SourceText | null;
}

export interface Plan {
  readonly changes: readonly Change[];
  /** Sentences for the user: what is wired already, what was passed over and why. */
  readonly notes: readonly string[];
  /** Sentences that name a file; with one of them nothing at all is written. */
  readonly problems: readonly string[];
}

export function insertion(file: ProjectFile, source: SourceText, where: Insertion): Change {
  return { path: file.path, before: { file, source }, after: { ...source, text: insert(source.text, where) } };
}

export const creation = (path: string, text: string): Change => ({
  path,
  before: null,
  after: { text, encoding: 'bytes' },
});
