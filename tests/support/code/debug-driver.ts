/** A driver with calls that the code rules judge, linked with a PDB and a map; another build of it has other lines. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cachedFolder, keyOf } from '../toolchain/cache.js';
import type { Arch } from '../toolchain/recipes.js';
import { toolFingerprint, toolPath } from '../toolchain/tools.js';

export const debugDriverTools = ['clang-22', 'lld-link-22', 'llvm-dlltool-22', 'llvm-symbolizer-22'];

const source = `
typedef unsigned long ULONG;
#ifdef _M_IX86
#define CALL __stdcall
#else
#define CALL
#endif
#define IMPORT __declspec(dllimport)
IMPORT void *CALL ExAllocatePoolWithTag(int type, __SIZE_TYPE__ size, ULONG tag);
IMPORT void *CALL MmMapLockedPagesSpecifyCache(void *mdl, char mode, int cache, void *base, ULONG stop, ULONG priority);
IMPORT void CALL ExFreePool(void *memory);
__attribute__((noinline)) static void *Wrapper(int type, __SIZE_TYPE__ size) {
  void *memory = ExAllocatePoolWithTag(type, size, 'parW');
  if (memory)
    *(volatile char *)memory = 1;
  return memory;
}
__attribute__((noinline)) void *First(__SIZE_TYPE__ size) {
  void *memory = Wrapper(0, size);
  void *other = Wrapper(4, size);
  if (other)
    *(volatile char *)other = 2;
  return memory;
}
__attribute__((noinline)) void *Map(void *mdl) {
  void *memory = MmMapLockedPagesSpecifyCache(mdl, 0, 1, 0, 0, 16);
  if (memory)
    *(volatile char *)memory = 3;
  return memory;
}
int CALL DriverEntry(void *driver, void *path) {
  void *memory = First((__SIZE_TYPE__)path & 64);
  for (int i = 0; i < 3; i++) {
    void *each = ExAllocatePoolWithTag(0, 16 + i, 'pooL');
    if (each)
      ExFreePool(each);
  }
  Map(driver);
  ExFreePool(memory);
  return 0;
}
`;

const exported = ['ExAllocatePoolWithTag', 'MmMapLockedPagesSpecifyCache', 'ExFreePool'];
const stdcall = ['ExAllocatePoolWithTag@12', 'MmMapLockedPagesSpecifyCache@24', 'ExFreePool@4'];
const machines: Record<Arch, { triple: string; dlltool: string[]; names: readonly string[]; link: string[] }> = {
  x64: { triple: 'x86_64', dlltool: ['-m', 'i386:x86-64'], names: exported, link: ['/entry:DriverEntry'] },
  arm64: {
    triple: 'aarch64',
    dlltool: ['-m', 'arm64'],
    names: exported,
    link: ['/machine:arm64', '/entry:DriverEntry'],
  },
  x86: {
    triple: 'i686',
    dlltool: ['-m', 'i386', '-k'],
    names: stdcall,
    link: ['/machine:x86', '/safeseh:no', '/entry:DriverEntry@8'],
  },
};

export interface DebugDriver {
  readonly image: string;
  readonly pdb: string;
  readonly map: string;
}

/** @param build lines of comment put before the source: a build with another number has another PDB */
export async function debugDriver(arch: Arch, build = 0): Promise<DebugDriver> {
  const { triple, dlltool, names, link } = machines[arch];
  const text = `${'// another build\n'.repeat(build)}${source}`;
  const compile = [
    ...[`--target=${triple}-pc-windows-msvc`, '-O1', '-g', '-gcodeview', '-fdebug-compilation-dir=.', '-Wno-multichar'],
    ...['-ffreestanding', '-fno-builtin', '-fms-extensions', '-fno-stack-protector', '-mno-stack-arg-probe'],
    ...['-funwind-tables', '-c', '-o', 'd.obj', 'd.c'],
  ];
  const options = [
    ...['/driver', '/subsystem:native', '/nodefaultlib', '/release', '/debug', '/pdb:d.pdb', '/pdbaltpath:d.pdb'],
    ...['/pdbsourcepath:/src', '/map:d.map', '/out:d.sys', ...link, 'd.obj', 'nt.lib'],
  ];
  const tools = debugDriverTools.map(toolFingerprint);
  const key = keyOf(JSON.stringify([text, compile, options, dlltool, names, tools]));
  const folder = await cachedFolder(`debug-driver-${arch}-${key}`, async (own) => {
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'd.c'), text);
    await writeFile(join(own, 'nt.def'), `LIBRARY ntoskrnl.exe\nEXPORTS\n${names.join('\n')}\n`);
    await run('llvm-dlltool-22', [...dlltool, '-d', 'nt.def', '-l', 'nt.lib'], own);
    await run('clang-22', compile, own);
    await run('lld-link-22', options, own);
  });
  return { image: join(folder, 'd.sys'), pdb: join(folder, 'd.pdb'), map: join(folder, 'd.map') };
}

async function run(tool: string, args: readonly string[], cwd: string): Promise<void> {
  const result = await execa(toolPath(tool), args, { cwd, reject: false, all: true, stdin: 'ignore' });
  if (result.failed) throw new Error(`${tool} ${args.join(' ')}\n${result.all}`);
}
