import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import test from 'ava';
import type { RuleMeta } from '../../../fixer/rules/rule.js';
import { createSarifReporter } from '../../../plugin/report/sarif.js';
import { pascalCase, plainText } from '../../../plugin/report/sarif-rules.js';
import { artifactLocation, directoryUri } from '../../../plugin/report/sarif-uri.js';
import { multitoolFolder, sarifProblems } from '../../support/sarif-multitool.js';
import { clean, cutOff, HOSTILE, iatInCode, initRwx, legacy, print, result } from './samples.js';

const rules: readonly RuleMeta[] = [
  rule('HVCI2003', 'execute-write-section', 'a section is both executable and writable', 'error', 0x2003),
  rule('HVCI2005', 'iat-in-executable-section', 'the import address table lies in executable memory', 'error', 0x2005),
  rule('HVCI3002', 'nx-compat-missing', 'NX_COMPAT is not set', 'info', null),
];

function rule(code: string, name: string, title: string, severity: 'error' | 'info', dv: number | null): RuleMeta {
  return { code, name, title, severity, effect: 'refused-at-load', fix: 'safe', verifierCode: dv };
}

const reporter = () =>
  createSarifReporter({
    toolVersion: '0.1.0',
    rules,
    pageOf: (code) => `# ${code}\n\nText in **bold** and \`code\`.\n`,
    baseDirectory: 'C:\\out',
    helpUriOf: (code) => `https://example.com/rules/${code}`,
    informationUri: 'https://example.com/',
  });

const NOTHING = { images: 0, clean: 0, errors: 0, warnings: 0, fixed: 0, refused: 0, unreadable: 0 };

const everything = [
  result({ ...legacy, undetermined: [{ code: 'HVCI2003', reason: 'The section table is cut off.' }] }),
  result({ ...clean, sha256: 'a'.repeat(64) }),
  result(cutOff),
  result({
    ...legacy,
    path: 'D:\\a b\\x.sys',
    findings: [
      { ...initRwx, suppressed: { reason: 'known' } },
      { ...initRwx, outcome: 'fixed' },
    ],
  }),
  result({
    ...legacy,
    path: 'C:\\out\\lines.sys',
    findings: ['C:\\src\\a b.c', 'C:\\out\\d.c', 'relative/d.c', ...HOSTILE].map((file) => ({
      ...initRwx,
      data: { source: { file, line: 12 } },
    })),
  }),
  ...HOSTILE.map((name) =>
    result({
      ...legacy,
      path: `C:\\out\\${name}`,
      findings: [{ ...initRwx, section: name, symbol: name, message: name }],
    }),
  ),
];

test('the log is valid against the SARIF 2.1.0 schema', (t) => {
  const schema = JSON.parse(readFileSync(join(multitoolFolder(), 'sarif-2.1.0.json'), 'utf8').replace(/^\ufeff/, ''));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  const log = JSON.parse(print(reporter(), everything, {}));
  t.true(validate(log), JSON.stringify(validate.errors, null, 2));
  // The schema is the real one: it refuses what SARIF does not know.
  log.runs[0].results[0].level = 'fatal';
  t.false(validate(log));
});

test('results are given out with their image, and not kept: only what is said of the image itself waits for the end', (t) => {
  const { image, end } = reporter();
  const texts = everything.map((each) => image(each));
  everything.forEach(({ report }, index) => {
    t.is(texts[index]?.match(/"ruleIndex":/g)?.length ?? 0, report.findings.length, report.path);
  });
  const rest = end({ schemaVersion: 1, tool: { name: 'hvci-fix', version: '1' }, targetOs: '1507', summary: NOTHING });
  t.false(rest.includes('"ruleIndex":'));
  const [run] = JSON.parse(texts.join('') + rest).runs;
  t.is(run.artifacts.length, everything.length);
  t.is(run.results.length, everything.flatMap(({ report }) => report.findings).length);
});

test('Microsoft SARIF Multitool and its GitHub rules have nothing to say', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hvci-fix-sarif-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'log.sarif');
  writeFileSync(file, print(reporter(), everything, {}));
  t.deepEqual(sarifProblems(file), []);
});

test('a result: rule, level, place in bytes, address, fingerprint, properties', (t) => {
  const log = JSON.parse(print(reporter(), [result(legacy)], {}));
  const [first] = log.runs[0].results;
  t.is(first.ruleId, 'HVCI2003');
  t.is(first.ruleIndex, 0);
  t.is(first.level, 'warning');
  t.deepEqual(first.locations, [
    {
      physicalLocation: {
        artifactLocation: { uri: 'legacy.sys', uriBaseId: '%SRCROOT%', index: 0 },
        region: { startLine: 1, byteOffset: 0x284, byteLength: 4 },
        address: { relativeAddress: 0x7000 },
      },
      logicalLocations: [{ name: 'INIT', kind: 'section' }],
    },
  ]);
  t.like(first.properties, { section: 'INIT', rva: 0x7000, effect: 'hygiene', fix: 'safe', outcome: 'none' });
  t.deepEqual(
    log.runs[0].results.map((entry: { level: string }) => entry.level),
    ['warning', 'error', 'note'],
  );
});

