import type { JudgedCall } from '../code/facts.js';
import { reportCalls } from './judged-calls.js';
import type { Rule } from './rule.js';

const CODE = 'HVCI3005';

export const executableSectionObject: Rule = {
  meta: {
    code: CODE,
    name: 'executable-section-object',
    title: 'A section object is made for execution, or an image is loaded by hand',
    severity: 'warning',
    effect: 'reported-by-verifier',
    fix: 'none',
    verifierCode: null,
  },
  check(context) {
    reportCalls(context, CODE, { defect: 'so that what it maps may run', verifier: null, hint });
  },
};

function hint({ judged, ddi }: JudgedCall): string {
  switch (judged.kind) {
    case 'section-access':
      return 'Ask only for the rights that are used, SECTION_MAP_READ or SECTION_MAP_READ | SECTION_MAP_WRITE';
    case 'section-attributes':
      return 'Use SEC_COMMIT for a file that is data: SEC_IMAGE maps it as code, which memory integrity then verifies';
    default:
      return `Instead, ${ddi.remedy}: an image that is loaded by hand is verified like a driver and must be signed like one`;
  }
}
