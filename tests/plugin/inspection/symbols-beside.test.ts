/** Straddling relocations named from the PDB or map that lies beside the image; and why one that does is not used. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hasSymbolsBeside } from '../../../plugin/inspection/symbols-beside.js';
import { parsed } from '../../support/code/engine.js';
import { folderWith, type JsonImage, run, runJson } from '../../support/command.js';
import { repositoryFile } from '../../support/repository.js';
import { cachedFolder, keyOf } from '../../support/toolchain/cache.js';
import { commandsFor, driverFile } from '../../support/toolchain/commands.js';
import { compileDriver } from '../../support/toolchain/drivers.js';
import { type Recipe, recipeNamed } from '../../support/toolchain/recipes.js';
import { buildTools, toolFingerprint, toolsReady } from '../../support/toolchain/tools.js';

/** The sample with a PDB and a linker map; `name` is in the image's debug directory. */
function recipe(name: string, ...flags: string[]): Recipe {
  const base = recipeNamed('straddling-relocations');
  const debug = ['/debug', `/pdb:${name}.pdb`, `/pdbaltpath:${name}.pdb`, `/map:${name}.map`];
  const compileFlags = ['-g', '-gcodeview', '-fdebug-compilation-dir=.', ...flags];
  return { ...base, name, compileFlags, linkFlags: [...base.linkFlags, ...debug] };
}

async function build(made: Recipe): Promise<string> {
  const commands = commandsFor(made, 'x64');
  const sources = made.sources.map((path) => readFileSync(repositoryFile(path)));
  const key = keyOf(JSON.stringify([commands, commands.map(({ tool }) => toolFingerprint(tool))]), ...sources);
  return cachedFolder(`symbols-beside-${key}`, async (own) => {
    await compileDriver(made, 'x64', own);
  });
}

/** a.sys, and beside it the files of the linker that `beside` names: `{ 'a.pdb': 'pdb' }`. */
async function project(t: ExecutionContext, beside: Record<string, 'pdb' | 'map'>) {
  const built = await build(recipe('linked'));
  const { folder, at } = folderWith(t);
  copyFileSync(join(built, driverFile('linked', 'x64')), at('a.sys'));
  for (const [name, kind] of Object.entries(beside)) copyFileSync(join(built, `linked.${kind}`), at(name));
  return { folder, at };
}

async function look(folder: string): Promise<{ symbol: string | null; notes: string; image: JsonImage }> {
  const { image } = await runJson(['a.sys'], { cwd: folder });
  const finding = image.findings.find(({ code }) => code === 'HVCI3001');
  return { symbol: finding?.symbol ?? null, notes: image.coverage.notes.join('\n'), image };
}

function symbolTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test(title, async (t) => {
    t.timeout(120_000, 'building the driver');
    if (toolsReady(t, buildTools)) await body(t);
  });
}

// The packed table of samples/straddling-relocations/driver.c.
const TABLE = /^messages(?:\+0x[0-9a-f]+)?$/;

for (const [beside, used] of [
  [{ 'a.pdb': 'pdb' }, 'a.pdb'],
  [{ 'linked.pdb': 'pdb' }, 'linked.pdb'],
  [{ 'a.map': 'map' }, 'a.map'],
  [{ 'a.sys.map': 'map' }, 'a.sys.map'],
  [{ 'a.pdb': 'pdb', 'a.map': 'map' }, 'a.pdb'],
] as const) {
  symbolTest(`${Object.keys(beside).join(' and ')} beside it: ${used} names the table`, async (t) => {
    const { folder } = await project(t, beside);
    const { symbol, notes } = await look(folder);
    t.regex(symbol ?? '', TABLE);
    // The driver is linked with /Brepro, so its map has no date to compare.
    const doubt = used.endsWith('.map') ? ', which carries no date, so it may be of another build' : '';
    t.is(notes, `symbols from ${used}${doubt}`);
    const text = await run(['a.sys'], { cwd: folder });
    t.regex(text.stdout, /\bmessages\b/);
  });
}