test('the source line is a related location: the image stays the place', (t) => {
  const findings = ['C:\\src\\a b.c', 'C:\\out\\sub\\d.c'].map((file) => ({
    ...initRwx,
    data: { source: { file, line: 12 } },
  }));
  const { results } = JSON.parse(print(reporter(), [result({ ...legacy, findings })], {})).runs[0];
  t.deepEqual(
    results.map(({ relatedLocations }: { relatedLocations: object[] }) => relatedLocations),
    [{ uri: 'file:///C:/src/a%20b.c' }, { uri: 'sub/d.c', uriBaseId: '%SRCROOT%' }].map((artifactLocation) => [
      {
        id: 1,
        message: { text: 'The place in the source.' },
        physicalLocation: { artifactLocation, region: { startLine: 12 } },
      },
    ]),
  );
  t.is(results[0].locations[0].physicalLocation.artifactLocation.uri, 'legacy.sys');
});

test('fingerprints leave out how far into its function a call lies', (t) => {
  const prints = (symbol: string): string =>
    JSON.parse(print(reporter(), [result({ ...legacy, findings: [{ ...initRwx, symbol }] })], {})).runs[0].results[0]
      .partialFingerprints['hvciFixFinding/v1'];
  t.is(prints('Allocate+0x1c'), prints('Allocate+0x20'));
  t.not(prints('Allocate+0x1c'), prints('Free+0x1c'));
});

test('fingerprints survive a relink and differ between findings', (t) => {
  const prints = (findings: (typeof initRwx)[]): string[] =>
    JSON.parse(print(reporter(), [result({ ...legacy, findings })], {})).runs[0].results.map(
      (entry: { partialFingerprints: Record<string, string> }) => entry.partialFingerprints['hvciFixFinding/v1'],
    );
  const before = prints([initRwx, iatInCode, iatInCode]);
  const after = prints([
    { ...initRwx, offset: 0x400, rva: 0x9000, field: 'sections[5].characteristics' },
    iatInCode,
    iatInCode,
  ]);
  t.deepEqual(before, after);
  t.is(new Set(before).size, 3);
});

test('a PDB that is not used is a notification', (t) => {
  const note = 'good.pdb is not used: the PDB belongs to another build';
  const noted = { ...clean, coverage: { ...clean.coverage, notes: [note, 'symbols from good.map'] } };
  const [run] = JSON.parse(print(reporter(), [result(noted)], {})).runs;
  const [told, ...others] = run.invocations[0].toolExecutionNotifications;
  t.deepEqual([told.level, told.message.text, others], ['note', note, []]);
  t.is(run.tool.driver.notifications[told.descriptor.index].id, told.descriptor.id);
});

test('unreadable and undecided are notifications, and only the first fails the run', (t) => {
  const [run] = JSON.parse(print(reporter(), everything, {})).runs;
  t.false(run.invocations[0].executionSuccessful);
  const notes = run.invocations[0].toolExecutionNotifications;
  t.deepEqual(
    notes.map((note: { level: string; descriptor: { id: string } }) => [note.level, note.descriptor.id]),
    [
      ['warning', 'HVCI-undetermined'],
      ['error', 'HVCI-unreadable'],
    ],
  );
  t.deepEqual(notes[0].associatedRule, { id: 'HVCI2003', index: 0 });
  t.true(JSON.parse(print(reporter(), [everything[0]!], {})).runs[0].invocations[0].executionSuccessful);
});

test('suppressed and fixed findings say so', (t) => {
  const { results, artifacts } = JSON.parse(print(reporter(), everything, {})).runs[0];
  t.deepEqual(results[3].suppressions, [{ kind: 'external', status: 'accepted', justification: 'known' }]);
  t.like(results[4], { kind: 'informational', level: 'none' });
  t.false('suppressions' in results[4]);
  t.deepEqual(artifacts[1].hashes, { 'sha-256': 'a'.repeat(64) });
  t.is(artifacts[3].location.uri, 'file:///D:/a%20b/x.sys');
});

test('paths become URIs: relative inside the base, absolute outside, Windows and POSIX', (t) => {
  const inside = (uri: string) => ({ uri, uriBaseId: '%SRCROOT%' });
  t.deepEqual(artifactLocation('C:\\Out\\sub dir\\x.sys', 'c:\\out'), inside('sub%20dir/x.sys'));
  t.deepEqual(artifactLocation('sub\\x.sys', 'C:\\out'), inside('sub/x.sys'));
  t.deepEqual(artifactLocation('..\\x.sys', 'C:\\out'), { uri: 'file:///C:/x.sys' });
  t.deepEqual(artifactLocation('C:\\outside\\x.sys', 'C:\\out'), { uri: 'file:///C:/outside/x.sys' });
  t.deepEqual(artifactLocation('\\\\server\\share\\x.sys', 'C:\\out'), { uri: 'file://server/share/x.sys' });
  t.deepEqual(artifactLocation('/work/a:b/ü.sys', '/work'), inside('a%3Ab/%C3%BC.sys'));
  t.deepEqual(artifactLocation('a\\b.sys', '/work'), inside('a%5Cb.sys'));
  t.deepEqual(artifactLocation('/other/x.sys', '/work'), { uri: 'file:///other/x.sys' });
  t.is(directoryUri('C:\\out'), 'file:///C:/out/');
  t.is(directoryUri('/work/a b'), 'file:///work/a%20b/');
  t.is(directoryUri('/'), 'file:///');
});

test('rule names and help text', (t) => {
  t.is(pascalCase('iat-in-executable-section'), 'IatInExecutableSection');
  t.is(
    plainText('# T\n\nSee [the page](https://x) and `code`, **bold**.\n\n```c\nint x;\n```\n'),
    'T\n\nSee the page and code, bold.\n\nint x;',
  );
});
