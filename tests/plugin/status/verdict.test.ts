/** The two verdicts, as Microsoft's documents and events have them (facts: refused at load, or only reported). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ImageReport, ReportedFinding } from '../../../plugin/report/model.js';
import { type Verdict, verdictOf } from '../../../plugin/status/verdict.js';
import { committedSample } from '../../support/toolchain/samples.js';
import { scratch } from '../files/scratch.js';
import { iatInCode, initRwx } from '../report/samples.js';
import { checkedDriver } from './sample-machine.js';

const imageReport = (some: Pick<ImageReport, 'findings' | 'undetermined'>): ImageReport => ({
  path: 'a.sys',
  sha256: null,
  size: 4096,
  machine: 'x64',
  kind: 'driver',
  signed: false,
  status: 'findings',
  coverage: { callSites: 0, resolved: 0, notes: [] },
  ...some,
});

const cases: readonly (readonly [string, string, Verdict['load'], Verdict['verifier'], readonly string[]])[] = [
  ['clean', '1507', 'accepted', 'nothing-found', []],
  ['init-rwx', '1507', 'accepted', 'reported', ['HVCI2003']],
  ['writable-code', '1507', 'refused-in-strict-mode', 'reported', ['HVCI2003']],
  ['low-alignment', '1507', 'refused', 'reported', ['HVCI2004']],
  ['iat-in-text', '1507', 'refused', 'reported', ['HVCI2005']],
  ['straddling-relocations', '1607', 'refused', 'reported', ['HVCI3001']],
  ['straddling-relocations', '1703', 'accepted', 'nothing-found', []],
  ['no-nx', '1507', 'accepted', 'nothing-found', []],
];

for (const [sample, targetOs, load, verifier, codes] of cases) {
  test(`${sample} on ${targetOs}: ${load}, verifier ${verifier}`, async (t) => {
    const { verdict } = await checkedDriver(committedSample(sample), targetOs);
    t.deepEqual(verdict, { load, verifier, crashes: false, codes });
  });
}

test('a rule that the configuration turned off decides nothing', async (t) => {
  const { verdict } = await checkedDriver(committedSample('low-alignment'), '1507', ['--severity', 'HVCI2004=off']);
  t.is(verdict.load, 'accepted');
});

test('what only the code shows: a crash, a call that Driver Verifier reports, a call that stays open', (t) => {
  const of = (findings: readonly ReportedFinding[], undetermined: readonly string[] = []) =>
    verdictOf(imageReport({ findings, undetermined: undetermined.map((code) => ({ code, reason: 'unknown' })) }));
  const store: ReportedFinding = { ...iatInCode, code: 'HVCI3004', effect: 'crash-at-run-time' };
  const optIn: ReportedFinding = { ...initRwx, code: 'HVCI3003', effect: 'reported-by-verifier' };
  t.like(of([store]), { load: 'accepted', verifier: 'nothing-found', crashes: true, codes: ['HVCI3004'] });
  t.like(of([optIn]), { load: 'accepted', verifier: 'reported', crashes: false, codes: ['HVCI3003'] });
  t.like(of([{ ...optIn, severity: 'info' }]), { verifier: 'nothing-found', codes: [] });
  t.like(of([], ['HVCI2000']), { load: 'accepted', verifier: 'undetermined', codes: ['HVCI2000'] });
  t.like(of([], ['HVCI2005']), { load: 'undetermined', verifier: 'undetermined', codes: ['HVCI2005'] });
  t.like(of([iatInCode], ['HVCI3001']), { load: 'refused', verifier: 'reported' });
  t.like(of([{ ...iatInCode, suppressed: { reason: 'old' } }]), { load: 'accepted', verifier: 'nothing-found' });
});

test('a file that is no image, and one that is not there: not checked', async (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'text.sys'), 'no image at all');
  for (const name of ['text.sys', 'absent.sys']) {
    const { verdict, report } = await checkedDriver(join(folder, name));
    t.deepEqual(verdict, { load: 'not-checked', verifier: 'not-checked', crashes: false, codes: [] });
    t.truthy(report.error ?? report.status === 'not-applicable');
  }
});
