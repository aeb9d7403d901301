/** Takes out what init put in, by the marks alone: the package need not be installed any more. */
import { findBlock, takeOut } from './block.js';
import type { Change, Plan } from './change.js';
import type { ProjectFile } from './project-files.js';
import { isOurWholeFile } from './wire-msbuild.js';

export function planUndo(files: readonly ProjectFile[], show: (path: string) => string): Plan {
  const changes: Change[] = [];
  const problems: string[] = [];
  for (const file of files) {
    const { kind, source } = file;
    if (source === null || (kind !== 'vcxproj' && kind !== 'build-props' && kind !== 'cmake-lists')) continue;
    const block = findBlock(source.text, kind === 'cmake-lists' ? 'cmake' : 'xml');
    if (!block.ok) problems.push(`${show(file.path)}: ${block.message}`);
    if (!block.ok || block.value === null) continue;
    const removed = kind === 'build-props' && isOurWholeFile(source.text);
    const after = removed ? null : { ...source, text: takeOut(source.text, block.value) };
    changes.push({ path: file.path, before: { file, source }, after });
  }
  return { changes, notes: [], problems };
}
