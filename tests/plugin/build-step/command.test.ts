/** `build-step` as a hook calls it. What is expected of the images is said by their recipes, and by pefile. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { buildCodeDriver, ENTER, ecxUnknown, LEAVE } from '../../support/code/code-driver.js';
import { folderWith, type RunResult, run } from '../../support/command.js';
import { pefile } from '../../support/toolchain/pefile.js';
import { toolsReady } from '../../support/toolchain/tools.js';

const step = (folder: string, ...args: string[]): Promise<RunResult> => run(['build-step', ...args], { cwd: folder });

/** Every line has MSBuild's form (Microsoft, "MSBuild and Visual Studio format for diagnostic messages"), or says what changed. */
function lines(t: ExecutionContext, { stdout, stderr }: RunResult): string[] {
  t.is(stderr, '');
  const all = stdout.split('\n').slice(0, -1);
  for (const line of all)
    t.regex(line, /^[^:]+ : (?:error|warning) (?:HVCI\d{4})?: \S|^[^:]+: hvci-fix (?:cleared|wrote|set|raised) /);
  return all;
}

test('a clean driver: nothing is said, nothing is written', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean' });
  const before = readFileSync(at('a.sys'));
  const result = await step(folder, '--image', 'a.sys');
  t.deepEqual([result.exitCode, result.stdout, result.stderr], [0, '', '']);
  t.deepEqual(readFileSync(at('a.sys')), before);
  t.deepEqual(readdirSync(folder), ['a.sys']);
});

test('what could not be decided is told, and fails nothing', async (t) => {
  const { folder, at } = folderWith(t);
  const driver = { functions: ['ExAllocatePool'], parts: [ENTER, ecxUnknown, { call: 'ExAllocatePool' }, LEAVE] };
  writeFileSync(at('a.sys'), buildCodeDriver(driver).bytes);
  const { exitCode, stdout } = await step(folder, '--image', 'a.sys');
  t.is(exitCode, 0);
  t.regex(stdout, /^a\.sys : message HVCI2000: could not be decided: 1 of 1 calls .*\n$/);
});

test('INIT W+X is fixed, and one line says so', async (t) => {
  if (!toolsReady(t, ['/usr/bin/python3'])) return;
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const result = await step(folder, '--image', 'a.sys');
  t.is(result.exitCode, 0);
  t.deepEqual(lines(t, result), ['a.sys: hvci-fix cleared MEM_WRITE of INIT, wrote CheckSum']);
  const [image] = await pefile([at('a.sys')]);
  t.is(image!.checkSum, image!.computedCheckSum);
  t.is((image!.sections.find(({ name }) => name === 'INIT')!.characteristics & 0x80000000) >>> 0, 0);
  const again = await step(folder, '--image', 'a.sys');
  t.deepEqual([again.exitCode, again.stdout], [0, '']);
});

test('check never writes; a warning passes, unless warnings are errors; off does nothing', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const before = readFileSync(at('a.sys'));
  const plain = await step(folder, '--image', 'a.sys', '--mode', 'check');
  t.is(plain.exitCode, 0);
  t.regex(lines(t, plain).join('\n'), /^a\.sys : warning HVCI2003: /);
  const strict = await step(folder, '--image', 'a.sys', '--mode=check', '--warnings-as-errors');
  t.is(strict.exitCode, 1);
  t.regex(lines(t, strict).join('\n'), /^a\.sys : error HVCI2003: /);
  const off = await step(folder, '--image', 'missing.sys', '--mode', 'off');
  t.deepEqual([off.exitCode, off.stdout], [0, '']);
  t.deepEqual(readFileSync(at('a.sys')), before);
});

test('an error that no header edit mends fails the build, and names the option and its source', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text' });
  writeFileSync(at('options'), '/DRIVER\n/MERGE:.rdata=.text\n');
  const cmake = await step(
    folder,
    '--image',
    'a.sys',
    '--link-options',
    'options',
    '--link-source',
    'LINK_OPTIONS of target foo',
  );
  t.is(cmake.exitCode, 1);
  t.is(lines(t, cmake).length, 1);
  t.regex(cmake.stdout, /^a\.sys : error HVCI2005: .* Cause: \/MERGE:\.rdata=\.text in LINK_OPTIONS of target foo\. /);
  const msbuild = await step(folder, '--image', 'a.sys', '--link-options', 'options', '--link-source', 'foo.vcxproj');
  t.regex(msbuild.stdout, /Cause: \/MERGE:\.rdata=\.text, from MergeSections in foo\.vcxproj\. /);
  const unknown = await step(folder, '--image', 'a.sys');
  t.notRegex(unknown.stdout, /Cause:/);
});

