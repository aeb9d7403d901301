/** Which linker to run. Looking for one in the configuration and on the machine is apart, in discover.ts: most calls name it. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, extname, join, resolve } from 'node:path';
import { programName } from './command.js';

export interface ChosenLinker {
  /** As it was named, or a path that discovery found. */
  readonly program: string;
  readonly args: readonly string[];
}

/** `ld`, `x86_64-w64-mingw32-gcc`, `lld-link-22`: a first argument of that name is a linker even where it is not found. */
const KNOWN =
  /^(?:.*[-.])?(?:link|lld-link|lld|rust-lld|ld|ld\.bfd|ld\.lld|gcc|g\+\+|cc|c\+\+|clang|clang\+\+|clang-cl|cl|cmake)$/;
const INPUT = /\.(?:o|obj|a|lib|res|rsp|def|exp|rlib|rmeta|pdb|c|cc|cpp|s|asm)$/i;

/** The first argument where it names a program, else HVCI_LINK_LINKER, else null. */
export function namedLinker(
  rest: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv,
): ChosenLinker | null {
  const [first] = rest;
  if (first !== undefined && isLinker(first, folder, environment)) return { program: first, args: rest.slice(1) };
  const program = environment['HVCI_LINK_LINKER'];
  return program === undefined || program === '' ? null : { program, args: rest };
}

function isLinker(text: string, folder: string, environment: NodeJS.ProcessEnv): boolean {
  if (text === '' || text.startsWith('-') || text.startsWith('@') || INPUT.test(text)) return false;
  if (/[\\/]/.test(text)) return isProgram(resolve(folder, text)) || isProgram(`${resolve(folder, text)}.exe`);
  return KNOWN.test(programName(text)) || findInPath(text, environment) !== null;
}

/** A file that may be run: by its rights, on Windows by its extension. */
export function isProgram(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    if (process.platform === 'win32') return /^\.(?:exe|com|cmd|bat)$/i.test(extname(path));
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The full path of a program by its bare name, or null. */
export function findInPath(name: string, environment: NodeJS.ProcessEnv): string | null {
  const extensions = process.platform === 'win32' && extname(name) === '' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const folder of (environment['PATH'] ?? environment['Path'] ?? '').split(delimiter)) {
    for (const extension of extensions) {
      const path = join(folder, name + extension);
      if (folder !== '' && isProgram(path)) return path;
    }
  }
  return null;
}

/** True where running `program` would run this very script again, and so on without end. */
export function isOurselves(program: string, script: string, environment: NodeJS.ProcessEnv): boolean {
  const path = /[\\/]/.test(program) ? program : findInPath(program, environment);
  try {
    return path !== null && realpathSync(path) === realpathSync(script);
  } catch {
    return false;
  }
}
