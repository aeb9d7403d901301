/** The commands in a real node.exe for Windows. What a fix wrote is judged by pefile and osslsigncode. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { COMMANDS } from '../../../plugin/call/option-table.js';
import { folderWith, run } from '../../support/command.js';
import { pefile, violationsIn } from '../../support/toolchain/oracles.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { sign, verifySignature } from '../../support/toolchain/signing.js';
import { oracleTools, signingTools } from '../../support/toolchain/tools.js';
import { runWindows, windowsPath } from '../../support/windows/windows-node.js';
import { runWindowsJson, windowsTest } from '../../support/windows/windows-test.js';

/** Exit status and codes, as the recipes of the samples claim (and pefile confirms, in toolchain.test.ts). */
const known: Readonly<Record<string, readonly [number, readonly string[]]>> = {
  clean: [0, []],
  'init-rwx': [0, ['HVCI2003']],
  'iat-in-text': [1, ['HVCI2005']],
  'writable-code': [1, ['HVCI2003', 'HVCI3004']],
  'no-nx': [0, ['HVCI3002']],
};

windowsTest('check: a folder, each driver once, and the exit status of the worst', async (t) => {
  const { folder } = folderWith(t, Object.fromEntries(Object.keys(known).map((name) => [`${name}.sys`, name])));
  const { exitCode, report } = await runWindowsJson(['check', '.'], { cwd: folder });
  t.is(exitCode, 1);
  t.deepEqual(
    report.images.map(({ path, findings }) => [path, findings.map(({ code }) => code)]),
    Object.keys(known)
      .sort()
      .map((name) => [`${name}.sys`, known[name]?.[1]]) as never,
  );
  const { exitCode: one } = await runWindowsJson(['init-rwx.sys'], { cwd: folder });
  t.is(one, 0);
});

windowsTest('check: worker threads, and a list on standard input', async (t) => {
  const names = Array.from({ length: 30 }, (_, index) => `d${String(index).padStart(2, '0')}.sys`);
  const { folder, at } = folderWith(t, Object.fromEntries(names.map((name) => [name, 'iat-in-text'])));
  const threads = await runWindowsJson(['check', '.', '--code', '--jobs', '2'], { cwd: folder });
  t.deepEqual(
    threads.report.images.map(({ path, findings }) => [path, findings.map(({ code }) => code)]),
    names.map((name) => [name, ['HVCI2005']]),
  );
  writeFileSync(at('list'), `${windowsPath(at('d07.sys'))}\0.\\d03.sys\0absent.sys\0`);
  const list = await runWindowsJson(['check', '--stdin0'], { cwd: folder, stdin: at('list') });
  t.is(list.exitCode, 2);
  t.deepEqual(
    list.report.images.map(({ path, status }) => [path, status]),
    [
      [windowsPath(at('d07.sys')), 'findings'],
      ['.\\d03.sys', 'findings'],
      ['absent.sys', 'unreadable'],
    ],
  );
});

windowsTest(
  'fix: dry run, then in place with a backup, then nothing left to do',
  async (t) => {
    const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
    const before = readFileSync(at('a.sys'));
    const planned = await runWindowsJson(['fix', 'a.sys', '--dry-run', '--backup'], { cwd: folder });
    t.is(planned.image.plan?.outcome, 'planned');
    t.true(readFileSync(at('a.sys')).equals(before));
    const fixed = await runWindowsJson(['fix', 'a.sys', '--backup'], { cwd: folder });
    t.deepEqual([fixed.exitCode, fixed.image.plan?.outcome], [0, 'fixed']);
    t.deepEqual(fixed.image.plan?.edits, planned.image.plan?.edits);
    t.true(readFileSync(at('a.sys.hvci-fix-backup')).equals(before));
    const [report] = await pefile([at('a.sys')]);
    t.deepEqual(violationsIn(report!), []);
    t.is((await runWindowsJson(['fix', 'a.sys'], { cwd: folder })).image.plan?.outcome, 'unchanged');
    t.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.hvci-fix')),
      [],
      'no temporary file is left',
    );
    // The same source gives the same bytes on both systems.
    copyFileSync(committedSample('init-rwx'), at('b.sys'));
    await run(['fix', 'b.sys'], { cwd: folder });
    t.true(readFileSync(at('a.sys')).equals(readFileSync(at('b.sys'))));
  },
  oracleTools,
);