test('32-bit drivers have findings, and do not fail', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': ['init-rwx', 'x86'] });
  const check = await step(folder, '--image', 'a.sys', '--mode', 'check', '--warnings-as-errors');
  t.deepEqual([check.exitCode, check.stdout], [0, '']);
  const fix = await step(folder, '--image', 'a.sys');
  t.deepEqual([fix.exitCode, fix.stdout], [0, 'a.sys: hvci-fix cleared MEM_WRITE of INIT, wrote CheckSum\n']);
});

test('a response file: one literal argument a line, in UTF-8 or UTF-16, blank lines ignored', async (t) => {
  const name = `a b 'c' "d" %e% $f;&g\u00e9.sys`;
  const text = `--image\r\n${name}\r\n\r\n--mode\r\ncheck\r\n--link-source\r\n--weird & "text"\r\n`;
  const encodings = {
    utf8: Buffer.from(text),
    bom: Buffer.from(`\ufeff${text}`),
    utf16: Buffer.from(`\ufeff${text}`, 'utf16le'),
  };
  const { folder, at } = folderWith(t, { [name]: 'iat-in-text' });
  for (const [encoding, bytes] of Object.entries(encodings)) {
    writeFileSync(at('a.rsp'), bytes);
    const result = await step(folder, '@a.rsp');
    t.is(result.exitCode, 1, encoding);
    t.true(result.stdout.startsWith(`${name} : error HVCI2005: `), result.stdout);
  }
});

test('additional options, and what stands above what', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text', 'straddling.sys': 'straddling-relocations' });
  const milder = await step(folder, '--image', 'a.sys', '--additional', '--severity HVCI2005=warning');
  t.is(milder.exitCode, 0);
  t.regex(milder.stdout, /^a\.sys : warning HVCI2005/);
  const suppressed = await step(folder, '--image', 'a.sys', '--suppress', 'hvci2005;HVCI3002');
  t.deepEqual([suppressed.exitCode, suppressed.stdout], [0, '']);

  const status = async (...args: string[]): Promise<number> =>
    (await step(folder, '--image', 'straddling.sys', ...args)).exitCode;
  t.is(await status(), 1);
  t.is(await status('--project-os', '0x0A000003'), 0, '1703 applies them');
  t.is(await status('--project-os', '0x0A000002'), 1);
  t.is(await status('--project-os', '0x0A000003', '--target-os', '1607'), 1);
  t.is(await status('--project-os', '0x0A000002', '--target-os', 'auto', '--additional', '--target-os 1703'), 0);
  writeFileSync(at('hvci-fix.config.json'), '{ "targetOs": "1703" }');
  t.is(
    await status('--project-os', '0x0A000002', '--target-os', 'auto'),
    0,
    'the configuration says more than the project',
  );
  const odd = await step(folder, '--image', 'a.sys', '--suppress', 'HVCI2005', '--config', 'none.json');
  t.is(odd.exitCode, 2);
});

test('a project target that is not known is a warning, and the oldest Windows is taken', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'clean' });
  // MSBuild compares without regard to case, so that HvciFixTargetOs may be written so.
  const result = await step(folder, '--image', 'a.sys', '--target-os', 'Auto', '--project-os', 'Windows99');
  t.is(result.exitCode, 0);
  t.regex(lines(t, result).join(), /^hvci-fix : warning : .*"Windows99".* 1507 /);
});

for (const [about, args, words] of [
  ['no image', [], /--image/],
  ['an image that is missing', ['--image', 'none.sys'], /none\.sys : error : .*no such file/],
  ['an image that is none', ['--image', 'text.sys'], /text\.sys : error : .*not a PE image/],
  ['an image that is cut off', ['--image', 'cut.sys'], /cut\.sys : error : /],
  ['a path by itself', ['a.sys'], /--image a\.sys/],
  ['an unknown mode', ['--image', 'a.sys', '--mode', 'mend'], /--mode mend: use fix, check, off/],
  ['an unknown option', ['--image', 'a.sys', '--modus', 'x'], /no option --modus/],
  ['an empty value', ['--image', 'a.sys', '--config', '--mode', 'fix'], /--config needs a value/],
  ['a response file that is missing', ['@none.rsp'], /none\.rsp.*no such file/],
  ['link options that are missing', ['--image', 'bad.sys', '--link-options', 'none'], /link options none/],
  ['an unknown rule', ['--image', 'a.sys', '--suppress', 'HVCI9999'], /--suppress HVCI9999/],
  ['an unknown Windows', ['--image', 'a.sys', '--target-os', '95'], /--target-os 95/],
  ['an unknown key', ['--image', 'a.sys', '--config', 'unknown.json'], /unknown\.json.*unknown key "colour"/],
  ['a baseline that is missing', ['--image', 'a.sys', '--baseline', 'none.json'], /no baseline none\.json/],
  ['a baseline that is none', ['--image', 'a.sys', '--baseline', 'unknown.json'], /unknown\.json is no baseline/],
  ['a report that cannot be written', ['--image', 'a.sys', '--report', 'none/r.sarif'], /--report.*none\/r\.sarif/],
] as const) {
  test(`${about} is said in MSBuild's form, with status 2`, async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'clean', 'bad.sys': 'iat-in-text' });
    writeFileSync(at('text.sys'), 'no image at all');
    writeFileSync(at('cut.sys'), readFileSync(at('a.sys')).subarray(0, 300));
    writeFileSync(at('unknown.json'), '{ "colour": 1 }');
    const result = await step(folder, ...args);
    t.is(result.exitCode, 2, result.stdout);
    t.is(lines(t, result).length, 1);
    t.regex(result.stdout, words);
  });
}

