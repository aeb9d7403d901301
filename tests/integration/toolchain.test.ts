/** The drivers that other tests rely on: each shows what its recipe claims, in the eyes of pefile and llvm-readobj. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildDriver, compileDriver } from '../support/toolchain/drivers.js';
import {
  type PefileReport,
  pefile,
  type ReadobjReport,
  type ReadobjSection,
  readobj,
  violationsIn,
} from '../support/toolchain/oracles.js';
import { type Arch, recipes } from '../support/toolchain/recipes.js';
import { committedSample } from '../support/toolchain/samples.js';
import { sign, verifySignature } from '../support/toolchain/signing.js';
import { buildTools, oracleTools, signingTools, toolsReady } from '../support/toolchain/tools.js';

const WRITE_AND_EXECUTE = 0xa0000000;
const DISCARDABLE = 0x02000000;
const kernelImports = ['IoCreateDevice', 'IoCreateSymbolicLink', 'IoDeleteDevice', 'IoDeleteSymbolicLink'];

interface Built {
  readonly path: string;
  readonly pefile: PefileReport;
  readonly readobj: ReadobjReport;
}

const variants = recipes.flatMap((recipe) => recipe.archs.map((arch) => ({ recipe, arch })));
let building: Promise<ReadonlyMap<string, Built>> | undefined;

async function buildAll(): Promise<ReadonlyMap<string, Built>> {
  const paths: string[] = [];
  for (const { recipe, arch } of variants) paths.push(await buildDriver(recipe.name, arch));
  const reports = await pefile(paths);
  const built = new Map<string, Built>();
  for (const [index, { recipe, arch }] of variants.entries()) {
    const path = paths[index]!;
    built.set(`${recipe.name} ${arch}`, { path, pefile: reports[index]!, readobj: await readobj(path) });
  }
  return built;
}

/** The built driver with both reports. The first test that asks builds them all, and pefile starts once. */
async function built(name: string, arch: Arch = 'x64'): Promise<Built> {
  building ??= buildAll();
  return (await building).get(`${name} ${arch}`)!;
}

function toolTest(title: string, tools: readonly string[], run: (t: ExecutionContext) => Promise<void>): void {
  test(title, async (t) => {
    t.timeout(240_000, 'building all drivers');
    if (toolsReady(t, [...buildTools, ...oracleTools, ...tools])) await run(t);
  });
}

const has = (section: ReadobjSection, flags: number): boolean => (section.characteristics & flags) >>> 0 === flags;
const writableCode = (image: ReadobjReport): string[] =>
  image.sections.filter((section) => has(section, WRITE_AND_EXECUTE)).map((section) => section.name);

