import type { JudgedCall } from '../code/facts.js';
import { reportCalls } from './judged-calls.js';
import type { Rule } from './rule.js';

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

const hint = ({ ddi }: JudgedCall): string =>
  `Drop the PAGE_EXECUTE bits: ${ddi.remedy}. Code that the driver writes itself cannot run under memory integrity`;