test('the SARIF report has what was fixed and what is left; two builds at once leave one of them whole', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'iat-in-text' });
  const builds = await Promise.all(
    ['a.sys', 'b.sys'].flatMap((image) =>
      [1, 2, 3].map(() => step(folder, '--image', image, '--mode', 'check', '--report', 'r.sarif')),
    ),
  );
  t.deepEqual(
    builds.map(({ exitCode }) => exitCode),
    [0, 0, 0, 1, 1, 1],
  );
  const log = JSON.parse(readFileSync(at('r.sarif'), 'utf8')) as SarifLog;
  t.is(log.runs[0]!.results.length, 1);
  t.deepEqual(readdirSync(folder).sort(), ['a.sys', 'b.sys', 'r.sarif']);

  t.is((await step(folder, '--image', 'a.sys', '--report', 'fixed.sarif')).exitCode, 0);
  const [result] = (JSON.parse(readFileSync(at('fixed.sarif'), 'utf8')) as SarifLog).runs[0]!.results;
  t.deepEqual([result!.ruleId, result!.level], ['HVCI2003', 'none']);
});

interface SarifLog {
  readonly runs: readonly {
    readonly results: readonly { readonly ruleId: string; readonly level: string; readonly baselineState?: string }[];
  }[];
}

test('a report that would go over an image is refused before anything is fixed', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx', 'b.sys': 'clean' });
  const before = readFileSync(at('a.sys'));
  for (const report of ['a.sys', 'b.sys']) {
    const result = await step(folder, '--image', 'a.sys', '--report', report);
    t.is(result.exitCode, 2);
    t.regex(result.stdout, new RegExp(`^hvci-fix : error : --report ${report}: this is an image\\..*\\n$`));
    t.deepEqual(readFileSync(at('a.sys')), before);
  }
});

test('a report that cannot be written where it is asked for is refused before anything is fixed', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  const before = readFileSync(at('a.sys'));
  for (const [report, why] of [
    ['.', 'it is a folder'],
    ['absent/r.sarif', 'its folder does not exist'],
  ] as const) {
    const result = await step(folder, '--image', 'a.sys', '--report', report);
    t.is(result.exitCode, 2);
    const words = `hvci-fix : error : The report \\(--report\\) cannot be written\\. Cannot write ${report}: ${why}\\. `;
    t.regex(result.stdout, new RegExp(`^${words}[^\\n]+\\n$`));
    t.deepEqual(readFileSync(at('a.sys')), before);
  }
});

test("a section of the configuration's list need not be in every driver", async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'clean', 'b.sys': 'writable-code' });
  writeFileSync(at('hvci-fix.config.json'), '{ "stripExecute": ["PATCH"] }');
  t.is((await step(folder, '--image', 'a.sys')).exitCode, 0);
  // The driver calls what lies there, which the code rules see.
  const fixed = await step(folder, '--image', 'b.sys', '--no-code');
  t.deepEqual([fixed.exitCode, fixed.stdout], [0, 'b.sys: hvci-fix cleared MEM_EXECUTE of PATCH, wrote CheckSum\n']);
});

test('the baseline lets known findings pass and new ones fail', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text' });
  t.is((await run(['baseline', 'a.sys', '-o', 'b.json'], { cwd: folder })).exitCode, 0);
  const known = await step(folder, '--image', 'a.sys', '--baseline', 'b.json', '--report', 'r.sarif');
  t.deepEqual([known.exitCode, known.stdout], [0, '']);
  const states = (JSON.parse(readFileSync(at('r.sarif'), 'utf8')) as SarifLog).runs[0]!.results.map(
    ({ baselineState }) => baselineState,
  );
  t.deepEqual(states, ['unchanged']);
  writeFileSync(at('b.json'), readFileSync(at('b.json'), 'utf8').replace('.text', 'INIT'));
  t.is((await step(folder, '--image', 'a.sys', '--baseline', 'b.json')).exitCode, 1);
});
