import { importedOf } from '../code/imported.js';
import { hex } from '../pe/hex.js';
import { reportCalls } from './judged-calls.js';
import type { Rule } from './rule.js';

const CODE = 'HVCI3006';

/** DDIs of which the lists say that memory integrity affects them, and no argument whether. */
export const impactedDdi: Rule = {
  meta: {
    code: CODE,
    name: 'impacted-ddi',
    title: 'The driver imports a DDI that memory integrity affects and no argument decides',
    severity: 'info',
    effect: 'reported-by-verifier',
    fix: 'none',
    verifierCode: null,
  },
  check(context) {
    const { image } = context;
    const imported = importedOf(image);
    if (!imported.ok) return context.undetermined(`the import table cannot be parsed: ${imported.error.message}`);
    if (imported.value.names.size === 0) return context.notApplicable('no-imports');
    for (const [slot, ddi] of imported.value.ddis) {
      if (!ddi.listed || ddi.judged.length > 0) continue;
      const offset = image.addressSpace.offsetOf(slot);
      context.report({
        section: image.addressSpace.sectionAt(slot)?.name ?? null,
        offset,
        length: offset === null ? null : image.isPE32Plus ? 8 : 4,
        rva: slot,
        message: `${ddi.name} of ${ddi.library} is imported (slot at rva ${hex(slot)}). Microsoft lists it among the functions that memory integrity affects, but no argument tells whether the memory is executable.`,
        hint: `Replacement: ${ddi.remedy === '' ? 'none' : ddi.remedy}. Driver Verifier's code integrity option tells whether a call is a problem.`,
        data: { ddi: ddi.name, library: ddi.library },
      });
    }
    if (context.code.kind === 'facts')
      reportCalls(context, CODE, {
        defect: 'one of the functions that memory integrity affects',
        verifier: null,
        hint: ({ ddi }) => `Replacement: ${ddi.remedy}`,
      });
  },
};
