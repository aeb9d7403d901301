/** Every driver the integration tests build: its flags, and the violations it is there to show. */

export type Arch = 'x64' | 'x86' | 'arm64';

/** What an oracle can see in the image; the numbers are the rules' codes. */
export type Violation =
  | 'HVCI2003' // a section that is executable and writable
  | 'HVCI2004' // SectionAlignment, or a section's rva, that is no multiple of 0x1000
  | 'HVCI2005' // import address table in an executable section
  | 'HVCI3001' // base relocations across two pages
  | 'HVCI3002' // no NX_COMPAT
  | 'HVCI4001'; // CheckSum is 0 or wrong

/** A 32-bit field of the optional header, written after the link; CheckSum is made right again afterwards. */
export interface HeaderPatch {
  readonly field: 'sectionAlignment' | 'fileAlignment';
  readonly value: number;
}

export interface Recipe {
  readonly name: string;
  /** Architectures it can be built for. */
  readonly archs: readonly Arch[];
  /** Those committed as `samples/<name>/<name>.<arch>.sys`. */
  readonly committed: readonly Arch[];
  readonly about: string;
  readonly violations: readonly Violation[];
  /** Codes of the rules that read the code: no oracle sees these, the source says them. */
  readonly calls: readonly string[];
  /** Kernel functions besides those that samples/common/device.c calls. */
  readonly imports: readonly string[];
  readonly linker: 'lld-link' | 'gnu-ld';
  /** Paths from the repository's folder. samples/common/device.c is always linked in. */
  readonly sources: readonly string[];
  readonly compileFlags: readonly string[];
  readonly linkFlags: readonly string[];
  readonly patch: readonly HeaderPatch[];
}

const everyArch: readonly Arch[] = ['x64', 'x86', 'arm64'];

/** link.exe's /SUBSYSTEM:NATIVE implies /RELEASE (a checksum); lld-link wants it said. */
const checksum = '/release';
const initGood = '/section:INIT,ERD';
const initWritable = '/section:INIT,ERWD';
const usual = [checksum, initGood];
/** lld-link leaves .bss out of the file, and an image whose raw offsets equal its rvas cannot have such a hole. */
const noBss = ['-fno-zero-initialized-in-bss'];

function recipe(name: string, about: string, violations: readonly Violation[], rest: Partial<Recipe>): Recipe {
  return {
    name,
    about,
    violations,
    calls: [],
    imports: [],
    archs: everyArch,
    committed: [],
    linker: 'lld-link',
    sources: ['samples/clean/driver.c'],
    compileFlags: [],
    linkFlags: usual,
    patch: [],
    ...rest,
  };
}

/** A recipe whose driver is committed under samples/. */
function sample(name: string, about: string, violations: readonly Violation[], rest: Partial<Recipe>): Recipe {
  return recipe(name, about, violations, { committed: ['x64'], sources: [`samples/${name}/driver.c`], ...rest });
}

const aligned = (bytes: number): readonly string[] => [...usual, `/align:${bytes}`, `/filealign:${bytes}`];
const gnuLd = { linker: 'gnu-ld', archs: ['x64'] } as const satisfies Partial<Recipe>;

