/** A project with several directories and kinds of driver, which comes by hvci-fix without an edit. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { CMAKE_FOLDER, cmakeReady, GENERATORS, INJECT, type Project, project } from '../../support/cmake/cmake.js';
import { repositoryFile } from '../../support/repository.js';
import { pefile, violationsIn } from '../../support/toolchain/oracles.js';

async function find(folder: string, name: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true });
  const found = entries.filter((entry) => /[\\/]/.test(entry) && entry.endsWith(name) && !entry.includes('CMakeFiles'));
  return join(folder, found[0] ?? `no ${name}`);
}

/** The drivers of several-directories: by FindWDK's function, by hand, and known by its linker options alone. */
const drivers = ['filter.sys', 'bus.sys', 'port.dll'];

async function allClean(one: Project): Promise<Record<string, string[]>> {
  const paths = await Promise.all(drivers.map((name) => find(one.build, name)));
  const reports = await pefile(paths);
  return Object.fromEntries(drivers.map((name, index) => [name, violationsIn(reports[index]!)]));
}

for (const generator of GENERATORS) {
  test(`${generator}: injection looks after every driver and nothing else`, async (t) => {
    if (!cmakeReady(t)) return;
    const one = await project(t, 'several-directories');
    const reports = join(one.folder, 'reports');
    const configured = await one.configure(generator, {
      CMAKE_PROJECT_TOP_LEVEL_INCLUDES: INJECT,
      HVCI_FIX_REPORT_DIR: reports,
    });
    t.is(configured.status, 0, configured.output);
    t.regex(configured.output, /hvci-fix looks after filter, bus, port$/m);
    const built = await one.make();
    t.is(built.status, 0, built.output);
    t.deepEqual(await allClean(one), { 'filter.sys': [], 'bus.sys': [], 'port.dll': [] });
    const made = (await readdir(reports, { recursive: true })).filter((name) => name.endsWith('.sarif'));
    t.deepEqual(made.map((name) => name.replace(/.*[\\/]/, '')).sort(), ['bus.sarif', 'filter.sarif', 'port.sarif']);
    t.true((await stat(await find(one.build, 'tool.exe'))).size > 0);
  });
}

test('without hvci-fix the same drivers have the defect', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'several-directories');
  t.is((await one.configure('Ninja')).status, 0);
  t.is((await one.make()).status, 0);
  const init = ['HVCI2003'];
  t.deepEqual(await allClean(one), { 'filter.sys': init, 'bus.sys': init, 'port.dll': init });
});

test('CMAKE_PROJECT_INCLUDE, for CMake before 3.24, does the same', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'several-directories');
  const configured = await one.configure('Ninja', { CMAKE_PROJECT_INCLUDE: INJECT });
  t.regex(configured.output, /hvci-fix looks after filter, bus, port$/m);
  t.is((await one.make()).status, 0);
  t.deepEqual(await allClean(one), { 'filter.sys': [], 'bus.sys': [], 'port.dll': [] });
});

test('the message names the library that an option came from, and one failure leaves the other drivers alone', async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'several-directories');
  t.is((await one.configure('Ninja', { CMAKE_PROJECT_TOP_LEVEL_INCLUDES: INJECT, MERGE: 'ON' })).status, 0);
  const failed = await one.make('--', '-k', '0');
  t.not(failed.status, 0);
  t.regex(failed.text, /\/merge:\.rdata=\.text in .*INTERFACE_LINK_OPTIONS of packed, linked by target bus/);
  t.deepEqual((await failed.output.match(/^.*: error HVCI\d+/gm))?.length, 1, failed.output);
  const [filter, port] = await pefile([await find(one.build, 'filter.sys'), await find(one.build, 'port.dll')]);
  t.deepEqual([violationsIn(filter!), violationsIn(port!)], [[], []]);
});

test("CMake's platform for kernel-mode drivers: libraries with the platform's suffix", async (t) => {
  if (!cmakeReady(t)) return;
  const one = await project(t, 'kernel-mode-system');
  const toolchain = join(one.folder, 'toolchain.cmake');
  const text = await readFile(join(CMAKE_FOLDER, 'toolchains/clang-cl-lld-link.cmake'), 'utf8');
  await writeFile(
    toolchain,
    `${text.replaceAll(/\$\{CMAKE_CURRENT_LIST_DIR\}/g, join(CMAKE_FOLDER, 'toolchains'))}\nset(CMAKE_SYSTEM_NAME WindowsKernelModeDriver)\n`,
  );
  const configured = await one.configure('Ninja', {
    CMAKE_TOOLCHAIN_FILE: toolchain,
    CMAKE_MODULE_PATH: one.source,
    CMAKE_PROJECT_TOP_LEVEL_INCLUDES: INJECT,
    SOURCES: repositoryFile('tests/support/cmake/projects/one-driver'),
  });
  if (/experimental support is not enabled/.test(configured.output)) {
    t.log('skipped: this CMake has the platform as an experiment only');
    t.pass();
    return;
  }
  t.is(configured.status, 0, configured.output);
  t.regex(configured.output, /hvci-fix looks after shared-driver, module-driver$/m);
});