windowsTest('fix --out: copies below a folder of another drive letter', async (t) => {
  const { folder, at } = folderWith(t, { 'in.sys': 'init-rwx' });
  const out = windowsPath(at('out folder')).replace('Z:', 'z:');
  const { exitCode, image } = await runWindowsJson(['fix', 'in.sys', '--out', out], { cwd: folder });
  t.is(exitCode, 0);
  t.is(image.plan?.writtenTo?.toLowerCase(), `${out}\\in.sys`.toLowerCase());
  t.true(readFileSync(at('in.sys')).equals(readFileSync(committedSample('init-rwx'))));
  t.false(readFileSync(at('out folder/in.sys')).equals(readFileSync(at('in.sys'))));
});

windowsTest(
  'signed: refused, stripped, signed again by a .cmd',
  async (t) => {
    const { folder, at } = folderWith(t);
    const signed = await sign(committedSample('init-rwx'));
    for (const name of ['refused.sys', 'stripped.sys', 'again.sys']) copyFileSync(signed, at(name));
    const refused = await runWindowsJson(['fix', 'refused.sys'], { cwd: folder });
    t.deepEqual([refused.exitCode, refused.image.plan?.refusals[0]?.code], [1, 'signed']);
    t.true(readFileSync(at('refused.sys')).equals(readFileSync(signed)));

    t.is((await runWindowsJson(['fix', 'stripped.sys', '--strip-signature'], { cwd: folder })).exitCode, 0);
    const [report] = await pefile([at('stripped.sys')]);
    t.deepEqual([violationsIn(report!), report!.certificate.size], [[], 0]);

    // osslsigncode is no Windows program: it signs the fixed driver here, and the script brings the result.
    copyFileSync(await sign(at('stripped.sys')), at('signed elsewhere.sys'));
    // Its name has no blank, because Wine's cmd.exe does not take the caret that execa puts before one.
    writeFileSync(at('sign.cmd'), '@copy /y "signed elsewhere.sys" "%~1" >nul\r\n');
    const again = await runWindowsJson(['fix', 'again.sys', '--sign-with', 'sign.cmd {file}'], { cwd: folder });
    t.deepEqual([again.exitCode, again.image.signed], [0, true], again.image.error?.message);
    t.true((await verifySignature(at('again.sys'))).valid);

    writeFileSync(at('fails.cmd'), '@echo no certificate\r\n@exit /b 5\r\n');
    copyFileSync(signed, at('again.sys'));
    const failed = await runWindowsJson(['fix', 'again.sys', '--sign-with', 'fails.cmd {file}'], { cwd: folder });
    t.is(failed.exitCode, 2);
    t.regex(failed.image.error?.message ?? '', /fails\.cmd failed with exit status 5.*no certificate/s);
    t.true(readFileSync(at('again.sys')).equals(readFileSync(signed)));
  },
  [...oracleTools, ...signingTools],
);

windowsTest('explain, --help, a wrong call', async (t) => {
  const explain = await runWindows(['explain', '0x2003']);
  t.deepEqual([explain.exitCode, explain.stdout.split('\n')[0]], [0, '# HVCI2003 execute-write-section']);
  const wrong = await runWindows(['check', 'Z:\\no\\such file.sys']);
  t.is(wrong.exitCode, 2);
  t.true(wrong.stdout.includes('Cannot read Z:\\no\\such file.sys: no such file.'));
});

