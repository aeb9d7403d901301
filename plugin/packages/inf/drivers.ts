/** The images that an INF installs: which file, for which machine, on which Windows, and where the INF says so. */
import type { TargetOs } from '../../../fixer/rules/target-os.js';
import { isImageName } from '../../files/image-names.js';
import type { LooseBinary } from './beside.js';
import { copiedFiles, includesOthers } from './copies.js';
import { type InfMachine, oldest } from './decoration.js';
import type { InfDocument } from './document.js';
import { installsOf } from './installs.js';
import type { InfProblem } from './parse.js';
import { serviceBinaries } from './services.js';
import { type SourceFile, SourceFiles } from './sources.js';

/** One file of the package; several machines may share it. */
export interface InfImage {
  readonly file: SourceFile;
  /** Empty: all machines, or the INF does not say. */
  readonly machines: readonly InfMachine[];
  /**
   * The INF copies it without saying that it is in the package, and names Windows' own files (Include, LayoutFile): then it
   * comes from there, as usbser.sys does.
   */
  readonly mayBeOfWindows: boolean;
  /** The oldest Windows of the models that install it; null where no install section does. */
  readonly targetOs: TargetOs | null;
}

interface Gathered {
  readonly file: SourceFile;
  /** In [SourceDisksFiles]. */
  readonly listed: boolean;
  readonly machines: Set<InfMachine | null>;
  readonly targets: TargetOs[];
}

export interface InfPackage {
  readonly images: readonly InfImage[];
  /** Not in `images`: what the package holds decides. */
  readonly loose: readonly LooseBinary[];
  /** CatalogFile and its decorated forms. */
  readonly catalogs: readonly string[];
  /** What a person should know: dangling names, for one. */
  readonly problems: readonly InfProblem[];
}

export function imagesOf(inf: InfDocument): InfPackage {
  const { installs, problems: installProblems } = installsOf(inf);
  const problems = new Map<string, InfProblem>();
  const problem = (found: InfProblem): void => void problems.set(`${found.line}\0${found.message}`, found);
  for (const found of installProblems) problem(found);
  const sources = new SourceFiles(inf);
  const images = new Map<string, Gathered>();
  const loose: LooseBinary[] = [];
  const add = (file: SourceFile, machine: InfMachine | null, targetOs: TargetOs | null, listed = true): void => {
    const key = [...file.folders, file.name].join('\\').toLowerCase();
    const image = images.get(key) ?? { file, listed, machines: new Set(), targets: [] };
    image.machines.add(machine);
    if (targetOs !== null) image.targets.push(targetOs);
    images.set(key, image);
  };
  for (const install of installs) {
    const { machine, targetOs } = install;
    const copied = copiedFiles(inf, install, problem);
    const services = serviceBinaries(inf, install, problem);
    const run = new Set(services.filter(({ isImage }) => isImage).map(({ name }) => name.toLowerCase()));
    for (const { source, installedName, section, line } of copied) {
      if (!isPackedOrImage(source) && !run.has(installedName)) continue;
      const beside: SourceFile = { name: source, folders: [], cabinet: null, section, line };
      const file = sources.find(source, machine);
      add(file ?? beside, machine, targetOs, file !== undefined);
    }
    const copiedNames = new Set(copied.map(({ installedName }) => installedName));
    let places: readonly (readonly string[])[] | undefined;
    for (const { name, text, own, isImage, section, line } of services) {
      if (copiedNames.has(name.toLowerCase())) continue;
      const file = isImage ? sources.find(name, machine) : undefined;
      if (file !== undefined) add(file, machine, targetOs);
      else {
        places ??= sources.placesFor(machine, copied);
        loose.push({
          name,
          text,
          section,
          line,
          machine,
          targetOs,
          own,
          isImage,
          folders: own === null || own.length === 0 ? places : [own, ...places],
        });
      }
    }
  }
  // What no install section leads to belongs to the package all the same.
  const used = new Set([...images.values()].map(({ file }) => `${file.section}\0${file.line}`));
  for (const [file, machine] of sources.all()) {
    if (isPackedOrImage(file.name) && !used.has(`${file.section}\0${file.line}`)) add(file, machine, null);
  }
  const namesWindows = namesOthers(inf);
  const catalogs = catalogsOf(inf);
  // The limits of the text show while it is read.
  for (const found of inf.problems) problem(found);
  return {
    images: [...images.values()].map(({ file, listed, machines, targets }) => ({
      file,
      mayBeOfWindows: !listed && namesWindows,
      machines: machines.has(null) ? [] : [...machines].filter((machine) => machine !== null),
      targetOs: targets.length === 0 ? null : oldest(targets),
    })),
    loose,
    catalogs,
    problems: [...problems.values()].sort((a, b) => a.line - b.line),
  };
}

const namesOthers = (inf: InfDocument): boolean =>
  inf.section('version').some(({ key }) => /^layoutfile$/i.test(key ?? '')) ||
  inf.sectionNames.some((name) => includesOthers(inf.section(name)));

/** One file, named twice: what counts is the oldest Windows it may come to, on any of their machines. */
export function merged(a: InfImage, b: InfImage): InfImage {
  const isOlder = b.targetOs !== null && (a.targetOs === null || oldest([a.targetOs, b.targetOs]) !== a.targetOs);
  const machines =
    a.machines.length === 0 || b.machines.length === 0 ? [] : [...new Set([...a.machines, ...b.machines])];
  return { ...(isOlder ? b : a), machines };
}

/** `driver.sy_` is driver.sys, compressed. */
const isPackedOrImage = (name: string): boolean => isImageName(name) || isImageName(unpackedName(name));

export const unpackedName = (name: string): string =>
  name.replace(
    /\.(sy|dl|ex|ef)_$/i,
    (_, start: string) => `.${start}${{ sy: 's', dl: 'l', ex: 'e', ef: 'i' }[start.toLowerCase()]}`,
  );

function catalogsOf(inf: InfDocument): string[] {
  const names = inf
    .section('version')
    .filter(({ key }) => /^catalogfile(?:\.nt\w*)?$/i.test(key ?? ''))
    .map(({ values }) => values[0] ?? '')
    .filter((name) => name !== '');
  return [...new Set(names)];
}