for (const { recipe, arch } of variants) {
  toolTest(`${recipe.name} for ${arch}: ${recipe.about}`, [], async (t) => {
    const image = await built(recipe.name, arch);
    t.deepEqual(violationsIn(image.pefile), [...recipe.violations]);
    t.is(image.readobj.subsystem, 1);
    t.is(image.readobj.machine, { x64: 0x8664, x86: 0x14c, arm64: 0xaa64 }[arch]);
    t.is(image.pefile.entrySection, 'INIT');
    t.deepEqual(
      image.readobj.imports.map(({ name, symbols }) => [name, [...symbols].sort()]),
      [['ntoskrnl.exe', [...recipe.imports, ...kernelImports, 'IofCompleteRequest'].sort()]],
    );
    // The two oracles agree, so a slip in reading either one's output shows.
    t.deepEqual(
      image.readobj.sections.map((section) => [section.virtualAddress, section.sizeOfRawData, section.characteristics]),
      image.pefile.sections.map((section) => [section.rva, section.size, section.characteristics]),
    );
    // pefile reads raw offsets as rvas below a page of alignment, and so misses the relocations of this one.
    if (recipe.name !== 'low-alignment-unloadable') {
      t.is(image.readobj.relocations.filter(({ type }) => type !== 'ABSOLUTE').length, image.pefile.relocations);
    }
    t.deepEqual(image.readobj.directories.get('IAT'), image.pefile.iat);
    t.is(image.readobj.checkSum, image.pefile.checkSum);
  });

  if (recipe.committed.includes(arch)) {
    toolTest(`the committed ${recipe.name} for ${arch} is what its source builds to`, [], async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'hvci-fix-rebuild-'));
      try {
        const fresh = await readFile(await compileDriver(recipe, arch, folder));
        const committed = await readFile(committedSample(recipe.name, arch));
        t.true(fresh.equals(committed), 'differs: run node build/tests/support/toolchain/rebuild-samples.js');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
}

toolTest('the writable and executable sections are the named ones', [], async (t) => {
  const names = async (recipe: string): Promise<string[]> => writableCode((await built(recipe)).readobj);
  t.deepEqual(await names('init-rwx'), ['INIT']);
  t.deepEqual(await names('writable-code'), ['PATCH']);
  t.deepEqual(await names('two-init'), ['INIT']);
  t.true((await names('mingw-omagic')).includes('.text'));
  const initRwx = (await built('init-rwx')).readobj.sections.find((section) => section.name === 'INIT')!;
  t.true(has(initRwx, DISCARDABLE));
  const twoInit = (await built('two-init')).readobj.sections.map((section) => section.name);
  t.deepEqual(twoInit.filter((name) => name.toLowerCase() === 'init').sort(), ['INIT', 'init']);
});

toolTest('import address tables lie where the recipes put them', [], async (t) => {
  t.is((await built('clean')).pefile.iatSection, '.rdata');
  t.is((await built('iat-in-text')).pefile.iatSection, '.text');
  t.is((await built('iat-in-init')).pefile.iatSection, 'INIT');
  t.is((await built('mingw')).pefile.iatSection, '.idata');
});

for (const [name, bytes] of [
  ['low-alignment', 128],
  ['low-alignment-32', 32],
  ['low-alignment-512', 512],
] as const) {
  toolTest(`${name}: raw offsets are rvas, as Windows wants of low alignment`, [], async (t) => {
    const { readobj: image } = await built(name);
    t.is(image.sectionAlignment, bytes);
    t.is(image.fileAlignment, bytes);
    for (const section of image.sections) t.is(section.pointerToRawData, section.virtualAddress, section.name);
  });
}

toolTest('low-alignment-unloadable: raw offsets are not rvas', [], async (t) => {
  const { readobj: image } = await built('low-alignment-unloadable');
  t.is(image.sectionAlignment, 32);
  t.is(image.fileAlignment, 512);
  t.true(image.sections.some((section) => section.pointerToRawData !== section.virtualAddress));
});

toolTest(
  'low-alignment-header: only the header is below a page; low-alignment-raised: only the header is not',
  [],
  async (t) => {
    const { readobj: fixable } = await built('low-alignment-header');
    t.deepEqual([fixable.sectionAlignment, fixable.fileAlignment], [0x200, 0x200]);
    for (const section of fixable.sections) {
      t.is(section.virtualAddress % 0x1000, 0, section.name);
      t.is(section.pointerToRawData, section.virtualAddress, section.name);
    }
    const { readobj: broken } = await built('low-alignment-raised');
    t.is(broken.sectionAlignment, 0x1000);
    t.true(broken.sections.every((section) => section.virtualAddress % 0x1000 !== 0));
  },
);

for (const [arch, width, count] of [
  ['x64', 8, 6],
  ['arm64', 8, 6],
  ['x86', 4, 2],
] as const) {
  toolTest(`straddling relocations for ${arch}: ${count}`, [], async (t) => {
    const image = await built('straddling-relocations-4096', arch);
    const straddling = image.readobj.relocations
      .filter(({ type, address }) => type !== 'ABSOLUTE' && (address & 0xfff) + width > 0x1000)
      .map(({ address }) => address);
    t.is(straddling.length, count);
    t.deepEqual([...image.pefile.straddling], straddling);
  });
}

toolTest('what follows the sections: COFF symbols, long section names', [], async (t) => {
  for (const name of ['coff-symbols', 'dwarf', 'mingw']) {
    const image = await built(name);
    t.not(image.readobj.pointerToSymbolTable, 0, name);
    t.is(image.readobj.pointerToSymbolTable, image.pefile.overlayOffset!, name);
  }
  t.true((await built('coff-symbols')).readobj.numberOfSymbols > 0);
  const debugInfo = (await built('dwarf')).readobj.sections.find((section) => section.name === '.debug_info')!;
  t.regex(debugInfo.rawName, /^2F /); // "/4": an offset into the string table
  t.is((await built('clean')).readobj.pointerToSymbolTable, 0);
});

toolTest('sizes and sums: 2,007 sections, a checksum of 0', [], async (t) => {
  t.is((await built('many-sections')).readobj.sections.length, 2007);
  t.is((await built('no-checksum')).readobj.checkSum, 0);
});

toolTest('PDB and map files lie beside their drivers', [], async (t) => {
  for (const name of ['pdb', 'pdb-writable-code']) {
    const { path, readobj: image } = await built(name);
    t.true(image.debugTypes.includes(2), 'IMAGE_DEBUG_TYPE_CODEVIEW');
    const pdb = await readFile(join(dirname(path), `${name}.pdb`));
    t.is(pdb.toString('latin1', 0, 24), 'Microsoft C/C++ MSF 7.00');
    t.regex(await readFile(join(dirname(path), `${name}.map`), 'utf8'), /^ 000\d:.*\bDriverEntry\b/m);
  }
  const mingw = await readFile(join(dirname((await built('mingw')).path), 'mingw.map'), 'utf8');
  t.regex(mingw, /^ +0x[0-9a-f]+ +DriverEntry$/m);
});

toolTest('a signed driver verifies, and no longer after an edit', signingTools, async (t) => {
  const unsigned = (await built('init-rwx')).path;
  const signed = await sign(unsigned);
  t.true((await verifySignature(signed)).valid);
  t.false((await verifySignature(unsigned)).valid);
  const [report] = await pefile([signed]);
  const bytes = await readFile(signed);
  t.is(report!.certificate.type, 2);
  t.is(report!.certificate.offset + report!.certificate.size, bytes.length);
  t.is(report!.checkSum, report!.computedCheckSum);

  const folder = await mkdtemp(join(tmpdir(), 'hvci-fix-sign-'));
  try {
    bytes[0x400]! ^= 1; // in .text
    const edited = join(folder, 'edited.sys');
    await writeFile(edited, bytes);
    t.false((await verifySignature(edited)).valid);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a recipe is committed under samples/ exactly when the table says so', (t) => {
  for (const { recipe, arch } of variants) {
    const path = join(committedSample('clean'), '../..', recipe.name, `${recipe.name}.${arch}.sys`);
    t.is(existsSync(path), recipe.committed.includes(arch), path);
  }
});
