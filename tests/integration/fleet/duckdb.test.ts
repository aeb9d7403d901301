/** The query of plugin/fleet/README.md, by the real DuckDB over real results of several machines, one of them cut off. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { scratch } from '../../plugin/files/scratch.js';
import { run } from '../../support/command.js';
import { duckdb, query } from '../../support/duckdb.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { registryReady } from '../package-support.js';
import { recipe } from './recipe.js';

const MACHINES: Readonly<Record<string, readonly string[]>> = {
  lab1: ['clean', 'init-rwx', 'iat-in-text'],
  lab2: ['clean', 'init-rwx'],
  lab3: ['init-rwx', 'clean', 'no-nx'],
};

test('drivers and machines by code, as counted from the samples', async (t) => {
  t.timeout(240_000, 'the first run fetches DuckDB');
  const folder = registryReady(t, await duckdb());
  if (folder === null) return;
  const cwd = scratch(t);
  mkdirSync(join(cwd, 'results'));
  for (const [machine, samples] of Object.entries(MACHINES)) {
    mkdirSync(join(cwd, machine));
    for (const sample of samples) copyFileSync(committedSample(sample), join(cwd, machine, `${sample}.sys`));
    const output = join('results', `${machine}.ndjson`);
    await run([machine, '--format', 'ndjson', '--hashes', '--page-map', '-o', output], { cwd });
  }
  // A killed job: the last driver's line ends in the middle, and the summary is missing.
  const cut = join(cwd, 'results', 'lab3.ndjson');
  const text = readFileSync(cut, 'utf8');
  const lastImage = text.lastIndexOf('{"type":"image"');
  t.true(lastImage > 0 && text.slice(lastImage).includes('no-nx.sys'));
  writeFileSync(cut, text.slice(0, lastImage + 200));
  const rows = await query(folder, recipe('Millions of drivers'), cwd);
  const known = rows.filter(({ code }) => ['HVCI2003', 'HVCI2005', 'HVCI3002'].includes(code ?? ''));
  // samples/README.md: which driver shows what. no-nx is in the half line.
  t.deepEqual(known.map(({ code, severity, drivers, machines }) => [code, severity, drivers, machines]).sort(), [
    ['HVCI2003', 'warning', '1', '3'],
    ['HVCI2005', 'error', '1', '1'],
  ]);
});
