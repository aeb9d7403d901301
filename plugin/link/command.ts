/** Understands a linker's command line as far as it matters here: what is linked, and whether it is a driver. */
import { readFileSync } from 'node:fs';
import { basename, parse, posix, resolve, win32 } from 'node:path';
import { expandResponseFiles } from './expand.js';
import { type LinkerOption, linksDriver, readLinkerOptions, unwrapDriverOptions } from './options.js';
import { splitWindows } from './quoting.js';

/** `msvc`: link.exe, lld-link. `cl`: a compiler of that syntax that links. `gnu`: ld, ld.lld, and gcc or clang that link. */
export type Flavor = 'msvc' | 'cl' | 'gnu';

export interface LinkCommand {
  readonly flavor: Flavor;
  /** Absolute paths of which the linker writes one, likeliest first; empty where nothing is linked. */
  readonly outputs: readonly string[];
  /** True where the options alone say that it is a driver. */
  readonly driver: boolean;
  readonly options: readonly LinkerOption[];
}

const NOTHING: LinkCommand = { flavor: 'gnu', outputs: [], driver: false, options: [] };

/** @param args what follows the linker's name. @param folder absolute, where the linker runs. */
export function understandLink(
  linker: string,
  args: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv,
): LinkCommand {
  const name = programName(linker);
  const separator = args.indexOf('--');
  // CMake's own wrapper: cmake -E vs_link_exe ... -- link.exe ...
  if (name === 'cmake' && separator !== -1)
    return understandLink(args[separator + 1] ?? '', args.slice(separator + 2), folder, environment);
  const flavor = flavorOf(name, args);
  // clang takes either syntax of quoting; on Windows it expects that of Windows.
  const windows = flavor !== 'gnu' || (process.platform === 'win32' && name.includes('clang'));
  let all = expandResponseFiles(args, folder, windows ? 'windows' : 'gnu');
  if (flavor === 'msvc') {
    const before = splitWindows(environment['LINK'] ?? '');
    const after = splitWindows(environment['_LINK_'] ?? '');
    all = [...expandResponseFiles(before, folder, 'windows'), ...all, ...expandResponseFiles(after, folder, 'windows')];
  }
  if (all.some((arg) => isOtherMode(arg, flavor))) return NOTHING;
  const options = readLinkerOptions(all);
  const driver = linksDriver(options);
  const outputs = (flavor === 'gnu' ? gnuOutputs(all, options) : msvcOutputs(all, options, flavor, driver, folder)).map(
    (path) => resolve(folder, path),
  );
  return { flavor, outputs, driver, options };
}

/** `lld-link` for `C:\llvm\bin\lld-link-22.exe`. Either slash: a test on Linux must see what Windows sees. */
export function programName(path: string): string {
  const name = path.includes('\\') ? win32.basename(path) : posix.basename(path);
  return name
    .toLowerCase()
    .replace(/\.(?:exe|cmd|bat|com)$/, '')
    .replace(/-\d+(?:\.\d+)*$/, '');
}

function flavorOf(name: string, args: readonly string[]): Flavor {
  const asked = args[args.indexOf('-flavor') + 1];
  if (name.endsWith('lld') && args.includes('-flavor'))
    return asked === 'link' || asked === 'lld-link' ? 'msvc' : 'gnu';
  if (name === 'link' || name === 'lld-link') return 'msvc';
  if (name === 'cl' || name === 'clang-cl') return 'cl';
  if (isGnuName(name)) return 'gnu';
  return looksLikeMsvc(args) ? 'msvc' : 'gnu';
}

const isGnuName = (name: string): boolean =>
  /(?:^|[-.])(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ld|ld\.bfd|ld\.lld)$/.test(name);

/** For a linker of unknown name, and for choosing one: options that only link.exe and its like have. */
export const looksLikeMsvc = (args: readonly string[]): boolean =>
  args.some((arg) =>
    /^[/-](?:nologo|dll|driver(?::\w+)?|(?:out|subsystem|machine|entry|implib|libpath):.+)$/i.test(arg),
  );

