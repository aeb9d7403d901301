import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createMsbuildReporter } from '../../../plugin/report/msbuild.js';
import { clean, cutOff, HOSTILE, iatInCode, initRwx, legacy, noNx, print, result, userMode } from './samples.js';

const reporter = () => createMsbuildReporter({ quiet: false });

test('one line for each finding, in the canonical form', (t) => {
  t.is(
    print(reporter(), [result(clean), result(legacy), result(userMode)], {}),
    'C:\\out\\legacy.sys : warning HVCI2003: Section INIT is executable and writable. Link without /SECTION:INIT,ERW. [INIT, sections[3].characteristics, offset 0x284 (4 bytes), rva 0x7000]\n' +
      'C:\\out\\legacy.sys : error HVCI2005: The import address table lies in the executable section .text. Drop /MERGE:.rdata=.text. [.text, dataDirectories[12], offset 0x1d8 (8 bytes), rva 0x1000]\n' +
      'C:\\out\\legacy.sys : message HVCI3002: DllCharacteristics does not have NX_COMPAT. Link with /NXCOMPAT. [optionalHeader.dllCharacteristics, offset 0x156 (2 bytes)]\n',
  );
});

test('an unreadable image that was met in a folder is a warning: it does not fail the run', (t) => {
  const printed = print(reporter(), [{ ...result(cutOff), named: false }], {});
  t.true(printed.startsWith('C:\\out\\cut.sys : warning : cannot be checked: '));
});

test('an unreadable image is an error without a code, an undecided rule a warning', (t) => {
  const undecided = { ...clean, undetermined: [{ code: 'HVCI3001', reason: 'The relocation block is cut off.' }] };
  t.is(
    print(reporter(), [result(cutOff), result(undecided)], {}),
    'C:\\out\\cut.sys : error : cannot be checked: The optional header needs 240 bytes and the file has 12 left. The file ends too early. Copy or link it again. [optionalHeader, offset 0xf8]\n' +
      'C:\\out\\good.sys : warning HVCI3001: could not be decided: The relocation block is cut off.\n',
  );
});

test('a PDB that is not used is named; other notes are not', (t) => {
  const notes = ['C:\\out\\good.pdb is not used: the PDB belongs to another build', 'symbols from C:\\out\\good.map'];
  const noted = { ...clean, coverage: { ...clean.coverage, notes } };
  t.is(print(reporter(), [result(noted)], {}), `C:\\out\\good.sys : message : ${notes[0]}\n`);
  t.is(print(createMsbuildReporter({ quiet: true }), [result(noted)], {}), '');
});

test('a fixed finding is news, a suppressed one nothing, quiet leaves messages out', (t) => {
  const findings = [
    { ...initRwx, outcome: 'fixed' as const },
    { ...iatInCode, suppressed: { reason: 'known' } },
  ];
  const text = print(reporter(), [result({ ...legacy, findings })], {});
  t.is(text, 'C:\\out\\legacy.sys : message HVCI2003: fixed: Section INIT is executable and writable.\n');
  t.is(print(createMsbuildReporter({ quiet: true }), [result({ ...legacy, findings })], {}), '');
});

test('thousands of findings of one code do not fill the error list', (t) => {
  const findings = Array.from({ length: 2007 }, () => iatInCode);
  const lines = print(reporter(), [result({ ...legacy, findings })], {})
    .trimEnd()
    .split('\n');
  t.is(lines.length, 21);
  t.is(
    lines[20],
    'C:\\out\\legacy.sys : error HVCI2005: and 1,987 more of HVCI2005; hvci-fix --format json lists every one.',
  );
});

const dotnet = spawnSync('dotnet', ['--version']).status === 0;
(dotnet ? test : test.skip)('MSBuild itself sees our errors and warnings, and no forged one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hvci-fix-msbuild-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  // Remarks are where a forged category would show: MSBuild takes the first it can find on a line.
  const hostile = [...HOSTILE, 'x : error FORGED2: y', 'error FORGED3: y', 'C:\\a.c(1,2): warning FORGED4: y'].flatMap(
    (name) => {
      const info = { ...noNx, section: name, symbol: name, message: `Section ${name} is odd: ${name}`, hint: name };
      return [
        result({ ...legacy, path: `C:\\out\\${name}.sys`, findings: [info] }),
        result({ ...legacy, path: `/out/${name}/x.sys`, findings: [info] }),
        result({ ...legacy, path: `${name} x.sys`, findings: [info] }),
      ];
    },
  );
  const evil = { ...initRwx, message: `Section ${HOSTILE[1]} is bad: error X: y` };
  const images = [
    ...hostile,
    result(legacy),
    result({ ...legacy, path: 'C:\\out\\my error x.sys', findings: [evil] }),
    result(cutOff),
  ];
  writeFileSync(join(folder, 'report.txt'), print(reporter(), images, {}));
  writeFileSync(
    join(folder, 'x.proj'),
    `<Project><Target Name="Build"><Exec Command="&quot;${process.execPath}&quot; -e &quot;process.stdout.write(require('fs').readFileSync('report.txt'))&quot;" StdOutEncoding="utf-8" IgnoreExitCode="true" /></Target></Project>`,
  );
  const run = spawnSync(
    'dotnet',
    ['msbuild', 'x.proj', '-nologo', '-v:quiet', '-tl:off', '-clp:NoSummary;ForceNoAlign'],
    {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        DOTNET_CLI_UI_LANGUAGE: 'en',
        DOTNET_NOLOGO: '1',
        DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1',
      },
    },
  );
  // Quiet: MSBuild prints what it took for an error or a warning, and nothing else.
  const seen = run.stdout.trimEnd().split('\n');
  const heads = seen.map((line) => /^(.*?) ?: (error|warning) ?([A-Z0-9]*) ?:/.exec(line)?.slice(1, 4));
  t.deepEqual(
    heads,
    [
      ['C:\\out\\legacy.sys', 'warning', 'HVCI2003'],
      ['C:\\out\\legacy.sys', 'error', 'HVCI2005'],
      ['C:\\out\\my%20error x.sys', 'warning', 'HVCI2003'],
      ['C:\\out\\cut.sys', 'error', ''],
    ],
    run.stdout + run.stderr,
  );
});
