/** The files of a project that init looks at, read once each. */
import { type Dirent, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FileFailure, fromSystemError } from '../files/failure.js';
import { type FileIdentity, readImage } from '../files/read.js';
import { decodeSource, type SourceText } from './source-text.js';

export type ProjectFileKind = 'vcxproj' | 'build-props' | 'property-sheet' | 'cmake-lists' | 'cmake-module' | 'preset';

export interface ProjectFile {
  readonly path: string;
  readonly kind: ProjectFileKind;
  readonly bytes: Uint8Array;
  readonly identity: FileIdentity;
  /** null: see `undecodable`. */
  readonly source: SourceText | null;
  readonly undecodable: string | null;
}

export interface ProjectTree {
  readonly files: readonly ProjectFile[];
  /** Solutions that were met, for advice. */
  readonly solutions: readonly string[];
  readonly failures: readonly FileFailure[];
}

const LARGEST = 16 * 2 ** 20;
const DEEPEST = 12;
const WINDOWS = process.platform === 'win32';

/** Files below `folder`, in code-unit order. Neither dependencies, nor hidden folders, nor what CMake generated. */
export function findProjectFiles(folder: string): ProjectTree {
  const files: ProjectFile[] = [];
  const solutions: string[] = [];
  const failures: FileFailure[] = [];
  const visit = (current: string, depth: number): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(current, { withFileTypes: true });
    } catch (error) {
      failures.push(fromSystemError(error, 'list the folder', current));
      return;
    }
    if (depth > 0 && entries.some(({ name }) => name === 'CMakeCache.txt')) return;
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) {
        if (depth < DEEPEST && isOwn(entry.name)) visit(path, depth + 1);
      } else if (/\.slnx?$/i.test(entry.name)) {
        solutions.push(path);
      } else {
        const kind = kindOf(entry.name);
        if (kind === null) continue;
        const file = readProjectFile(path, kind);
        if ('kind' in file) files.push(file);
        else if (file.code !== 'empty') failures.push(file);
      }
    }
  };
  visit(folder, 0);
  return { files, solutions, failures };
}

const isOwn = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules' && name !== 'CMakeFiles';

export function kindOf(name: string): ProjectFileKind | null {
  const lower = name.toLowerCase();
  // MSBuild and CMake open exactly these names, so on a case-sensitive system another case is another file.
  const exact = WINDOWS ? lower : name;
  if (exact === (WINDOWS ? 'directory.build.props' : 'Directory.Build.props')) return 'build-props';
  if (exact === (WINDOWS ? 'cmakelists.txt' : 'CMakeLists.txt')) return 'cmake-lists';
  if (lower.endsWith('.vcxproj')) return 'vcxproj';
  if (/\.(?:props|targets)$/.test(lower)) return 'property-sheet';
  if (lower.endsWith('.cmake')) return 'cmake-module';
  if (lower === 'cmakepresets.json') return 'preset';
  return null;
}

export function readProjectFile(path: string, kind: ProjectFileKind): ProjectFile | FileFailure {
  const read = readImage(path, undefined, { limit: LARGEST });
  if (!read.ok) return read;
  const decoded = decodeSource(read.bytes);
  return {
    ...{ path, kind, bytes: read.bytes, identity: read.identity },
    source: decoded.ok ? decoded.value : null,
    undecodable: decoded.ok ? null : decoded.message,
  };
}

/** `folder` and the folders above it up to and including `top`, nearest first. All of them when `top` is null. */
export function foldersUp(folder: string, top: string | null): string[] {
  const folders = [folder];
  for (let current = folder; current !== top && dirname(current) !== current; ) {
    current = dirname(current);
    folders.push(current);
  }
  return folders;
}
