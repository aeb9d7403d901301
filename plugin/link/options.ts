/** Linker options in one form, whichever of the two syntaxes they are written in. */

export interface LinkerOption {
  /** Lower case, without prefix: `merge`, `section-alignment`. */
  readonly name: string;
  /** What stands behind the colon, the equals sign or, for GNU options that take one, the blank; '' without. */
  readonly value: string;
  /** As a person wrote it, for messages: `/MERGE:.rdata=.text`, `--section-alignment 32`. */
  readonly text: string;
}

/** Options of GNU ld, gcc and clang whose value may be the next argument: those that matter here, or whose value could be taken for one. */
const TAKES_NEXT = new Set([
  ...['b', 'e', 'h', 'L', 'l', 'm', 'o', 'T', 'map', 'output', 'entry', 'subsystem', 'section-alignment'],
  ...['file-alignment', 'image-base', 'section-start', 'out-implib', 'output-def', 'defsym', 'script', 'soname'],
  ...['format', 'target', 'flavor'],
]);

/** Options handed through a compiler driver, `-Wl,a,b` and `-Xlinker a`, as the linker will see them. */
export function unwrapDriverOptions(args: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg.startsWith('-Wl,')) result.push(...arg.slice(4).split(','));
    else if (arg === '-Xlinker' && at + 1 < args.length) result.push(args[++at] as string);
    else result.push(arg);
  }
  return result;
}

/** Every option among `args`, in order; file names are left out. `args` have their response files expanded. */
export function readLinkerOptions(args: readonly string[]): LinkerOption[] {
  const all = unwrapDriverOptions(args);
  const options: LinkerOption[] = [];
  for (let at = 0; at < all.length; at++) {
    const text = all[at] as string;
    const msvc = /^[/-]([A-Za-z?][\w?]*-?)(?::(.*))?$/s.exec(text);
    const gnu = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(text);
    if (gnu !== null && (gnu[2] !== undefined || text.startsWith('--') || msvc === null || takesNext(gnu, all, at))) {
      const name = (gnu[1] as string).toLowerCase();
      if (gnu[2] === undefined && takesNext(gnu, all, at)) {
        const next = all[++at] as string;
        options.push({ name, value: next, text: `${text} ${next}` });
      } else options.push({ name, value: gnu[2] ?? '', text });
    } else if (msvc !== null) {
      options.push({ name: (msvc[1] as string).toLowerCase(), value: msvc[2] ?? '', text });
    }
  }
  return options;
}

const takesNext = (gnu: RegExpExecArray, all: readonly string[], at: number): boolean =>
  at + 1 < all.length && TAKES_NEXT.has(gnu[1]?.length === 1 ? gnu[1] : (gnu[1] as string).toLowerCase());

/** `/DRIVER`, `/SUBSYSTEM:NATIVE`, `--subsystem native:10.0`, `--subsystem=1`. */
export function linksDriver(options: readonly LinkerOption[]): boolean {
  return options.some(
    ({ name, value }) => name === 'driver' || (name === 'subsystem' && /^(?:native|1)(?:[,:]|$)/i.test(value)),
  );
}
