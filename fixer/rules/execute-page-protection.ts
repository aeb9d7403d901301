import { insteadOf } from '../code/ddi/instead.js';
import type { JudgedCall } from '../code/facts.js';
import { reportCalls } from './judged-calls.js';
import type { Rule } from './rule.js';

/** Of more values than are told one by one. */
const ANY =
  'PAGE_READONLY for PAGE_EXECUTE and PAGE_EXECUTE_READ, PAGE_READWRITE for PAGE_EXECUTE_READWRITE, PAGE_WRITECOPY for PAGE_EXECUTE_WRITECOPY, and the other bits as they are';

const CODE = 'HVCI2001';

export const executePageProtection: Rule = {
  meta: {
    code: CODE,
    name: 'execute-page-protection',
    title: 'A call asks for an executable page protection',
    severity: 'error',
    effect: 'reported-by-verifier',
    fix: 'none',
    verifierCode: 0x2001,
  },
  check(context) {
    reportCalls(context, CODE, { defect: 'an executable protection', verifier: '0x2001', hint });
  },
};

const hint = ({ judged, values }: JudgedCall): string =>
  `Drop the PAGE_EXECUTE bits: ${insteadOf(judged.kind, values) ?? ANY}. Code that the driver writes itself cannot run under memory integrity`;
