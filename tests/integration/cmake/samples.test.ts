/** Every sample: without the tool it shows its defect, with the tool it is fixed or refused, with its remedy it is clean. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  CMAKE,
  CMAKE_FOLDER,
  cmakeReady,
  type Outcome,
  type Project,
  projectFrom,
  run,
} from '../../support/cmake/cmake.js';
import { repositoryFile } from '../../support/repository.js';
import { pefile, violationsIn } from '../../support/toolchain/oracles.js';
import { recipeNamed } from '../../support/toolchain/recipes.js';

/** What a fix in the header repairs; the others want another link. */
const fixable = new Set(['init-rwx', 'no-nx']);
const folders = readdirSync(repositoryFile('samples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'common')
  .map(({ name }) => name);

async function build(samples: Project, name: string, toolchain: string, ...defines: string[]): Promise<Outcome> {
  const variables = [
    `-DCMAKE_TOOLCHAIN_FILE=${join(CMAKE_FOLDER, 'toolchains', toolchain)}.cmake`,
    `-Dhvci-fix_DIR=${CMAKE_FOLDER}`,
    '-DCMAKE_BUILD_TYPE=Release',
    ...defines,
  ];
  const source = join(samples.source, name);
  const configured = await run(CMAKE, ['-G', 'Ninja', '-S', source, '-B', samples.build, ...variables]);
  return configured.status === 0 ? samples.make() : configured;
}

for (const name of folders) {
  for (const toolchain of ['clang-cl-lld-link', 'clang-lld-link']) {
    test(`${name}, ${toolchain}`, async (t) => {
      if (!cmakeReady(t)) return;
      const { violations, calls } = recipeNamed(name);
      const codes = [...violations, ...calls];
      const samples = await projectFrom(t, repositoryFile('samples'));
      const driver = join(samples.build, `${name}.sys`);
      const shown = async (): Promise<string[]> => violationsIn((await pefile([driver]))[0]!);

      const without = await build(samples, name, toolchain, '-DHVCI_FIX_MODE=off');
      t.is(without.status, 0, without.output);
      t.deepEqual(await shown(), [...violations]);

      const hooked = await build(samples, name, toolchain, '-DHVCI_FIX_MODE=fix');
      if (codes.length === 0) {
        t.is(hooked.status, 0, hooked.output);
        t.notRegex(hooked.output, /hvci/i);
      } else if (fixable.has(name)) {
        t.is(hooked.status, 0, hooked.output);
        t.regex(hooked.output, new RegExp(`${name}\\.sys: hvci-fix `));
        t.deepEqual(await shown(), []);
      } else {
        t.not(hooked.status, 0);
        for (const code of codes) t.regex(hooked.output, new RegExp(`${name}\\.sys ?: error ${code}: `));
      }

      const remedied = await build(samples, name, toolchain, '-DREMEDY=ON');
      t.is(remedied.status, 0, remedied.output);
      t.notRegex(remedied.output, /HVCI\d{4}|hvci-fix (?!looks)/);
      t.deepEqual(await shown(), []);
    });
  }
}

test('each page shows the output of a build, which says what the tool says now', async (t) => {
  if (!cmakeReady(t)) return;
  for (const name of folders) {
    const page = await readFile(repositoryFile(`samples/${name}/README.md`), 'utf8');
    const quoted = page.match(/^ {4}.*(?:(?:error|warning) HVCI\d{4}:|: hvci-fix ).*$/m)?.[0]?.trim();
    const { violations, calls } = recipeNamed(name);
    if (violations.length + calls.length === 0) {
      t.is(quoted, undefined, name);
      continue;
    }
    t.truthy(quoted, `samples/${name}/README.md quotes no line of the build`);
    const samples = await projectFrom(t, repositoryFile('samples'));
    const { text } = await build(samples, name, 'clang-cl-lld-link');
    // "..." stands for what is left out.
    let rest = text;
    for (const part of quoted!.split('...').map((each) => each.trim())) {
      t.true(rest.includes(part), `samples/${name}/README.md says "${part}"; the build says ${text}`);
      rest = rest.slice(rest.indexOf(part) + part.length);
    }
  }
});
