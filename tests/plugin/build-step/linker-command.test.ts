/** The linker's command line in a PDB, against llvm-pdbutil, and damaged PDBs. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { linkerCommandFromPdb } from '../../../fixer/pe/debug/linker-command.js';
import { run } from '../../support/command.js';
import { buildDriver } from '../../support/toolchain/drivers.js';
import { buildTools, toolPath, toolsReady } from '../../support/toolchain/tools.js';
import { scratch } from '../files/scratch.js';

const needed = [...buildTools, 'llvm-pdbutil-22'];

test('cmd of the linker module is what llvm-pdbutil shows', async (t) => {
  if (!toolsReady(t, needed)) return;
  const pdb = join(dirname(await buildDriver('pdb')), 'pdb.pdb');
  const { stdout } = await execa(toolPath('llvm-pdbutil-22'), ['dump', '-symbols', pdb]);
  const shown = /- cmd\n\s+- (.*)/.exec(stdout)?.[1];
  t.regex(shown ?? '', /\/section:INIT,ERD/);
  const command = linkerCommandFromPdb(readFileSync(pdb), null);
  t.true(command.ok);
  t.is(command.ok ? command.value : null, shown ?? null);
});

test('a PDB cut anywhere, or with any byte of it changed, is no exception', async (t) => {
  if (!toolsReady(t, needed)) return;
  const bytes = readFileSync(join(dirname(await buildDriver('pdb')), 'pdb.pdb'));
  for (let length = 0; length < bytes.length; length += 509)
    t.notThrows(() => linkerCommandFromPdb(bytes.subarray(0, length), null));
  for (let offset = 0; offset < bytes.length; offset += 251) {
    const damaged = Buffer.from(bytes);
    damaged[offset] = (damaged[offset] ?? 0) ^ 0xff;
    t.notThrows(() => linkerCommandFromPdb(damaged, null), `offset ${offset}`);
  }
});

test('without given options the hint comes from the PDB beside the image', async (t) => {
  if (!toolsReady(t, needed)) return;
  const driver = await buildDriver('pdb-writable-code');
  const folder = scratch(t);
  copyFileSync(driver, join(folder, 'a.sys'));
  copyFileSync(join(dirname(driver), 'pdb-writable-code.pdb'), join(folder, 'pdb-writable-code.pdb'));
  const { stdout } = await run(['build-step', '--image', 'a.sys'], { cwd: folder });
  t.regex(stdout, /HVCI2003: .*Cause: \/section:PATCH,ERW in the linker's command line in pdb-writable-code\.pdb\./);
  writeFileSync(join(folder, 'options'), '/DRIVER\n');
  const given = await run(['build-step', '--image', 'a.sys', '--link-options', 'options'], { cwd: folder });
  t.regex(
    given.stdout,
    /Cause: \/section:PATCH,ERW in the linker's command line/,
    'the options that were given explain nothing',
  );
  writeFileSync(join(folder, 'options'), '/SECTION:PATCH,RWE\n');
  const known = await run(['build-step', '--image', 'a.sys', '--link-options', 'options'], { cwd: folder });
  t.regex(known.stdout, /Cause: \/SECTION:PATCH,RWE in the link options\./);
});
