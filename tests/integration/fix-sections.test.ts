/** --strip-write and --strip-execute: what the user's word may do, and what it may not. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { folderWith, runJson } from '../support/command.js';
import { buildDriver } from '../support/toolchain/drivers.js';
import { pefile, violationsIn } from '../support/toolchain/oracles.js';
import { buildTools, oracleTools, toolsReady } from '../support/toolchain/tools.js';

test('without a word: the error stays, the file too', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'writable-code' });
  const before = readFileSync(at('a.sys'));
  const { exitCode, image } = await runJson(['fix', 'a.sys'], { cwd: folder });
  t.is(exitCode, 1);
  t.is(image.plan?.outcome, 'unchanged');
  t.deepEqual(readFileSync(at('a.sys')), before);
});

test('write access is not taken from a section that the code stores into', async (t) => {
  for (const arch of ['x64', 'arm64', 'x86'] as const) {
    if (!toolsReady(t, buildTools)) return;
    const { folder, at } = folderWith(t, {});
    copyFileSync(await buildDriver('writable-code', arch), at('a.sys'));
    const before = readFileSync(at('a.sys'));
    const { exitCode, image } = await runJson(['fix', '--strip-write', 'PATCH', 'a.sys'], { cwd: folder });
    // Memory integrity does not ask on x86, but the user did.
    t.is(exitCode, 1, arch);
    const refusal = image.plan?.refusals.find(({ code }) => code === 'store-into-section');
    t.regex(refusal?.message ?? '', /the code at rva 0x[0-9a-f]+ stores into section PATCH, at rva 0x[0-9a-f]+/, arch);
    t.deepEqual(readFileSync(at('a.sys')), before, arch);
  }
});

for (const [option, cleared] of [
  ['--strip-write', 0x80000000],
  ['--strip-execute', 0x20000000],
] as const) {
  test(`${option} PATCH clears that bit alone`, async (t) => {
    if (!toolsReady(t, oracleTools)) return;
    const { folder, at } = folderWith(t, { 'a.sys': 'writable-code' });
    const [before] = await pefile([at('a.sys')]);
    const { exitCode } = await runJson(['fix', '--no-code', option, 'PATCH', 'a.sys'], { cwd: folder });
    t.is(exitCode, 0);
    const [after] = await pefile([at('a.sys')]);
    t.deepEqual(violationsIn(after!), []);
    for (const [index, section] of before!.sections.entries()) {
      const expected = section.name === 'PATCH' ? (section.characteristics & ~cleared) >>> 0 : section.characteristics;
      t.is(after!.sections[index]?.characteristics, expected, section.name);
    }
  });
}

for (const [args, code, section] of [
  [['--strip-write', 'NOPE'], 'section-not-found', 'NOPE'],
  // Names are compared as they are: `patch` is another section.
  [['--strip-write', 'patch'], 'section-not-found', 'patch'],
  [['--strip-write', '.data'], 'not-execute-write', '.data'],
  [['--strip-execute', '.text'], 'not-execute-write', '.text'],
  [['--no-code', '--strip-write', 'PATCH', '--strip-write', 'NOPE'], 'section-not-found', 'NOPE'],
] as const) {
  test(`${args.join(' ')}: ${code}, status 1`, async (t) => {
    const { folder } = folderWith(t, { 'a.sys': 'writable-code' });
    const { exitCode, image } = await runJson(['fix', ...args, 'a.sys'], { cwd: folder });
    t.is(exitCode, 1);
    t.deepEqual(
      image.plan?.refusals.map((refusal) => [refusal.code, refusal.section]),
      [[code, section]],
    );
    t.true(image.plan?.failed);
  });
}

/** Sample `writable-code` with PATCH renamed to `caf\u00e9` as linkers write it: UTF-8 in the header. */
function withUtf8Name(t: ExecutionContext) {
  const files = folderWith(t, { 'a.sys': 'writable-code' });
  const bytes = readFileSync(files.at('a.sys'));
  const name = bytes.indexOf('PATCH\0\0\0', 'latin1');
  t.true(name > 0);
  Buffer.from([0x63, 0x61, 0x66, 0xc3, 0xa9, 0, 0, 0]).copy(bytes, name);
  writeFileSync(files.at('a.sys'), bytes);
  /** Its Characteristics, 36 bytes into the section header. */
  const characteristics = () => readFileSync(files.at('a.sys')).readUInt32LE(name + 36);
  return { ...files, characteristics };
}

test('a section name that is not ASCII, as an option and in the configuration', async (t) => {
  for (const where of ['option', 'configuration', 'decomposed'] as const) {
    const { folder, at, characteristics } = withUtf8Name(t);
    const before = characteristics();
    const name = where === 'decomposed' ? 'cafe\u0301' : 'caf\u00e9';
    if (where === 'configuration') writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ stripWrite: [name] }));
    const options = where === 'configuration' ? [] : ['--strip-write', name];
    const { exitCode } = await runJson(['fix', '--no-code', ...options, 'a.sys'], { cwd: folder });
    // Other bytes are another name.
    t.is(exitCode, where === 'decomposed' ? 1 : 0, where);
    t.is(characteristics(), where === 'decomposed' ? before : (before & ~0x80000000) >>> 0, where);
  }
});

test('a suppression of a section whose name is not ASCII', async (t) => {
  const { folder, at } = withUtf8Name(t);
  const suppress = ['HVCI2003', 'HVCI3004', 'HVCI4001'].map((code) => ({
    ...{ code, reason: 'r' },
    ...(code === 'HVCI2003' ? { section: 'caf\u00e9' } : {}),
  }));
  writeFileSync(at('hvci-fix.config.json'), JSON.stringify({ suppress }));
  t.is((await runJson(['a.sys'], { cwd: folder })).exitCode, 0);
});

test('a section name that one of many images lacks is no failure', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'writable-code', 'b.sys': 'clean' });
  const { exitCode, report } = await runJson(['fix', '--no-code', '--strip-write', 'PATCH', '.'], { cwd: folder });
  t.is(exitCode, 0);
  t.deepEqual(
    report.images.map(({ plan }) => plan?.outcome),
    ['fixed', 'unchanged'],
  );
});

/** A built driver that the fix must refuse, with a message that says what else helps. */
async function refusedDriver(
  t: ExecutionContext,
  recipe: string,
  args: readonly string[],
  code: string,
): Promise<void> {
  t.timeout(240_000, 'building the driver');
  if (!toolsReady(t, [...buildTools, ...oracleTools])) return;
  const { folder, at } = folderWith(t);
  copyFileSync(await buildDriver(recipe), at('a.sys'));
  const before = readFileSync(at('a.sys'));
  const { exitCode, image } = await runJson(['fix', ...args, 'a.sys'], { cwd: folder });
  t.is(exitCode, 1);
  t.true(
    image.plan?.refusals.some((refusal) => refusal.code === code),
    JSON.stringify(image.plan?.refusals),
  );
  t.true(image.findings.some(({ outcome, refusal }) => outcome === 'refused' && refusal !== null));
  t.deepEqual(readFileSync(at('a.sys')), before);
}

test('execute access of a section with code in it stays', (t) =>
  refusedDriver(t, 'mingw-omagic', ['--strip-execute', '.text'], 'section-holds-code'));

for (const recipe of ['low-alignment', 'low-alignment-32', 'low-alignment-512', 'low-alignment-unloadable'])
  test(`${recipe}: only a relink helps`, (t) => refusedDriver(t, recipe, [], 'relink-required'));
