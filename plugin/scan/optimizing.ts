/**
 * The image rules take a tenth of a millisecond a driver, in some hundred functions that are each warm and none hot. The
 * V8 of Node 20 optimizes them all, which took a third of the processor time of a scan of 2,000 drivers and was over when
 * the scan nearly was; with four times its patience it optimizes the loops that are worth it. Later versions have another
 * compiler in between and another flag, and gain nothing.
 */
const INTERRUPT_BUDGET = 4 * 132 * 1024;

/** Flags of V8 are no interface, so this is for the one major version of which the effect was measured. */
export function optimizeLess(): void {
  if (process.versions.node.startsWith('20.'))
    process.getBuiltinModule('node:v8').setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}
