/** Where the package is: the one that a project's build will find, and the one that runs now. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Parsed, problem } from './outcome.js';
import { foldersUp } from './project-files.js';

/**
 * The package's folder as a build file in `folder` has to write it (`../node_modules/hvci-fix`): the nearest node_modules
 * upwards, as Node itself looks. `part` is the file of the package that must be there. The path goes through node_modules,
 * never to where a package manager's link leads.
 */
export function installedFor(folder: string, part: string): Parsed<string> {
  const found = foldersUp(folder, null).find((above) =>
    existsSync(join(above, 'node_modules', 'hvci-fix', 'package.json')),
  );
  if (found === undefined)
    return problem(
      'hvci-fix is not installed in its folder or above, so its build could not find it. Run "npm install --save-dev hvci-fix" there, then hvci-fix init again.',
    );
  const installed = join(found, 'node_modules', 'hvci-fix');
  if (!existsSync(join(installed, part)))
    return problem(`${installed} has no ${part}: it is another version. Run "npm install --save-dev hvci-fix@latest".`);
  const up = relative(folder, found).replaceAll('\\', '/');
  return { ok: true, value: `${up === '' ? '' : `${up}/`}node_modules/hvci-fix` };
}

/** The folder of the package that runs, found from its program: a bundle has no `import.meta.url`. Null: not to be found. */
export function runningPackage(program = process.argv[1] ?? ''): string | null {
  try {
    const start = dirname(realpathSync(program));
    return foldersUp(start, null).find((folder) => nameOfPackage(folder) === 'hvci-fix') ?? null;
  } catch {
    return null;
  }
}

function nameOfPackage(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown }).name;
  } catch {
    return null;
  }
}
