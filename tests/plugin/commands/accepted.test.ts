/** What `fix` takes for accepted, and that it asks each finding a few times, not each for every other. */
import test from 'ava';
import { acceptedRefusals, withoutAccepted } from '../../../plugin/commands/accepted.js';
import type { ReportedFinding } from '../../../plugin/report/model.js';
import { iatInCode, initRwx } from '../report/samples.js';

const suppressed = { reason: 'old' };

test('a rule is off where every finding of it is accepted', (t) => {
  const options = { severities: { HVCI4001: 'error' as const } };
  t.is(withoutAccepted(options, { findings: [initRwx] }), options);
  t.is(withoutAccepted(options, { findings: [{ ...initRwx, suppressed }, initRwx] }), options);
  t.deepEqual(withoutAccepted(options, { findings: [iatInCode, { ...initRwx, suppressed }] }).severities, {
    HVCI4001: 'error',
    HVCI2003: 'off',
  });
});

test('a refusal is accepted where every finding that it was for is in the baseline', (t) => {
  const refused = (refusal: string, baselined?: boolean): ReportedFinding =>
    baselined === undefined ? { ...initRwx, refusal } : { ...initRwx, refusal, baselined };
  const findings = [refused('a', true), refused('a', true), refused('b', true), refused('b', false), refused('c')];
  t.deepEqual([...acceptedRefusals(findings)], ['a']);
});

test('a forged image has tens of thousands of findings: none is looked at for each other', (t) => {
  let looks = 0;
  const findings = Array.from({ length: 1000 }, () => ({
    ...initRwx,
    suppressed,
    get code() {
      looks++;
      return 'HVCI2003';
    },
  }));
  withoutAccepted({}, { findings });
  t.true(looks < 100 * findings.length, `${looks} looks`);
});
