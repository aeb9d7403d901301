/** Function and source line of calls, in every report: as llvm-symbolizer tells them. And a PDB of another build. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { symbolize } from '../../pe/debug/pdb-oracle.js';
import { type DebugDriver, debugDriver, debugDriverTools } from '../../support/code/debug-driver.js';
import { folderWith, run } from '../../support/command.js';
import { toolsReady } from '../../support/toolchain/tools.js';

interface Finding {
  readonly code: string;
  readonly rva: number;
  readonly symbol: string | null;
  readonly message: string;
  readonly data: {
    readonly ddi?: string;
    readonly returnRva?: number;
    readonly chain?: readonly number[];
    readonly source?: { readonly file: string; readonly line: number } | null;
  };
}

const FLAGS = ['--code', '--treat-as', 'driver'];

async function calls(
  folder: string,
): Promise<{ readonly findings: readonly Finding[]; readonly notes: readonly string[] }> {
  const { stdout } = await run(['d.sys', ...FLAGS, '--format', 'json'], { cwd: folder });
  const [image] = JSON.parse(stdout).images;
  const findings = (image.findings as Finding[]).filter(({ data }) => data.returnRva !== undefined);
  return { findings, notes: image.coverage.notes };
}

function project(t: ExecutionContext, driver: DebugDriver, beside: readonly ('pdb' | 'map')[]) {
  const { folder, at } = folderWith(t);
  copyFileSync(driver.image, at('d.sys'));
  for (const kind of beside) copyFileSync(driver[kind], at(`d.${kind}`));
  return { folder, at };
}

const functionOf = (symbol: string | null): string | undefined => symbol?.replace(/\+0x[0-9a-f]+$/, '');

for (const arch of ['x64', 'arm64', 'x86'] as const) {
  test(`${arch}: symbol and line of every call agree with llvm-symbolizer, in JSON, text, SARIF and MSBuild`, async (t) => {
    if (!toolsReady(t, debugDriverTools)) return;
    const driver = await debugDriver(arch);
    const { folder } = project(t, driver, ['pdb']);
    const { findings } = await calls(folder);
    // Two through the wrapper, one in the loop, one mapping.
    t.deepEqual(findings.map(({ code }) => code).sort(), ['HVCI2000', 'HVCI2000', 'HVCI2000', 'HVCI2002']);
    const oracle = await symbolize(
      driver.image,
      findings.map(({ rva }) => rva),
    );
    findings.forEach(({ symbol, data, message }, index) => {
      const { name, file, line } = oracle[index]!;
      t.is(functionOf(symbol), name);
      t.is(basename(data.source?.file ?? ''), basename(file));
      t.is(data.source?.line, line);
      t.true(message.includes(`(d.c:${line})`), message);
    });
    t.is(new Set(oracle.map(({ line }) => line)).size, 4, 'the oracle tells the calls apart');

    const text = await run(['d.sys', ...FLAGS], { cwd: folder });
    const msbuild = await run(['d.sys', ...FLAGS, '--format', 'msbuild'], { cwd: folder });
    const sarif = JSON.parse((await run(['d.sys', ...FLAGS, '--format', 'sarif'], { cwd: folder })).stdout);
    const related = new Set<number>();
    for (const { relatedLocations, locations } of sarif.runs[0].results) {
      t.is(locations[0].physicalLocation.artifactLocation.uri, 'd.sys', 'the image stays the place of the result');
      for (const { physicalLocation } of relatedLocations ?? []) {
        t.is(physicalLocation.artifactLocation.uri, 'file:///src/d.c');
        related.add(physicalLocation.region.startLine);
      }
    }
    for (const { line } of oracle) {
      // Remarks, which all of x86 is, show the first of a kind alone.
      if (arch !== 'x86') t.regex(text.stdout.replace(/\s+/g, ' '), new RegExp(`d\\.c:${line}\\b`));
      t.regex(msbuild.stdout, new RegExp(`d\\.c:${line}\\b`));
      t.true(related.has(line));
    }
  });

  test(`${arch}: the way through the wrapper names each link`, async (t) => {
    if (!toolsReady(t, debugDriverTools)) return;
    const driver = await debugDriver(arch);
    const { folder } = project(t, driver, ['pdb']);
    const through = (await calls(folder)).findings.filter(({ data }) => data.chain?.length === 2);
    t.is(through.length, 2);
    for (const { data, message } of through) {
      const [outer, inner] = await symbolize(driver.image, data.chain!);
      t.is(outer!.name, 'First');
      t.is(inner!.name, 'Wrapper');
      t.true(message.includes(`in ${inner!.name}+0x`) && message.includes(`(d.c:${inner!.line})`), message);
    }
  });

  test(`${arch}: a map names the function and no line`, async (t) => {
    if (!toolsReady(t, debugDriverTools)) return;
    const driver = await debugDriver(arch);
    const { folder } = project(t, driver, ['map']);
    const { findings } = await calls(folder);
    const oracle = await symbolize(
      driver.image,
      findings.map(({ rva }) => rva),
    );
    findings.forEach(({ symbol, data }, index) => {
      // C on x86 is decorated in a map: _First.
      t.is(functionOf(symbol)?.replace(/^_|@\d+$/g, ''), oracle[index]!.name);
      t.is(data.source, null);
    });
  });
}

test('the PDB of another build is named and ignored, in JSON and in text', async (t) => {
  if (!toolsReady(t, debugDriverTools)) return;
  const { folder, at } = project(t, await debugDriver('x64'), []);
  copyFileSync((await debugDriver('x64', 3)).pdb, at('d.pdb'));
  const { findings, notes } = await calls(folder);
  t.true(findings.length > 0);
  for (const { symbol, data } of findings) {
    t.is(symbol, null);
    t.is(data.source, null);
  }
  t.regex(notes.join('\n'), /^d\.pdb is not used: the PDB belongs to another build: the image asks for .{36} age 1/m);
  const { stdout } = await run(['d.sys', ...FLAGS], { cwd: folder });
  t.regex(stdout.replace(/\s+/g, ' '), /note d\.pdb is not used: the PDB belongs to another build/);
  t.notRegex(stdout, /d\.c/);
});

test('the right GUID with another age is another build', async (t) => {
  if (!toolsReady(t, debugDriverTools)) return;
  const driver = await debugDriver('x64');
  const { folder, at } = project(t, driver, ['pdb']);
  const image = readFileSync(driver.image);
  // RSDS, GUID, age: the age that link.exe raises with every incremental link.
  const record = image.indexOf('RSDS');
  t.is(image.readUInt32LE(record + 20), 1);
  image.writeUInt32LE(2, record + 20);
  writeFileSync(at('d.sys'), image);
  const { findings, notes } = await calls(folder);
  for (const { symbol } of findings) t.is(symbol, null);
  t.regex(notes.join('\n'), /d\.pdb is not used: .* age 2, the PDB is .* age 1/);
});
