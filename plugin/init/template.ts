/** A new project from a template of the package, the name filled in. Nothing that exists is written over. */
import { randomUUID } from 'node:crypto';
import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { createFile } from '../files/create.js';
import { fromSystemError } from '../files/failure.js';
import { escapeForTerminal } from '../report/escape.js';
import { runningPackage } from './installation.js';
import { type Parsed, problem } from './outcome.js';

const FOLDERS = ['cmake/templates', 'msbuild/templates'];
/** The part of a `dotnet new` template that we go by. */
const CONFIG = '.template.config/template.json';
/** What stands for the driver's name where no configuration says. */
const SOURCE_NAME = 'HvciDriver';

/** npm packs no file of the name that this one gets. */
const PACKED_GITIGNORE = /(?<=^|[\\/])gitignore$/;

interface TemplateConfig {
  /** The word that stands for the driver's name, in files and file names. */
  readonly sourceName: string;
  readonly shortName: string | null;
  /** Project ids, new for every project. */
  readonly guids: readonly string[];
}

/** Copies template `name` into `folder`; the answer is the text for the user. */
export async function copyTemplate(
  name: string,
  folder: string,
  driverName: string | undefined,
  dryRun: boolean,
  packageFolder: string | null = runningPackage(),
): Promise<Parsed<string>> {
  if (packageFolder === null) return problem('The templates cannot be found: the package around this program is gone.');
  const known = templatesOf(packageFolder);
  const source = known.get(name);
  if (source === undefined)
    return problem(
      `There is no template ${name}. The templates are ${[...known.keys()].sort().join(', ') || 'not in this package'}.`,
    );
  const driver = driverName ?? basename(resolve(folder));
  // It becomes a file name, a C identifier and a service name.
  if (!/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(driver))
    return problem(
      `${driver} cannot name a driver: use a letter, then letters, digits and underscores, such as --name MyDriver.`,
    );
  try {
    const config = readConfig(source);
    const fill = filler(config, driver);
    const files = filesBelow(source).map((from) => ({
      from,
      to: join(folder, fill(relative(source, from)).replace(PACKED_GITIGNORE, '.gitignore')),
    }));
    const taken = files.filter(({ to }) => lstatSync(to, { throwIfNoEntry: false }) !== undefined);
    if (taken.length > 0)
      return problem(
        `Already there: ${taken.map(({ to }) => to).join(', ')}. Nothing was written; name an empty folder.`,
      );
    const lines: string[] = [];
    for (const { from, to } of files) {
      lines.push(`${dryRun ? 'Would create' : 'Created'} ${escapeForTerminal(to)}\n`);
      if (dryRun) continue;
      const written = await createFile(to, Buffer.from(fill(readFileSync(from, 'latin1')), 'latin1'));
      if (!written.ok) return problem(`${written.message} Written before that: ${lines.length - 1} files.`);
    }
    return { ok: true, value: lines.join('') };
  } catch (error) {
    return problem(fromSystemError(error, 'copy the template to', folder).message);
  }
}

/** Template name to its folder: the name that `dotnet new` knows it by, else the folder's own. */
function templatesOf(packageFolder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const parent of FOLDERS.map((part) => join(packageFolder, part))) {
    for (const entry of entriesOf(parent)) {
      if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
      const source = join(parent, entry.name);
      found.set(readConfig(source)?.shortName ?? entry.name, source);
    }
  }
  return found;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // a package without templates of this kind
  }
}

/** null: no `dotnet new` template. */
function readConfig(source: string): TemplateConfig | null {
  const path = join(source, CONFIG);
  if (!existsSync(path)) return null;
  const { sourceName, shortName, guids } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const [firstName] = Array.isArray(shortName) ? (shortName as unknown[]) : [shortName];
  return {
    sourceName: typeof sourceName === 'string' ? sourceName : SOURCE_NAME,
    shortName: typeof firstName === 'string' ? firstName : null,
    guids: Array.isArray(guids) ? guids.filter((guid) => typeof guid === 'string') : [],
  };
}

function filler(config: TemplateConfig | null, driver: string): (text: string) => string {
  const { sourceName, guids } = config ?? { sourceName: SOURCE_NAME, guids: [] };
  const fresh = new Map(guids.map((guid) => [guid, randomUUID().toUpperCase()]));
  return (text) => {
    let filled = text.replaceAll(sourceName, driver).replaceAll(dashed(sourceName), dashed(driver));
    for (const [guid, id] of fresh) filled = filled.replace(new RegExp(guid, 'gi'), id);
    return filled;
  };
}

/** `HvciDriver` as npm writes names: `hvci-driver`. */
const dashed = (name: string): string =>
  name
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .replaceAll('_', '-')
    .toLowerCase();

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === '.template.config') return [];
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}
