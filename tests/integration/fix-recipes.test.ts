/** `hvci-fix fix` over real drivers of three architectures, the result judged by pefile and llvm-readobj. */
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { scratch } from '../plugin/files/scratch.js';
import { type JsonImage, runJson } from '../support/command.js';
import { buildDriver } from '../support/toolchain/drivers.js';
import { pefile, violationsIn } from '../support/toolchain/oracles.js';
import { type Arch, recipes, type Violation } from '../support/toolchain/recipes.js';
import { buildTools, oracleTools, toolsReady } from '../support/toolchain/tools.js';
import { content, dumpDifference, onlyPlannedBytes } from './fix-support.js';

interface Expected {
  readonly args?: readonly string[];
  /** Violations that are left. */
  readonly left: readonly Violation[];
  /** Lines of llvm-readobj's dump that go and come, CheckSum apart. Without them nothing may be written. */
  readonly removed?: readonly RegExp[];
  readonly added?: readonly RegExp[];
}

const write = /^IMAGE_SCN_MEM_WRITE \(0x80000000\)$/;
const execute = /^IMAGE_SCN_MEM_EXECUTE \(0x20000000\)$/;
const characteristics = /^Characteristics \[ \(0x[0-9A-F]+\)$/;
const stripWrite = { removed: [characteristics, write], added: [characteristics] };

/** Every recipe that `fix` changes something in; what is not here must come out as it went in. */
const changed: Readonly<Record<string, Expected>> = {
  'init-rwx': { left: [], ...stripWrite },
  'two-init': { left: [], ...stripWrite },
  'no-nx': {
    left: [],
    removed: [characteristics],
    added: [characteristics, /^IMAGE_DLL_CHARACTERISTICS_NX_COMPAT \(0x100\)$/],
  },
  'no-checksum': { left: [], removed: [], added: [] },
  'low-alignment-header': {
    left: [],
    // FileAlignment may stay: 0x200 is the least that Windows takes with whole pages.
    removed: [/^SectionAlignment: 512$/],
    added: [/^SectionAlignment: 4096$/],
  },
  'writable-code': { args: ['--strip-write', 'PATCH', '--no-code'], left: [], ...stripWrite },
  'pdb-writable-code': {
    // With the code read it is refused: the driver calls what lies there.
    args: ['--strip-execute', 'PATCH', '--no-code'],
    left: [],
    // INIT loses W, PATCH loses X.
    removed: [characteristics, write, characteristics, execute],
    added: [characteristics, characteristics],
  },
  'mingw-omagic': { args: ['--strip-write', '.text', '--no-code'], left: [], ...stripWrite },
};

const sorted = (patterns: readonly RegExp[]): string[] => patterns.map(({ source }) => source).sort();
const matched = (lines: readonly string[], patterns: readonly RegExp[]): string[] =>
  lines
    .filter((line) => !line.startsWith('CheckSum: '))
    .map((line) => patterns.find((pattern) => pattern.test(line))?.source ?? line)
    .sort();

async function fixed(t: ExecutionContext, path: string, args: readonly string[] = []): Promise<JsonImage> {
  const { image } = await runJson(['fix', path, ...args]);
  t.is(image.path, path);
  return image;
}

for (const recipe of recipes) {
  for (const arch of recipe.archs) {
    test(`${recipe.name} for ${arch}`, async (t) => {
      t.timeout(240_000, 'building the driver');
      if (!toolsReady(t, [...buildTools, ...oracleTools])) return;
      await judge(t, recipe.name, arch, changed[recipe.name] ?? { left: recipe.violations });
    });
  }
}

async function judge(t: ExecutionContext, name: string, arch: Arch, expected: Expected): Promise<void> {
  const original = await buildDriver(name, arch);
  const path = join(scratch(t), `${name}.sys`);
  copyFileSync(original, path);
  const before = statSync(path, { bigint: true });

  const image = await fixed(t, path, expected.args);
  const after = statSync(path, { bigint: true });
  const [report] = await pefile([path]);
  t.deepEqual(violationsIn(report!), [...expected.left]);
  onlyPlannedBytes(t, content(original), content(path), image);

  const same = expected.removed === undefined;
  t.is(
    after.ino === before.ino && after.mtimeNs === before.mtimeNs,
    same,
    'a file is written when it changes, only then',
  );
  t.is(image.plan?.outcome === 'fixed', !same);
  if (!same) t.is(report!.checkSum, report!.computedCheckSum);
  const difference = await dumpDifference(original, path);
  t.deepEqual(matched(difference.removed, expected.removed ?? []), sorted(expected.removed ?? []));
  t.deepEqual(matched(difference.added, expected.added ?? []), sorted(expected.added ?? []));

  // Once more: nothing to do, nothing written.
  const again = await fixed(t, path, expected.args);
  t.not(again.plan?.outcome, 'fixed');
  t.deepEqual(again.plan?.edits, []);
  t.is(statSync(path, { bigint: true }).ino, after.ino);
}

test('the table names recipes that exist', (t) => {
  // A recipe that is renamed must not silently drop out of the table above.
  for (const name of Object.keys(changed))
    t.true(
      recipes.some((recipe) => recipe.name === name),
      name,
    );
});
