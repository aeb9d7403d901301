/** A fixed driver still loads and answers: under Wine, before and after `hvci-fix fix`. Wine enforces section protection. */
import { copyFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { folderWith, runJson } from '../support/command.js';
import { buildDriver } from '../support/toolchain/drivers.js';
import { pefile, violationsIn } from '../support/toolchain/oracles.js';
import { sign } from '../support/toolchain/signing.js';
import { buildTools, oracleTools, signingTools, toolsReady, wineTools } from '../support/toolchain/tools.js';
import { type LoadResult, loadAndTalk } from '../support/toolchain/wine.js';

const runs = (answer: string): LoadResult => ({ loaded: true, answer, exitCode: 0 });

async function beforeAndAfter(
  t: ExecutionContext,
  original: string,
  answer: string,
  args: readonly string[] = [],
): Promise<LoadResult> {
  const { folder, at } = folderWith(t);
  copyFileSync(original, at('a.sys'));
  t.deepEqual(await loadAndTalk(at('a.sys')), runs(answer), 'before');
  const { image } = await runJson(['fix', 'a.sys', ...args], { cwd: folder });
  t.is(image.plan?.outcome, 'fixed', JSON.stringify(image.plan));
  const [report] = await pefile([at('a.sys')]);
  t.deepEqual(violationsIn(report!), [], 'nothing is left to fix');
  return loadAndTalk(at('a.sys'));
}

function loadTest(title: string, run: (t: ExecutionContext) => Promise<void>, tools: readonly string[] = []): void {
  test.serial(title, async (t) => {
    t.timeout(240_000, 'the first load makes the Wine prefix');
    if (toolsReady(t, [...buildTools, ...oracleTools, ...wineTools, ...tools])) await run(t);
  });
}

for (const [recipe, answer, what] of [
  ['init-rwx', 'init-rwx', 'INIT without write access'],
  ['two-init', 'two-init', 'INIT without write access, `init` as it was'],
  ['no-nx', 'no-nx', 'NX_COMPAT'],
  ['no-checksum', 'clean', 'a checksum'],
  ['low-alignment-header', 'clean', 'SectionAlignment of a page'],
] as const) {
  loadTest(`${recipe}: loads with ${what}`, async (t) => {
    t.deepEqual(await beforeAndAfter(t, await buildDriver(recipe), answer), runs(answer));
  });
}

loadTest(
  'a signed driver loads without its signature',
  async (t) => {
    const signed = await sign(await buildDriver('init-rwx'));
    t.deepEqual(await beforeAndAfter(t, signed, 'init-rwx', ['--strip-signature']), runs('init-rwx'));
  },
  signingTools,
);

// The reason why other sections are changed only by the user's word: this driver does write to its code.
loadTest('writable-code: by a wrong word it no longer works', async (t) => {
  const after = await beforeAndAfter(t, await buildDriver('writable-code'), 'writable-code', [
    '--strip-write',
    'PATCH',
    '--no-code',
  ]);
  t.is(after.answer, null);
});
