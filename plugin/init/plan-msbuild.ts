/**
 * Which MSBuild files get the import. One driver project: its vcxproj. Several: the Directory.Build.props they share, which
 * is made where there is none, so that a project added later is checked too.
 */
import { basename, dirname, join } from 'node:path';
import { type BuildProps, BuildPropsFiles } from './build-props.js';
import { type Change, creation, insertion, type Plan } from './change.js';
import { driverSignOfMsbuild, importsOf } from './driver-signs.js';
import { installedFor } from './installation.js';
import type { ProjectFile } from './project-files.js';
import { importsHvciFix, newBuildProps, type Wiring, wireBuildProps, wireVcxproj } from './wire-msbuild.js';
import { scanXml } from './xml-scanner.js';

export interface PlanOptions {
  /** Wire projects that do not look like driver projects. */
  readonly force: boolean;
  /** Path as the user should read it. */
  readonly show: (path: string) => string;
}

const PROPS = 'msbuild/hvci-fix.props';

/** `drivers`: projects that were taken for driver projects; with none there is nothing else in the plan either. */
export type MsbuildPlan = Plan & { readonly drivers: number };

interface Project {
  readonly file: ProjectFile;
  readonly wiredItself: boolean;
  readonly chain: readonly BuildProps[];
}

/** `projects`: the vcxproj files to look at; `files`: all that was found, for property sheets that say "driver". */
export function planMsbuild(
  root: string,
  projects: readonly ProjectFile[],
  files: readonly ProjectFile[],
  options: PlanOptions,
): MsbuildPlan {
  const { show } = options;
  const problems: string[] = [];
  const notes: string[] = [];
  const props = new BuildPropsFiles();
  const drivers = projects.flatMap((file) => asDriver(file, files, props, options, problems));

  const open = drivers.filter(({ wiredItself, chain }) => !wiredItself && !chain.some(({ wired }) => wired));
  for (const driver of drivers) if (!open.includes(driver)) notes.push(`${show(driver.file.path)} is wired already.`);

  for (const { file, fault } of drivers.flatMap(({ chain }) => chain))
    if (fault !== null) problems.push(`${show(file.path)}: ${fault}`);

  const changes: Change[] = [];
  const take = (path: string, planned: Wiring, file: ProjectFile): void => {
    if (!planned.ok) problems.push(`${show(path)}: ${planned.message}`);
    else if (planned.value !== null && file.source !== null) changes.push(insertion(file, file.source, planned.value));
  };
  for (const [shared, members] of groupByProps(root, open)) {
    const each = shared === null || drivers.length === 1 || drivers.some(({ wiredItself }) => wiredItself);
    for (const { file } of each ? members : []) take(file.path, wire(file, wireVcxproj), file);
    if (each) continue;
    const existing = props.in(dirname(shared));
    if (existing !== null) {
      take(shared, wire(existing.file, wireBuildProps), existing.file);
      continue;
    }
    const folder = installedFor(root, PROPS);
    if (!folder.ok) problems.push(`${show(shared)}: ${folder.message}`);
    else changes.push(creation(shared, newBuildProps(folder.value, lineEndOf(members), props.existsAbove(root))));
  }
  return { changes, notes, problems: [...new Set(problems)], drivers: drivers.length };
}

function asDriver(
  file: ProjectFile,
  files: readonly ProjectFile[],
  props: BuildPropsFiles,
  { force, show }: PlanOptions,
  problems: string[],
): Project[] {
  const scanned = file.source === null ? null : scanXml(file.source.text);
  if (file.source === null || scanned === null || !scanned.ok) {
    const why = scanned === null || scanned.ok ? file.undecodable : scanned.message;
    // A broken project that is none of ours is not our business.
    if (force || /WindowsKernelModeDriver|>Driver</.test(file.source?.text ?? 'WindowsKernelModeDriver'))
      problems.push(`${show(file.path)}: ${why}`);
    return [];
  }
  const chain = props.chainFor(file.path);
  const sheets = files.filter(
    ({ path, kind }) => kind === 'property-sheet' && importsOf(scanned.value).includes(basename(path).toLowerCase()),
  );
  const looksLikeDriver =
    driverSignOfMsbuild(file.source.text, scanned.value) !== null ||
    [...sheets, ...chain.map((shared) => shared.file)].some(saysDriver);
  return force || looksLikeDriver
    ? [{ file, wiredItself: importsHvciFix(file.source.text, scanned.value), chain }]
    : [];
}

function saysDriver({ source }: ProjectFile): boolean {
  const scanned = source === null ? null : scanXml(source.text);
  return scanned?.ok === true && source !== null && driverSignOfMsbuild(source.text, scanned.value) !== null;
}

/** By the topmost Directory.Build.props inside `root` that the projects read, or the one to make in `root`; null: outside of it. */
function groupByProps(root: string, open: readonly Project[]): Map<string | null, Project[]> {
  const groups = new Map<string | null, Project[]>();
  for (const project of open) {
    const inside = project.chain.filter(({ file }) => isBelow(file.path, root)).at(-1);
    const own = isBelow(project.file.path, root) ? join(root, 'Directory.Build.props') : null;
    const key = inside?.file.path ?? own;
    groups.set(key, [...(groups.get(key) ?? []), project]);
  }
  return groups;
}

const isBelow = (path: string, folder: string): boolean => path.startsWith(join(folder, '/'));

function wire(file: ProjectFile, plan: (text: string, folder: string) => Wiring): Wiring {
  if (file.source === null) return { ok: false, message: file.undecodable ?? 'it cannot be read.' };
  const folder = installedFor(dirname(file.path), PROPS);
  return folder.ok ? plan(file.source.text, folder.value) : folder;
}

const lineEndOf = ([first]: readonly Project[]): string =>
  first?.file.source?.text.includes('\r\n') === true ? '\r\n' : '\n';
