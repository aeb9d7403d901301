import { hex } from '../pe/hex.js';
import { codeFactsFor } from './code-facts.js';
import type { Rule, RuleContext } from './rule.js';
import { inWords, sourceData } from './source-line.js';

export const writesExecutableMemory: Rule = {
  meta: {
    code: 'HVCI3004',
    name: 'writes-executable-memory',
    title: 'The driver writes to its own code, or turns write protection off',
    severity: 'error',
    effect: 'crash-at-run-time',
    fix: 'none',
    verifierCode: null,
  },
  check(context) {
    const facts = codeFactsFor(context, 'HVCI3004');
    if (facts === null) return;
    for (const { rva, target, width, function: entry } of facts.selfStores) {
      const section = context.image.addressSpace.sectionAt(target);
      context.report({
        ...place(context, rva),
        message: `The instruction at rva ${hex(rva)}${inWords(context, rva)} writes ${sizeOf(width)}to rva ${hex(target)}, in the executable section ${section?.name ?? '?'}. Under memory integrity no executable page can be written: the driver crashes there.`,
        hint: 'Keep what is written in a data section: no /SECTION or #pragma section that makes it executable, no /MERGE of .data into .text. Code that patches itself has to be written without that.',
        data: { target, width, functionRva: entry, source: sourceData(context.lineAt(rva)) },
      });
    }
    for (const { rva, function: entry } of facts.controlWrites) {
      context.report({
        ...place(context, rva),
        severity: 'warning',
        message: `The instruction at rva ${hex(rva)}${inWords(context, rva)} clears write protection (CR0.WP), as drivers do to patch read-only or executable memory. Under memory integrity the hypervisor still refuses the write.`,
        hint: 'Remove the patch: use a documented callback (CmRegisterCallbackEx, ObRegisterCallbacks, a filter driver) in its place.',
        data: { functionRva: entry, source: sourceData(context.lineAt(rva)) },
      });
    }
  },
};

/** XSAVE and its like store as much as a control register says. */
const sizeOf = (width: number): string => (width === 0 ? '' : `${width} ${width === 1 ? 'byte' : 'bytes'} `);

function place({ image, symbolAt }: RuleContext, rva: number) {
  const offset = image.addressSpace.offsetOf(rva);
  return {
    section: image.addressSpace.sectionAt(rva)?.name ?? null,
    offset,
    length: offset === null ? null : 1,
    rva,
    symbol: symbolAt(rva),
  };
}
