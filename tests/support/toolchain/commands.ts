/** The command lines of a recipe: pure data, so that the cache's key can be made of them. */
import type { Arch, Recipe } from './recipes.js';

export interface Command {
  readonly tool: string;
  readonly args: readonly string[];
}

interface Target {
  readonly triple: string;
  readonly dlltool: readonly string[];
  readonly definitions: string;
  readonly link: readonly string[];
}

/** What the machines' command lines differ in. */
export const targets: Record<Arch, Target> = {
  x64: {
    triple: 'x86_64-pc-windows-msvc',
    dlltool: ['-m', 'i386:x86-64'],
    definitions: 'samples/common/ntoskrnl.def',
    link: ['/machine:x64', '/entry:DriverEntry'],
  },
  arm64: {
    triple: 'aarch64-pc-windows-msvc',
    dlltool: ['-m', 'arm64'],
    definitions: 'samples/common/ntoskrnl.def',
    link: ['/machine:arm64', '/entry:DriverEntry'],
  },
  x86: {
    triple: 'i686-pc-windows-msvc',
    // -k: the import names lose the @N that the symbols keep.
    dlltool: ['-m', 'i386', '-k'],
    definitions: 'samples/common/ntoskrnl.x86.def',
    link: ['/machine:x86', '/entry:DriverEntry@8', '/safeseh:no'],
  },
};

const compileFlags = [
  ...['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-fno-builtin', '-fno-stack-protector'],
  // Without unwind tables clang makes no .pdata.
  '-funwind-tables',
];
const clangFlags = [...compileFlags, '-Xclang', '-fms-kernel', '-mno-stack-arg-probe'];
// /Brepro: a hash of the image instead of the time of day.
const lldFlags = ['/driver', '/subsystem:native', '/nodefaultlib', '/Brepro'];
const gccFlags = [
  ...[...compileFlags, '-mno-stack-arg-probe', '-shared', '-nostdlib'],
  '-Wl,--subsystem,native,--entry,DriverEntry,--dynamicbase,--nxcompat,--no-insert-timestamp',
];

/** Files to copy beside the sources, as paths from the repository's folder. */
export const commonFiles = [
  ...['kernel.h', 'sample.h', 'device.c', 'ntoskrnl.def', 'ntoskrnl.x86.def'].map((name) => `samples/common/${name}`),
];

/** The driver's file name. */
export const driverFile = (name: string, arch: Arch): string => `${name}.${arch}.sys`;

/** Commands to run one after the other, in a folder that holds the sources under their paths from the repository. */
export function commandsFor(recipe: Recipe, arch: Arch): Command[] {
  const sources = [...recipe.sources, 'samples/common/device.c'];
  const output = driverFile(recipe.name, arch);
  if (recipe.linker === 'gnu-ld') {
    const args = [...gccFlags, ...recipe.compileFlags, ...recipe.linkFlags, '-o', output, ...sources, '-lntoskrnl'];
    return [{ tool: 'x86_64-w64-mingw32-gcc', args }];
  }
  const target = targets[arch];
  const objects = sources.map((source) => source.replaceAll('/', '-').replace(/\.\w+$/, '.obj'));
  return [
    { tool: 'llvm-dlltool-22', args: [...target.dlltool, '-d', target.definitions, '-l', 'ntoskrnl.lib'] },
    ...sources.map((source, index) => {
      // An option for the assembler is unused, and so an error, where C is compiled.
      const flags = source.endsWith('.s')
        ? recipe.compileFlags
        : [...clangFlags, ...recipe.compileFlags.filter((flag) => !flag.startsWith('-Wa,'))];
      return {
        tool: 'clang-22',
        args: [`--target=${target.triple}`, ...flags, '-c', '-o', objects[index]!, source],
      };
    }),
    {
      tool: 'lld-link-22',
      args: [...lldFlags, ...target.link, ...recipe.linkFlags, `/out:${output}`, ...objects, 'ntoskrnl.lib'],
    },
  ];
}