symbolTest('without either: section and offset', async (t) => {
  const { folder } = await project(t, {});
  const { symbol, notes, image } = await look(folder);
  t.is(symbol, null);
  t.is(notes, '');
  t.regex((image.findings[0] as unknown as { message: string }).message, /\.(?:r?data)\+0x[0-9a-f]+/);
});

symbolTest('a PDB of another build is not believed, and the report says so', async (t) => {
  const { folder, at } = await project(t, {});
  const other = await build(recipe('other', '-DOTHER_BUILD', '-DENTRIES=X4(X4(X4(X4(ENTRY))))'));
  copyFileSync(join(other, 'other.pdb'), at('a.pdb'));
  const { symbol, notes } = await look(folder);
  t.is(symbol, null);
  t.regex(notes, /^a\.pdb is not used: /);
  // The map beside it is next.
  const right = await build(recipe('linked'));
  copyFileSync(join(right, 'linked.map'), at('a.map'));
  const second = await look(folder);
  t.regex(second.symbol ?? '', TABLE);
  t.regex(second.notes, /a\.pdb is not used: [\s\S]*symbols from a\.map/);
});

for (const [what, spoil] of [
  ['empty', () => Buffer.alloc(0)],
  ['a text', () => Buffer.from('no debug information here\n')],
  ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ['full of zeros', (bytes: Buffer) => Buffer.alloc(bytes.length)],
] as const) {
  symbolTest(`debug information that is ${what}: the verdict stays, a note says why it is not used`, async (t) => {
    for (const [name, kind] of [
      ['a.pdb', 'pdb'],
      ['a.map', 'map'],
    ] as const) {
      const { folder, at } = await project(t, { [name]: kind });
      writeFileSync(at(name), spoil(readFileSync(at(name))));
      const { exitCode, image } = await runJson(['a.sys'], { cwd: folder });
      t.is(exitCode, 1);
      t.true(image.findings.some(({ code }) => code === 'HVCI3001'));
      if (kind === 'map' && what === 'cut in half') continue; // half a map is a map of half the symbols
      t.regex(image.coverage.notes.join('\n'), new RegExp(`^${name.replace('.', '\\.')} is not used: `));
    }
  });
}

symbolTest('a map with the date of the image is taken without a doubt', async (t) => {
  const { folder, at } = await project(t, { 'a.map': 'map' });
  const image = readFileSync(at('a.sys'));
  const stamp = image
    .readUInt32LE(image.readUInt32LE(0x3c) + 8)
    .toString(16)
    .padStart(8, '0');
  const [name = '', ...rest] = readFileSync(at('a.map'), 'latin1').split('\n');
  const dated = [name, '', ` Timestamp is ${stamp} (Sat Nov 21 17:13:15 2026)`, ...rest];
  writeFileSync(at('a.map'), dated.join('\n'));
  t.is((await look(folder)).notes, 'symbols from a.map');
});

symbolTest('a folder of that name is no debug information', async (t) => {
  const { folder, at } = await project(t, { 'a.map': 'map' });
  mkdirSync(at('a.pdb'));
  t.regex((await look(folder)).symbol ?? '', TABLE);
  rmSync(at('a.map'));
  t.is((await look(folder)).symbol, null);
});

// Folders without debug information are listed once: a list that comes slowly may name what is linked meanwhile.
test('a map that comes into a folder after a hundred drivers is seen', (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'straddling-relocations' });
  const image = parsed(readFileSync(at('a.sys')));
  utimesSync(folder, 1000, 1000);
  for (let count = 0; count < 100; count++) t.false(hasSymbolsBeside(at('a.sys'), image));
  writeFileSync(at('a.map'), 'a map');
  t.true(hasSymbolsBeside(at('a.sys'), image));
  t.false(hasSymbolsBeside(at('b.sys'), image));
});
