/** The three ways into a CMake build, with three generators and two linkers: what a developer sees from day to day. */
import { appendFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  cmakeReady,
  GENERATORS,
  type Outcome,
  outputFolder,
  type Project,
  project,
  WAYS,
  wayVariables,
} from '../../support/cmake/cmake.js';
import { pefile, violationsIn } from '../../support/toolchain/oracles.js';

const DRIVER = 'driver.sys';

async function violations(path: string): Promise<string[]> {
  const [report] = await pefile([path]);
  return violationsIn(report!);
}

/** Ninja and Make word it differently. */
const didNothing = ({ output }: Outcome): boolean =>
  /no work to do/.test(output) || !/Building|Linking|hvci-fix/.test(output);

/** Dates a file into the future: Make compares whole timestamps, and a test is faster than some clocks. */
async function touch(project: Project, name: string): Promise<void> {
  const later = new Date(Date.now() + 5000);
  await utimes(join(project.source, name), later, later);
}

for (const way of WAYS) {
  for (const generator of GENERATORS) {
    test(`${way}, ${generator}: fixes, rebuilds only when it must, cleans`, async (t) => {
      if (!cmakeReady(t)) return;
      const one = await project(t, 'one-driver');
      const driver = join(one.build, ...outputFolder(generator), DRIVER);
      const configured = await one.configure(generator, { ...wayVariables(way), DEFECT: 'init' });
      t.is(configured.status, 0, configured.output);

      const first = await one.make();
      t.is(first.status, 0, first.output);
      t.regex(first.output, /driver\.sys: hvci-fix .*INIT/);
      t.deepEqual(await violations(driver), []);

      const before = await stat(driver);
      const second = await one.make();
      t.is(second.status, 0, second.output);
      t.true(didNothing(second), second.output);
      t.is((await stat(driver)).mtimeMs, before.mtimeMs);

      await appendFile(join(one.source, 'driver.c'), '\nint changed = 1;\n');
      await touch(one, 'driver.c');
      const third = await one.make();
      t.is(third.status, 0, third.output);
      t.regex(third.output, /driver\.sys: hvci-fix .*INIT/);

      const cleaned = await one.make('--target', 'clean');
      t.is(cleaned.status, 0, cleaned.output);
      t.is(await one.built(...outputFolder(generator), DRIVER), null);
    });

    test(`${way}, ${generator}: an error fails the build each time, names option and target, and goes with the remedy`, async (t) => {
      if (!cmakeReady(t)) return;
      const one = await project(t, 'one-driver');
      const driver = join(one.build, ...outputFolder(generator), DRIVER);
      t.is((await one.configure(generator, { ...wayVariables(way), DEFECT: 'iat' })).status, 0);
      for (const attempt of ['first', 'second']) {
        const failed = await one.make();
        t.not(failed.status, 0, `${attempt}: ${failed.output}`);
        t.regex(failed.output, /^.*driver\.sys ?: error HVCI2005: /m, attempt);
        t.regex(failed.text, /\/merge:\.rdata=\.text in LINK_OPTIONS of target driver/, attempt);
      }

      const remedied = await one.configure(generator, { ...wayVariables(way), DEFECT: 'none' });
      t.is(remedied.status, 0, remedied.output);
      const built = await one.make();
      t.is(built.status, 0, built.output);
      t.notRegex(built.output, /HVCI\d{4}/);
      t.deepEqual(await violations(driver), []);

      // And back: an option changed in the project reaches a driver that is up to date.
      t.is((await one.configure(generator, { ...wayVariables(way), DEFECT: 'iat' })).status, 0);
      t.not((await one.make()).status, 0);
    });
  }
}

test('clang that calls lld-link itself: found, fixed, refused', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  t.is((await one.configure('Ninja', { HOOK: 'enable', DEFECT: 'init' }, 'clang-lld-link')).status, 0);
  const fixed = await one.make();
  t.is(fixed.status, 0, fixed.output);
  t.deepEqual(await violations(join(one.build, DRIVER)), []);
  t.is((await one.configure('Ninja', { HOOK: 'enable', DEFECT: 'iat' }, 'clang-lld-link')).status, 0);
  const failed = await one.make();
  t.not(failed.status, 0);
  t.regex(failed.text, /\/merge:\.rdata=\.text in LINK_OPTIONS of target driver/);
});

for (const generator of ['Ninja', 'Unix Makefiles'] as const) {
  test(`${generator}, Debug: checked once, though CMake links twice for the manifest`, async (t) => {
    if (!cmakeReady(t)) return;
    const one = await project(t, 'one-driver');
    t.is((await one.configure(generator, { HOOK: 'target', DEFECT: 'init', CMAKE_BUILD_TYPE: 'Debug' })).status, 0);
    const built = await one.make();
    t.is(built.status, 0, built.output);
    t.is(built.output.match(/: hvci-fix cleared MEM_WRITE of INIT/g)?.length, 1, built.output);
    const [report] = await pefile([join(one.build, DRIVER)]);
    // The manifest: proof that this was such a build, and that the checksum was made after it.
    t.true(report!.sections.some(({ name }) => name === '.rsrc'));
    t.deepEqual(violationsIn(report!), []);
  });
}

test('both configurations of a multi-config build are looked after', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver');
  t.is((await one.configure('Ninja Multi-Config', { HOOK: 'enable', DEFECT: 'init' })).status, 0);
  for (const configuration of ['Debug', 'Release']) {
    const built = await one.make('--config', configuration);
    t.is(built.status, 0, built.output);
    t.deepEqual(await violations(join(one.build, configuration, DRIVER)), []);
  }
});

test('paths with blanks and characters that shells know', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'one-driver', "Päth & (it's) 100% $HOME");
  const report = join(one.folder, 'a & b', '$x (1).sarif');
  for (const generator of ['Ninja', 'Unix Makefiles'] as const) {
    const settings = `REPORT;${report}`;
    const configured = await one.configure(generator, { HOOK: 'target', SETTINGS: settings, DEFECT: 'init' });
    t.is(configured.status, 0, configured.output);
    const built = await one.make();
    t.is(built.status, 0, built.output);
    t.true((await stat(report)).size > 0);
    const cleaned = await one.make('--target', 'clean');
    t.is(cleaned.status, 0, cleaned.output);
    await t.throwsAsync(stat(report), { code: 'ENOENT' });
    await rm(one.build, { recursive: true });
  }
});
