/** The samples' MSBuild projects, with the tests' stand-in for the VC targets: defect and remedy. */
import { readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  buildTools,
  explain,
  importLibraries,
  msbuild,
  scratchFolder,
  violations,
} from '../../support/msbuild/project.js';
import { repositoryFile } from '../../support/repository.js';
import { recipeNamed } from '../../support/toolchain/recipes.js';
import { oracleTools, toolsReady } from '../../support/toolchain/tools.js';

const fixable = new Set(['init-rwx', 'no-nx']);
const folders = readdirSync(repositoryFile('samples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'common')
  .map(({ name }) => name);

for (const name of folders) {
  test.serial(`${name}: the defect is fixed or refused, the remedy passes`, async (t) => {
    if (!toolsReady(t, [...buildTools, ...oracleTools])) return;
    const folder = await scratchFolder(t);
    await cp(repositoryFile('samples'), join(folder, 'samples'), { recursive: true });
    await cp(repositoryFile('msbuild'), join(folder, 'msbuild'), { recursive: true });
    await cp(repositoryFile('dist'), join(folder, 'dist'), { recursive: true });
    const sample = join(folder, 'samples', name);
    const [kernel] = await importLibraries();
    const settings = [`-p:SampleKernelLibrary=${kernel}`, '-p:SampleTableSection=.idata'];
    const driver = join(sample, 'x64/Release', `${name}.sys`);
    const { violations: seen, calls } = recipeNamed(name);
    const expected = [...seen, ...calls];

    const defect = await msbuild(sample, `${name}.vcxproj`, ...settings);
    if (expected.length === 0 || fixable.has(name)) {
      t.is(defect.exitCode, 0, explain(defect));
      t.deepEqual(await violations(driver), []);
    } else {
      t.not(defect.exitCode, 0, explain(defect));
      for (const code of expected)
        t.regex(defect.output, new RegExp(`${name}\\.sys ?: error ${code}: `), explain(defect));
    }
    if (expected.length > 0 && fixable.has(name)) t.regex(defect.output, new RegExp(`${name}\\.sys: hvci-fix `));

    const remedy = await msbuild(sample, `${name}.vcxproj`, ...settings, '-p:Remedy=true', '-t:Rebuild');
    t.is(remedy.exitCode, 0, explain(remedy));
    t.notRegex(remedy.output, /(?:error|warning) HVCI\d{4}/);
    t.deepEqual(await violations(driver), []);
  });
}
