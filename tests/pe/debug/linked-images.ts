/** Drivers linked with a PDB and with maps, for the tests in this folder: functions, statics, data, a packed table. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

export const linkTools = ['clang-22', 'lld-link-22', 'llvm-pdbutil-22', 'llvm-symbolizer-22', 'llvm-readobj-22'];
export const gnuTools = ['x86_64-w64-mingw32-gcc', 'x86_64-w64-mingw32-g++', 'i686-w64-mingw32-gcc', 'llvm-readobj-22'];

export const architectures = ['x64', 'x86', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

const triples = { x64: 'x86_64', x86: 'i686', arm64: 'aarch64' };

/** The entries of the packed table are 2 bytes and a pointer, so that some pointers lie across a page boundary. */
const driverSource = `
typedef unsigned short u16;
extern int shared_helper(int);
static const char names[64] = "abc";
#pragma pack(push, 1)
struct entry { u16 tag; const char *name; };
#define E1 {1, names},
#define E16 E1 E1 E1 E1 E1 E1 E1 E1 E1 E1 E1 E1 E1 E1 E1 E1
#define E256 E16 E16 E16 E16 E16 E16 E16 E16 E16 E16 E16 E16 E16 E16 E16 E16
struct entry packed_table[2048] = { E256 E256 E256 E256 E256 E256 E256 E256 };
#pragma pack(pop)
static volatile int counter;
int shared_data = 7;
__attribute__((noinline)) static int local_step(int x) {
  static volatile int calls = 11;
  calls += x;
  counter += x;
  if (x > 3)
    counter ^= 5;
  return counter * 3;
}
int DriverEntry(void *driver, void *path) {
  int r = local_step((int)(__SIZE_TYPE__)driver);
  r += shared_helper(r);
  return r + packed_table[r & 7].tag;
}
`;

const helperSource = `
namespace n { struct c { int m(int); }; static volatile int hidden = 3; }
inline __attribute__((noinline)) int twice(int x) { return x + n::hidden; }
int n::c::m(int x) {
  return twice(x) * 9;
}
extern "C" int shared_helper(int x) {
  n::c v;
  return v.m(x) + n::hidden;
}
`;

/** Paths of one link's results. */
export interface LinkedImage {
  readonly image: string;
  readonly pdb: string;
  /** link.exe's format, from /map. */
  readonly map: string;
  /** lld's own format, from /lldmap. */
  readonly lldMap: string;
}

const folders: string[] = [];

/** A folder that `removeFolders` takes away. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hvci-fix-debug-'));
  folders.push(folder);
  return folder;
}

export async function removeFolders(): Promise<void> {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

async function writeSources(folder: string): Promise<void> {
  await writeFile(join(folder, 'driver.c'), driverSource);
  await writeFile(join(folder, 'helper.cpp'), helperSource);
}

const linked = new Map<string, Promise<LinkedImage>>();

/** Linked once in a test process. */
export function linkImage(architecture: Architecture, optimization = '-O1'): Promise<LinkedImage> {
  const key = `${architecture} ${optimization}`;
  const result = linked.get(key) ?? link(architecture, optimization);
  linked.set(key, result);
  return result;
}

async function link(architecture: Architecture, optimization: string): Promise<LinkedImage> {
  const folder = await temporaryFolder();
  await writeSources(folder);
  const target = `--target=${triples[architecture]}-pc-windows-msvc`;
  // Columns change the layout of line records; MSVC writes none, clang does when told.
  const columns = optimization === '-O0' ? ['-gcolumn-info'] : [];
  const flags = [
    optimization,
    ...columns,
    '-g',
    '-gcodeview',
    '-ffreestanding',
    '-fno-stack-protector',
    '-funwind-tables',
  ];
  for (const source of ['driver.c', 'helper.cpp']) {
    await execa('clang-22', [target, ...flags, '-c', '-o', `${source}.obj`, source], { cwd: folder });
  }
  const paths = { image: 'd.sys', pdb: 'd.pdb', map: 'd.map', lldMap: 'd.lldmap' };
  const options = ['/driver', '/subsystem:native', '/nodefaultlib', '/entry:DriverEntry', '/release', '/debug'];
  const machine = [`/machine:${architecture}`, ...(architecture === 'x86' ? ['/safeseh:no'] : [])];
  const outputs = ['/out:d.sys', '/pdb:d.pdb', '/map:d.map', '/lldmap:d.lldmap'];
  const inputs = ['driver.c.obj', 'helper.cpp.obj'];
  await execa('lld-link-22', [...options, ...machine, ...outputs, ...inputs], { cwd: folder });
  return {
    image: join(folder, paths.image),
    pdb: join(folder, paths.pdb),
    map: join(folder, paths.map),
    lldMap: join(folder, paths.lldMap),
  };
}

/** The same sources with GNU ld, which leaves its own kind of map and a COFF symbol table. */
export async function linkGnuImage(prefix: 'x86_64' | 'i686'): Promise<{ image: string; map: string }> {
  const folder = await temporaryFolder();
  await writeSources(folder);
  const run = (tool: string, args: string[]) => execa(`${prefix}-w64-mingw32-${tool}`, args, { cwd: folder });
  await run('gcc', ['-O1', '-ffreestanding', '-c', '-o', 'driver.o', 'driver.c']);
  await run('g++', ['-O1', '-ffreestanding', '-c', '-o', 'helper.o', 'helper.cpp']);
  const entry = prefix === 'i686' ? '_DriverEntry' : 'DriverEntry';
  const options = `-Wl,--subsystem,native,--entry,${entry},-Map,d.map`;
  await run('gcc', ['-shared', '-nostdlib', options, '-o', 'd.sys', 'driver.o', 'helper.o']);
  return { image: join(folder, 'd.sys'), map: join(folder, 'd.map') };
}

export const bytesOf = async (path: string): Promise<Uint8Array> => new Uint8Array(await readFile(path));
