/** Which CMakeLists.txt gets the call: the one of each top-level project that makes a driver somewhere below. */
import { dirname, join } from 'node:path';
import { type Change, insertion, type Plan } from './change.js';
import { type CMakeCommand, scanCMake } from './cmake-scanner.js';
import { driverSignOfCMake, driverSignOfPreset } from './driver-signs.js';
import { installedFor } from './installation.js';
import type { PlanOptions } from './plan-msbuild.js';
import type { ProjectFile } from './project-files.js';
import { wireCMake } from './wire-cmake.js';

const CONFIG = 'cmake/hvci-fixConfig.cmake';

/** `projects`: top-level CMake projects that make a driver. `others`: those that seem to make none. */
export type CMakePlan = Plan & { readonly projects: number; readonly others: readonly string[] };

export function planCMake(files: readonly ProjectFile[], { force, show }: PlanOptions): CMakePlan {
  const problems: string[] = [];
  const notes: string[] = [];
  const others: string[] = [];
  const changes: Change[] = [];
  let projects = 0;
  for (const top of topLevels(files)) {
    const below = join(dirname(top.path), '/');
    if (!force && !files.some((file) => file.path.startsWith(below) && saysDriver(file))) {
      others.push(top.path);
      continue;
    }
    projects++;
    if (top.source === null) {
      problems.push(`${show(top.path)}: ${top.undecodable}`);
      continue;
    }
    const folder = installedFor(dirname(top.path), CONFIG);
    const planned = folder.ok ? wireCMake(top.source.text, folder.value) : folder;
    if (!planned.ok) problems.push(`${show(top.path)}: ${planned.message}`);
    else if (planned.value === null) notes.push(`${show(top.path)} is wired already.`);
    else changes.push(insertion(top, top.source, planned.value));
  }
  return { changes, notes, problems, projects, others };
}

/** The lists with a project() that are not below another such list; where there is none, the topmost list. */
function topLevels(files: readonly ProjectFile[]): ProjectFile[] {
  const lists = files
    .filter(({ kind }) => kind === 'cmake-lists')
    .sort((a, b) => a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
  const withProject = lists.filter((file) => commandsOf(file)?.some(({ name }) => name === 'project') !== false);
  const tops: ProjectFile[] = [];
  for (const list of withProject.length > 0 ? withProject : lists) {
    if (!tops.some((top) => list.path.startsWith(join(dirname(top.path), '/')))) tops.push(list);
  }
  return tops;
}

/** null: CMake could not read it either. */
function commandsOf({ source }: ProjectFile): readonly CMakeCommand[] | null {
  const scanned = source === null ? null : scanCMake(source.text);
  return scanned?.ok === true ? scanned.value : null;
}

function saysDriver(file: ProjectFile): boolean {
  if (file.kind === 'preset') return driverSignOfPreset(file.source?.text ?? '') !== null;
  if (file.kind !== 'cmake-lists' && file.kind !== 'cmake-module') return false;
  const { text } = file.source ?? { text: '' };
  // A list that cannot be read is still a driver's when it talks of one: the user has to hear of it.
  return driverSignOfCMake(commandsOf(file) ?? [{ name: '', start: 0, end: text.length, source: text }]) !== null;
}
