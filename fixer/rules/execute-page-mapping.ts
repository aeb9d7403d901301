import type { JudgedCall } from '../code/facts.js';
import { reportCalls } from './judged-calls.js';
import type { Rule } from './rule.js';

const CODE = 'HVCI2002';

export const executePageMapping: Rule = {
  meta: {
    code: CODE,
    name: 'execute-page-mapping',
    title: 'A call maps pages executable',
    severity: 'error',
    effect: 'reported-by-verifier',
    fix: 'none',
    verifierCode: 0x2002,
  },
  check(context) {
    reportCalls(context, CODE, { defect: 'which makes the mapping executable', verifier: '0x2002', hint });
  },
};

const hint = ({ outcome }: JudgedCall): string =>
  outcome === 'user-mode'
    ? 'Nothing to do; OR MdlMappingNoExecute into the priority to make it plain'
    : 'OR MdlMappingNoExecute into the priority, also in MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute), or define POOL_NX_OPTIN=1';