/** Compiles, assembles, makes libraries, or says its version: nothing is linked. */
const isOtherMode = (arg: string, flavor: Flavor): boolean =>
  flavor === 'gnu'
    ? /^(?:-c|-S|-E|-r|--relocatable|--version|--help|-###)$/.test(arg)
    : flavor === 'cl'
      ? /^[/-](?:c|E|EP|P|\?)$/.test(arg)
      : /^[/-](?:lib|dump|edit|\?)$/i.test(arg);

function gnuOutputs(args: readonly string[], options: readonly LinkerOption[]): string[] {
  // Through -Wl, clang can be given the other syntax, which its linker reads after its own.
  const slash = options.filter(({ name, text }) => name === 'out' && /^[/-]out:/i.test(text)).at(-1);
  if (slash !== undefined) return [slash.value];
  let named: string | null = null;
  const all = unwrapDriverOptions(args);
  for (const [at, arg] of all.entries()) {
    const long = /^--out(?:p(?:ut?)?)?(?:=(.*))?$/s.exec(arg);
    if (long !== null || arg === '-o') named = long?.[1] ?? all[at + 1] ?? named;
    else if (/^-o[^-]/.test(arg) && !/^-o(?:magic|format)/.test(arg)) named = arg.slice(2);
  }
  if (named === null) return ['a.exe', 'a.out'];
  // mingw's gcc adds .exe to the name of a program that has no extension.
  return parse(named).ext === '' ? [named, `${named}.exe`] : [named];
}

function msvcOutputs(
  args: readonly string[],
  options: readonly LinkerOption[],
  flavor: Flavor,
  driver: boolean,
  folder: string,
): string[] {
  const out = options.filter(({ name, value }) => name === 'out' && value !== '').at(-1);
  if (out !== undefined) return [out.value];
  if (flavor === 'cl') {
    const named = clOutput(args);
    if (named !== null) return parse(named).ext === '' ? [`${named}.exe`, named] : [named];
  }
  const dll = options.some(({ name }) => name === 'dll' || (flavor === 'cl' && /^ldd?$/.test(name)));
  const fromDefinitions = definitionsName(options, folder);
  if (fromDefinitions !== null) return [fromDefinitions];
  const input = args.find(
    (arg) => !/^[-@]/.test(arg) && !/^\/[A-Za-z?][\w?]*-?(?::|$)/.test(arg) && /\.\w+$/.test(arg),
  );
  if (input === undefined) return [];
  return [`${parse(basename(input.replaceAll('\\', '/'))).name}${dll ? '.dll' : driver ? '.sys' : '.exe'}`];
}

/** `/Fefoo.sys`, `/Fe:foo.sys`, `/Fe: foo.sys`, `-o foo.sys`. */
function clOutput(args: readonly string[]): string | null {
  let named: string | null = null;
  for (const [at, arg] of args.entries()) {
    const fe = /^[/-]Fe:?(.*)$/s.exec(arg);
    if (fe !== null) named = fe[1] === '' ? (args[at + 1] ?? null) : (fe[1] as string);
    else if (/^[/-]o$/.test(arg)) named = args[at + 1] ?? null;
    else if (/^\/link$/i.test(arg)) break;
  }
  return named;
}

/** A module-definition file's NAME or LIBRARY statement names the output where no /OUT does. */
function definitionsName(options: readonly LinkerOption[], folder: string): string | null {
  const file = options.filter(({ name }) => name === 'def').at(-1)?.value;
  if (file === undefined || file === '') return null;
  let text: string;
  try {
    text = readFileSync(resolve(folder, file), 'latin1');
  } catch {
    return null;
  }
  const statement = /^[ \t]*(NAME|LIBRARY)[ \t]+"?([^\s"]+)/im.exec(text);
  const named = statement?.[2];
  if (named === undefined || /^BASE\s*=/i.test(named)) return null;
  return parse(named).ext === '' ? `${named}${statement?.[1]?.toUpperCase() === 'NAME' ? '.exe' : '.dll'}` : named;
}
