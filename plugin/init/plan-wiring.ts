/** The whole plan of `hvci-fix init`: MSBuild and CMake, each where it makes a driver. Both when both do. */
import { basename } from 'node:path';
import type { Plan } from './change.js';
import { planCMake } from './plan-cmake.js';
import { type PlanOptions, planMsbuild } from './plan-msbuild.js';
import type { Target } from './target.js';

export interface WiringOptions extends PlanOptions {
  /** null: whatever makes drivers. */
  readonly only: 'msbuild' | 'cmake' | null;
}

/** `named` is the target as the user wrote it. */
export function planWiring({ root, tree, projects, cmakeFiles }: Target, options: WiringOptions, named: string): Plan {
  const { only, show } = options;
  const msbuild = planMsbuild(root, only === 'cmake' ? [] : projects, tree.files, options);
  const cmake = planCMake(only === 'msbuild' ? [] : cmakeFiles, options);
  const problems = [...msbuild.problems, ...cmake.problems];
  // Wired in part would look like wired.
  for (const { message } of tree.failures) problems.push(message);
  const notes = [...msbuild.notes, ...cmake.notes];
  if (msbuild.drivers === 0 && cmake.projects === 0 && problems.length === 0)
    return {
      changes: [],
      notes: [],
      problems: [noDriver(named, [...projects.map(({ path }) => path), ...cmake.others], show)],
    };
  if (cmake.projects === 0 && cmake.others.length > 0)
    notes.push(
      `${cmake.others.map(show).join(', ')}: no driver target was found there, so it stays as it is (--force wires it).`,
    );
  if (tree.solutions.length > 1 && cmakeFiles.length > 0 && msbuild.changes.length > 0)
    notes.push(
      `There are ${tree.solutions.length} solutions; hvci-fix init ${basename(tree.solutions[0] ?? '')} wires the projects of one only.`,
    );
  return { changes: [...msbuild.changes, ...cmake.changes], notes, problems };
}

function noDriver(named: string, looked: readonly string[], show: (path: string) => string): string {
  if (looked.length === 0)
    return `${named}: there is no vcxproj and no CMakeLists.txt. Name the project's folder, or start one with hvci-fix init --template cmake-wdm DIR.`;
  const few = looked.slice(0, 5).map(show).join(', ');
  const more = looked.length > 5 ? ` and ${looked.length - 5} more` : '';
  return `${named}: no project makes a kernel-mode driver (looked at ${few}${more} for ConfigurationType Driver, a WindowsKernelModeDriver toolset, SubSystem Native, wdk_add_driver() or a .sys suffix). If one does all the same: hvci-fix init --force.`;
}
