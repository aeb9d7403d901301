/**
 * The install sections of an INF for each machine: through [Manufacturer] and its models sections, and [DefaultInstall].
 * Source: Microsoft, "INF Manufacturer Section", "INF Models Section", "INF DefaultInstall Section".
 */
import type { TargetOs } from '../../../fixer/rules/target-os.js';
import { decorated, INF_MACHINES, type InfMachine, oldest, parseDecoration } from './decoration.js';
import type { InfDocument } from './document.js';
import type { InfEntry, InfProblem } from './parse.js';

export interface Install {
  /** Null where the INF does not tell machines apart. */
  readonly machine: InfMachine | null;
  readonly targetOs: TargetOs;
  /** The section's name without its decoration; `forMachine` finds what applies. */
  readonly section: string;
}

export function installsOf(inf: InfDocument): { installs: readonly Install[]; problems: readonly InfProblem[] } {
  const problems: InfProblem[] = [];
  const found = new Map<string, Install>();
  const add = (install: Install): void => {
    const key = `${install.machine}\0${install.section.toLowerCase()}`;
    const before = found.get(key);
    found.set(
      key,
      before === undefined ? install : { ...before, targetOs: oldest([before.targetOs, install.targetOs]) },
    );
  };
  for (const manufacturer of inf.section('manufacturer')) modelsOf(inf, manufacturer, add, problems);
  for (const name of inf.sectionNames) {
    // A filter that another tool copies has [DefaultInstall.NTamd64.Services] alone.
    const decoration = /^defaultinstall(?:\.(nt\w*))?(?:\.services)?$/.exec(name);
    if (decoration === null) continue;
    const { machine, targetOs } = parseDecoration(decoration[1] ?? '') ?? { machine: null, targetOs: oldest([]) };
    add({ machine, targetOs, section: 'DefaultInstall' });
  }
  return { installs: [...found.values()], problems };
}

/** `%Mfg% = Models, NTx86, NTamd64.10.0...16299`: a models section for each decoration, and the undecorated one. */
function modelsOf(
  inf: InfDocument,
  { values, line }: InfEntry,
  add: (install: Install) => void,
  problems: InfProblem[],
): void {
  const [name = '', ...decorations] = values;
  let seen = false;
  for (const text of ['', ...decorations.filter((decoration) => decoration !== '')]) {
    const decoration = parseDecoration(text);
    if (decoration === null) {
      problems.push({ line, message: `[Manufacturer] has the decoration ${text}, ${whatIsWrong(text)}` });
      continue;
    }
    const section = text === '' ? name : `${name}.${text}`;
    seen ||= inf.has(section);
    for (const model of inf.section(section)) {
      const install = model.values[0] ?? '';
      if (install === '') continue;
      for (const machine of machinesOf(inf, install, decoration.machine))
        add({ machine, targetOs: decoration.targetOs, section: install });
    }
  }
  if (!seen && name !== '') problems.push({ line, message: `there is no models section [${name}]` });
}

/** `NT$ARCH$` stands in the source of an INF. */
const whatIsWrong = (decoration: string): string =>
  decoration.includes('$')
    ? 'a placeholder: name the INF that the build made of it (stampinf)'
    : 'which names no machine and no Windows';

/** An undecorated models section may lead to install sections that are decorated: one install for each such machine. */
function machinesOf(inf: InfDocument, install: string, machine: InfMachine | null): readonly (InfMachine | null)[] {
  if (machine !== null) return [machine];
  const own = INF_MACHINES.filter((candidate) => inf.has(`${install}.nt${candidate}`));
  return own.length === 0 || inf.has(install) || inf.has(`${install}.nt`) ? [...own, null] : own;
}

/** The entries of the one section that Windows takes for `machine`: the most particular that exists. */
export function forMachine(
  inf: InfDocument,
  name: string,
  machine: InfMachine | null,
  extension = '',
): readonly InfEntry[] {
  const section = decorated(name, machine).find((candidate) => inf.has(candidate + extension));
  return section === undefined ? [] : inf.section(section + extension);
}
