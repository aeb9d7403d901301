/** What `hvci-fix init` was pointed at: a folder, a solution, a project or a CMakeLists.txt. */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type FileFailure, fromSystemError } from '../files/failure.js';
import { readImage } from '../files/read.js';
import { type Parsed, problem } from './outcome.js';
import { findProjectFiles, kindOf, type ProjectFile, type ProjectTree, readProjectFile } from './project-files.js';
import { decodeSource, readable } from './source-text.js';

export interface Target {
  /** Absolute, links resolved. */
  readonly root: string;
  readonly tree: ProjectTree;
  /** The vcxproj files to wire. */
  readonly projects: readonly ProjectFile[];
  /** The files among which top-level CMake projects are sought. */
  readonly cmakeFiles: readonly ProjectFile[];
  /** The files in which undo looks for marks. */
  readonly undoFiles: readonly ProjectFile[];
}

export function targetAt(path: string): Parsed<Target> {
  let real: string;
  let folder: boolean;
  try {
    real = realpathSync(resolve(path));
    folder = statSync(real).isDirectory();
  } catch (error) {
    return problem(fromSystemError(error, 'look at', path).message);
  }
  const root = folder ? real : dirname(real);
  const tree = findProjectFiles(root);
  const { files } = tree;
  const every = files.filter(({ kind }) => kind === 'vcxproj');
  const all = { root, tree, projects: every, cmakeFiles: files, undoFiles: files };
  if (folder) return { ok: true, value: all };
  if (/\.slnx?$/i.test(real)) return solution(real, path, all);
  const kind = kindOf(basename(real));
  if (kind === 'vcxproj') {
    const projects = all.projects.filter((file) => file.path === real);
    return { ok: true, value: { ...all, projects, cmakeFiles: [], undoFiles: projects } };
  }
  if (kind === 'cmake-lists') {
    const undoFiles = files.filter((file) => file.kind === 'cmake-lists');
    return { ok: true, value: { ...all, projects: [], undoFiles } };
  }
  return problem(`${path} is no folder, solution, vcxproj or CMakeLists.txt. Name one of these.`);
}

/** The projects of one solution; they need not be below it. */
function solution(real: string, shown: string, all: Target): Parsed<Target> {
  const read = readImage(real);
  if (!read.ok) return problem(read.message);
  const decoded = decodeSource(read.bytes);
  if (!decoded.ok) return problem(`${shown}: ${decoded.message}`);
  const projects: ProjectFile[] = [];
  const missing: string[] = [];
  for (const name of projectNames(readable(decoded.value))) {
    const path = resolve(dirname(real), name.replaceAll('\\', '/'));
    const file = all.projects.find((known) => known.path === path) ?? readProjectFile(path, 'vcxproj');
    if ('kind' in file) projects.push(file);
    else missing.push((file as FileFailure).message);
  }
  if (missing.length > 0) return problem(`${shown} names projects that cannot be read. ${missing.join(' ')}`);
  if (projects.length === 0) return problem(`${shown} names no vcxproj. Name a folder or a project.`);
  const undoFiles = [...projects, ...all.tree.files.filter(({ kind }) => kind === 'build-props')];
  return { ok: true, value: { ...all, projects, cmakeFiles: [], undoFiles } };
}

/** `Project("{...}") = "name", "folder\name.vcxproj"` of .sln; `<Project Path="...">` of .slnx. */
function projectNames(text: string): string[] {
  const found = text.matchAll(/(?:= *"[^"\n]*", *|<Project [^<>]*Path=)"([^"\n]*\.vcxproj)"/gi);
  return [...new Set([...found].map((match) => match[1] ?? ''))];
}
