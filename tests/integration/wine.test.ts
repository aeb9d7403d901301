/** Drivers loaded for real. What Wine refuses here shows that its yes to the others means something. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildDriver } from '../support/toolchain/drivers.js';
import { readobj } from '../support/toolchain/oracles.js';
import { sign } from '../support/toolchain/signing.js';
import { buildTools, oracleTools, signingTools, toolsReady, wineTools } from '../support/toolchain/tools.js';
import { type LoadResult, loadAndTalk } from '../support/toolchain/wine.js';

function wineTest(title: string, run: (t: ExecutionContext) => Promise<void>, tools: readonly string[] = []): void {
  test.serial(title, async (t) => {
    t.timeout(240_000, 'the first load makes the Wine prefix');
    if (toolsReady(t, [...buildTools, ...wineTools, ...tools])) await run(t);
  });
}

const runs = (answer: string): LoadResult => ({ loaded: true, answer, exitCode: 0 });

/** The driver with the W bit of one section's Characteristics cleared, offsets as the PE specification has them. */
async function withoutWrite(path: string, sectionName: string, use: (path: string) => Promise<void>): Promise<void> {
  const bytes = await readFile(path);
  const image = await readobj(path);
  const index = image.sections.findIndex((section) => section.name === sectionName);
  const sectionTable = bytes.readUInt32LE(0x3c) + 24 + image.sizeOfOptionalHeader;
  const offset = sectionTable + 40 * index + 36;
  bytes.writeUInt32LE((bytes.readUInt32LE(offset) & 0x7fffffff) >>> 0, offset);
  const folder = await mkdtemp(join(tmpdir(), 'hvci-fix-strip-'));
  try {
    await writeFile(join(folder, 'driver.sys'), bytes);
    await use(join(folder, 'driver.sys'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

for (const [recipe, answer] of [
  ['clean', 'clean'],
  ['executable-pool', 'executable-pool'],
  ['init-rwx', 'init-rwx'],
  ['iat-in-text', 'iat-in-text'],
  ['iat-in-init', 'iat-in-init'],
  ['low-alignment', 'low-alignment'],
  ['low-alignment-header', 'clean'],
  ['straddling-relocations', 'straddling-relocations'],
  ['no-nx', 'no-nx'],
  ['writable-code', 'writable-code'],
  ['two-init', 'two-init'],
  ['mingw', 'clean'],
  ['mingw-omagic', 'clean'],
] as const) {
  wineTest(`${recipe} loads and answers`, async (t) => {
    t.deepEqual(await loadAndTalk(await buildDriver(recipe)), runs(answer));
  });
}

wineTest(
  'a signed driver loads and answers',
  async (t) => {
    t.deepEqual(await loadAndTalk(await sign(await buildDriver('clean'))), runs('clean'));
  },
  signingTools,
);

for (const recipe of ['low-alignment-raised', 'low-alignment-unloadable']) {
  wineTest(`${recipe} does not load`, async (t) => {
    t.deepEqual(await loadAndTalk(await buildDriver(recipe)), { loaded: false, answer: null, exitCode: 1114 });
  });
}

wineTest(
  'INIT works without W',
  async (t) => {
    await withoutWrite(await buildDriver('init-rwx'), 'INIT', async (path) => {
      t.deepEqual(await loadAndTalk(path), runs('init-rwx'));
    });
  },
  oracleTools,
);

wineTest(
  'a driver that stores into its own code does not work without W',
  async (t) => {
    await withoutWrite(await buildDriver('writable-code'), 'PATCH', async (path) => {
      t.is((await loadAndTalk(path)).answer, null);
    });
  },
  oracleTools,
);

wineTest('loads from several callers at once do not disturb each other', async (t) => {
  const drivers = await Promise.all(
    ['clean', 'low-alignment-raised', 'init-rwx', 'no-nx'].map((name) => buildDriver(name)),
  );
  const answers = await Promise.all(drivers.map((path) => loadAndTalk(path)));
  t.deepEqual(
    answers.map(({ answer }) => answer),
    ['clean', null, 'init-rwx', 'no-nx'],
  );
});