windowsTest('baseline: what is accepted today does not fail tomorrow', async (t) => {
  const { folder } = folderWith(t, { 'a.sys': 'iat-in-text' });
  t.is((await runWindows(['baseline', '.', '-o', 'base line.json'], { cwd: folder })).exitCode, 0);
  t.is((await runWindows(['check', 'A.SYS', '--baseline', 'base line.json'], { cwd: folder })).exitCode, 0);
  copyFileSync(committedSample('low-alignment'), `${folder}/b.sys`);
  t.is((await runWindows(['check', '.', '--baseline', 'base line.json'], { cwd: folder })).exitCode, 1);
});

for (const [encoding, bom] of [
  ['utf8', ''],
  ['utf16le', '\ufeff'],
] as const) {
  windowsTest(`build-step: a response file in ${encoding} with CRLF, as MSBuild writes it`, async (t) => {
    const { folder, at } = folderWith(t, { 'Trëiber (x64).sys': 'iat-in-text' });
    const image = windowsPath(at('Trëiber (x64).sys'));
    const lines = ['--image', image, '--mode=check', `--report=${windowsPath(at('r.sarif'))}`];
    writeFileSync(at('step.rsp'), `${bom}${lines.join('\r\n')}\r\n`, encoding);
    const { exitCode, stdout, stderr } = await runWindows(['build-step', '@step.rsp'], { cwd: folder });
    t.is(exitCode, 1);
    t.true(`${stdout}${stderr}`.startsWith(`${image} : error HVCI2005: `), `${stdout}${stderr}`);
    const sarif = JSON.parse(readFileSync(at('r.sarif'), 'utf8')) as { runs: { results: { ruleId: string }[] }[] };
    t.deepEqual(
      sarif.runs[0]?.results.map(({ ruleId }) => ruleId),
      ['HVCI2005'],
    );
  });
}

windowsTest('SARIF: relative to the folder, and file URIs with a drive', async (t) => {
  const { folder, at } = folderWith(t, { 'a b.sys': 'iat-in-text' });
  const elsewhere = folderWith(t, { 'ü.sys': 'iat-in-text' });
  const { stdout } = await runWindows(
    ['check', windowsPath(at('a b.sys')), windowsPath(elsewhere.at('ü.sys')), '--format', 'sarif'],
    { cwd: folder },
  );
  const [sarif] = (JSON.parse(stdout) as { runs: Sarif[] }).runs;
  t.is(sarif?.originalUriBaseIds['%SRCROOT%']?.uri, `file:///Z:${folder}/`);
  t.deepEqual(
    sarif?.results.map(({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri),
    ['a%20b.sys', `file:///Z:${elsewhere.folder}/%C3%BC.sys`],
  );
});

interface Sarif {
  readonly originalUriBaseIds: Readonly<Record<string, { readonly uri: string }>>;
  readonly results: readonly {
    readonly locations: readonly {
      readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
    }[];
  }[];
}

/** Commands that another part of the tool may not have brought yet. */
const testOf = (name: string): typeof windowsTest =>
  COMMANDS.some((command) => command.name === (name as never)) ? windowsTest : (title, run) => test.skip(title, run);

testOf('report')('report: one page, on a Windows path', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'iat-in-text' });
  const { exitCode } = await runWindows(['report', '.', '-o', windowsPath(at('re port.html'))], { cwd: folder });
  t.is(exitCode, 1);
  t.regex(readFileSync(at('re port.html'), 'utf8'), /^<!doctype html>.*HVCI2005/is);
});
testOf('undo')('undo: the bytes from before', async (t) => {
  const { folder, at } = folderWith(t, { 'a.sys': 'init-rwx' });
  await runWindows(['fix', 'a.sys', '--backup'], { cwd: folder });
  t.is((await runWindows(['undo', '.\\a.sys'], { cwd: folder })).exitCode, 0);
  t.true(readFileSync(at('a.sys')).equals(readFileSync(committedSample('init-rwx'))));
});
