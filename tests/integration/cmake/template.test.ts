/** The template for a new CMake driver project: as `hvci-fix init` copies it, from configuring to a driver without a finding. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { CMAKE_FOLDER, cmakeReady, projectFrom, run } from '../../support/cmake/cmake.js';
import { KIT_VERSION, makeKit } from '../../support/cmake/kit.js';
import { repositoryFile } from '../../support/repository.js';
import { pefile, readobj, violationsIn } from '../../support/toolchain/oracles.js';

const TEMPLATE = repositoryFile('cmake/templates/cmake-wdm');
const CLI = join(CMAKE_FOLDER, '../dist/cli.cjs');

for (const toolchain of ['clang-cl-lld-link', 'clang-lld-link'] as const) {
  for (const configuration of ['Release', 'Debug']) {
    test(`${toolchain}, ${configuration}: builds, and no rule has a word to say`, async (t) => {
      if (!cmakeReady(t)) return;
      const one = await projectFrom(t, TEMPLATE);
      const configured = await one.configure(
        'Ninja',
        { WDK_ROOT: await makeKit(one.folder), CMAKE_BUILD_TYPE: configuration },
        toolchain,
      );
      t.is(configured.status, 0, configured.output);
      t.regex(configured.output, /hvci-fix looks after HvciDriver$/m);
      const built = await one.make();
      t.is(built.status, 0, built.output);
      t.notRegex(built.output, /HVCI\d{4}|warning/);

      const driver = join(one.build, 'HvciDriver.sys');
      t.deepEqual(violationsIn((await pefile([driver]))[0]!), []);
      const image = await readobj(driver);
      t.is(image.subsystem, 1);
      t.deepEqual(
        image.imports.map(({ name }) => name),
        ['ntoskrnl.exe'],
      );
      const report = await run(process.execPath, [CLI, 'check', '--format', 'json', driver]);
      const { images } = JSON.parse(report.output) as {
        images: { status: string; findings: { severity: string }[] }[];
      };
      t.is(images[0]?.status, 'clean', report.output);
      t.deepEqual(images[0]?.findings, []);
    });
  }
}

test('without a kit: which folder was looked at, and what to set', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await projectFrom(t, TEMPLATE);
  const { status, text } = await one.configure('Ninja', { WDK_ROOT: '/nowhere' });
  t.not(status, 0);
  t.regex(text, /no km\/wdm\.h for version "" below \/nowhere\/Include.*set WDK_ROOT/);
});

test('WDK_VERSION chooses a kit', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await projectFrom(t, TEMPLATE);
  const kit = await makeKit(one.folder);
  t.is((await one.configure('Ninja', { WDK_ROOT: kit, WDK_VERSION: KIT_VERSION })).status, 0);
  t.regex((await one.configure('Ninja', { WDK_ROOT: kit, WDK_VERSION: '10.0.1.0' })).text, /for version "10\.0\.1\.0"/);
});

test('init fills in the name, and the renamed project builds', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await projectFrom(t, TEMPLATE, 'unused');
  const made = await run(process.execPath, [CLI, 'init', '--template', 'cmake-wdm', join(one.folder, 'Blinker')]);
  t.is(made.status, 0, made.output);
  const renamed = await projectFrom(t, join(one.folder, 'Blinker'));
  for (const name of await readdir(renamed.source, { recursive: true })) {
    const text = await readFile(join(renamed.source, name), 'utf8').catch(() => '');
    t.notRegex(text, /HvciDriver/, name);
  }
  const variables = { WDK_ROOT: await makeKit(renamed.folder) };
  t.is((await renamed.configure('Ninja', variables)).status, 0);
  const built = await renamed.make();
  t.is(built.status, 0, built.output);
  t.not(await renamed.built('Blinker.sys'), null);
});

test("the template asks for this version's series of hvci-fix", async (t) => {
  const { version } = JSON.parse(await readFile(repositoryFile('package.json'), 'utf8')) as { version: string };
  const manifest = await readFile(join(TEMPLATE, 'package.json'), 'utf8');
  const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> };
  t.is(devDependencies['hvci-fix'], `^${version}`);
});
