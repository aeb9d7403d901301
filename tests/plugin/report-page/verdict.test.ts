/** The two verdicts, held to design.md's table of effects. */
import test from 'ava';
import type { ImageReport, ReportedFinding } from '../../../plugin/report/model.js';
import { loadVerdict, verifierVerdict } from '../../../plugin/report-page/verdict.js';
import { clean, cutOff, iatInCode, initRwx, noNx, userMode } from '../report/samples.js';

const driver = (part: Partial<ImageReport>, ...findings: ReportedFinding[]): ImageReport => ({
  ...clean,
  findings,
  ...part,
});
const poolType: ReportedFinding = { ...initRwx, code: 'HVCI2000', severity: 'error', effect: 'reported-by-verifier' };
const strict: ReportedFinding = { ...initRwx, severity: 'error', effect: 'refused-in-strict-mode' };

for (const [title, report, load, verifier] of [
  ['clean', clean, 'loads', 'silent'],
  ['IAT in code: refused, and 0x2005', driver({}, iatInCode), 'refused', 'reports'],
  ['INIT W+X: Windows strips it, Driver Verifier reports 0x2003', driver({}, initRwx), 'loads', 'reports'],
  ['information only', driver({}, noNx), 'loads', 'silent'],
  ['another W+X section', driver({}, strict), 'strict', 'reports'],
  ['an executable pool: the driver loads all the same', driver({}, poolType), 'loads', 'reports'],
  ['a store into code', driver({}, { ...poolType, code: 'HVCI3004', effect: 'crash-at-run-time' }), 'crash', 'silent'],
  [
    'CheckSum 0 is a warning',
    driver({}, { ...iatInCode, code: 'HVCI4001', severity: 'warning' }),
    'doubtful',
    'silent',
  ],
  ['the gravest counts', driver({}, poolType, strict, iatInCode), 'refused', 'reports'],
  ['accepted by the configuration', driver({}, { ...iatInCode, suppressed: { reason: 'ours' } }), 'loads', 'silent'],
  ['in the baseline', driver({}, { ...iatInCode, baselined: true }), 'loads', 'silent'],
  [
    'a structure that does not parse',
    driver({ status: 'undetermined', undetermined: [{ code: 'HVCI2005', reason: 'x' }] }),
    'undecided',
    'unknown',
  ],
  [
    'an argument that was not followed decides no load',
    driver({ undetermined: [{ code: 'HVCI2000', reason: 'x' }] }),
    'loads',
    'unknown',
  ],
  ['32-bit: information at most', driver({ machine: 'x86' }, { ...iatInCode, severity: 'info' }), 'exempt', 'exempt'],
  ['32-bit with a wrong checksum', driver({ machine: 'x86' }, { ...iatInCode, code: 'HVCI4001' }), 'anyway', 'exempt'],
  [
    '32-bit with CheckSum 0: a warning, and no question of memory integrity',
    driver({ machine: 'x86' }, { ...iatInCode, code: 'HVCI4001', severity: 'warning' }),
    'exempt',
    'exempt',
  ],
  ['no driver', userMode, 'exempt', 'exempt'],
  ['cut off', cutOff, 'unreadable', 'unknown'],
] as const) {
  test(title, (t) => {
    t.is(loadVerdict(report), load);
    t.is(verifierVerdict(report), verifier);
  });
}
