import { insteadOf } from '../code/ddi/instead.js';
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

function hint({ outcome, judged, values }: JudgedCall): string {
  if (outcome === 'user-mode') return 'Nothing to do; OR MdlMappingNoExecute into the priority to make it plain';
  const priority = insteadOf(judged.kind, values);
  const exactly = priority === null ? '' : `: ${priority}`;
  return `OR MdlMappingNoExecute into the priority, also where it is that of MmGetSystemAddressForMdlSafe${exactly}. Or define POOL_NX_OPTIN=1`;
}