export const recipes: readonly Recipe[] = [
  sample('clean', 'nothing is wrong', [], { committed: everyArch }),
  sample('init-rwx', 'INIT is executable and writable, as linkers of the VS2013 era leave it', ['HVCI2003'], {
    committed: everyArch,
    linkFlags: [checksum, initWritable],
  }),
  sample('iat-in-text', 'the import address table lies in .text', ['HVCI2005'], {
    linkFlags: [...usual, '/merge:.rdata=.text'],
  }),
  sample('iat-in-init', 'the import address table lies in INIT', ['HVCI2005'], {
    // Not discardable: the table is needed for as long as the driver runs.
    linkFlags: [checksum, '/section:INIT,ER', '/merge:.idata=INIT'],
  }),
  sample('low-alignment', 'sections are 128 bytes apart; loadable', ['HVCI2004'], {
    compileFlags: noBss,
    linkFlags: aligned(128),
  }),
  sample('straddling-relocations', 'a packed structure puts a pointer across two pages', ['HVCI3001'], {}),
  sample('no-nx', 'NX_COMPAT is not set', ['HVCI3002'], { linkFlags: [...usual, '/nxcompat:no'] }),
  sample('writable-code', 'a section other than INIT is executable and writable', ['HVCI2003'], {
    linkFlags: [...usual, '/section:PATCH,ERW'],
  }),
  sample('executable-pool', 'asks for executable pool memory', [], {
    calls: ['HVCI2000'],
    imports: ['ExAllocatePoolWithTag', 'ExFreePoolWithTag'],
  }),

  recipe('low-alignment-32', 'sections are 32 bytes apart; loadable', ['HVCI2004'], {
    compileFlags: noBss,
    linkFlags: aligned(32),
  }),
  recipe('low-alignment-512', 'sections are 512 bytes apart; loadable', ['HVCI2004'], {
    compileFlags: noBss,
    linkFlags: aligned(512),
  }),
  recipe('low-alignment-unloadable', 'raw offsets differ from rvas: Windows refuses the image anyway', ['HVCI2004'], {
    linkFlags: [...usual, '/align:32'],
  }),
  recipe('low-alignment-raised', 'sections 128 bytes apart, but the header claims 0x1000: broken', ['HVCI2004'], {
    compileFlags: noBss,
    linkFlags: aligned(128),
    patch: [{ field: 'sectionAlignment', value: 0x1000 }],
  }),
  recipe('low-alignment-header', 'only the header says 0x200, every rva is page aligned: fixable there', ['HVCI2004'], {
    compileFlags: noBss,
    linkFlags: aligned(4096),
    patch: [
      { field: 'sectionAlignment', value: 0x200 },
      { field: 'fileAlignment', value: 0x200 },
    ],
  }),
  recipe('straddling-relocations-4096', 'the packed table with 4,096 entries', ['HVCI3001'], {
    sources: ['samples/straddling-relocations/driver.c'],
    compileFlags: ['-DENTRIES=X4(X4(X4(X4(X4(X4(ENTRY))))))'],
  }),
  recipe('many-sections', '2,007 sections', [], {
    sources: ['samples/clean/driver.c', 'tests/support/toolchain/sources/many-sections.s'],
    // ARM64 and x64 have .pdata, x86 has not; 2,007 is what x64 comes to.
    archs: ['x64', 'arm64'],
    compileFlags: ['-Wa,-defsym,COUNT=2001'],
    linkFlags: [...usual, '/opt:noref'],
  }),
  recipe('two-init', '`init`, well behaved, beside `INIT`, executable and writable', ['HVCI2003'], {
    sources: ['tests/support/toolchain/sources/two-init.c'],
    linkFlags: [checksum, initWritable, '/section:init,ER'],
  }),
  recipe('no-checksum', 'CheckSum is 0', ['HVCI4001'], { linkFlags: [initGood] }),
  recipe('coff-symbols', 'a COFF symbol table after the sections', [], { linkFlags: [...usual, '/debug:symtab'] }),
  recipe('dwarf', 'DWARF sections, and their long names in a string table at the end', [], {
    compileFlags: ['-gdwarf-4', '-fdebug-compilation-dir=.'],
    linkFlags: [...usual, '/debug:dwarf'],
  }),
  recipe('pdb', 'a PDB and a linker map beside the driver', [], {
    compileFlags: ['-g', '-gcodeview', '-fdebug-compilation-dir=.'],
    linkFlags: [...usual, '/debug', '/pdb:pdb.pdb', '/pdbaltpath:pdb.pdb', '/map:pdb.map'],
  }),
  recipe('pdb-writable-code', 'as pdb, with a defect that a report can name the symbol of', ['HVCI2003'], {
    sources: ['samples/writable-code/driver.c'],
    compileFlags: ['-g', '-gcodeview', '-fdebug-compilation-dir=.'],
    linkFlags: [
      ...[checksum, initWritable, '/section:PATCH,ERW'],
      ...['/debug', '/pdb:pdb-writable-code.pdb', '/pdbaltpath:pdb-writable-code.pdb', '/map:pdb-writable-code.map'],
    ],
  }),
  recipe('mingw', 'GNU ld: writable .idata, COFF symbols at the end, and a GNU map beside the driver', [], {
    ...gnuLd,
    linkFlags: ['-Wl,-Map,mingw.map'],
  }),
  recipe('mingw-omagic', 'GNU ld --omagic: .text is writable', ['HVCI2003'], {
    ...gnuLd,
    linkFlags: ['-Wl,--omagic'],
  }),
];

/** The recipe of that name. Throws for a name that is not in the table. */
export function recipeNamed(name: string): Recipe {
  const found = recipes.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no recipe is called ${name}`);
  return found;
}
