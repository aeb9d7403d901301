/**
 * V8 told what a scan is like. Its flags are no interface, so this is for the one major version of which the effect was
 * measured, Node 20; later ones have another compiler in between and other flags.
 */

/**
 * The image rules take a tenth of a millisecond a driver, in some hundred functions that are each warm and none hot. V8
 * optimizes them all, which took a third of the processor time of a scan of 2,000 drivers and was over when the scan nearly
 * was; with four times its patience it optimizes the loops that are worth it.
 */
const INTERRUPT_BUDGET = 4 * 132 * 1024;
/**
 * Reading code leaves much garbage, and V8 lets the heap grow to a multiple before it collects: a scan of 1,900 drivers
 * took 680 MB of which 100 were in use, and takes 180 in the same time when the heap may not even double.
 */
const HEAP_GROWING_PERCENT = 80;

const isMeasured = process.versions.node.startsWith('20.');

/** Each of these, and V8's own default. */
const FLAGS = {
  interruptBudget: ['--interrupt-budget', INTERRUPT_BUDGET, 66 * 1024],
  heapGrowing: ['--heap-growing-percent', HEAP_GROWING_PERCENT, 0],
} as const;

/**
 * Sets what is best for a scan, in all threads, and gives what sets it back: V8 takes what it compiled in an earlier run
 * only with the flags that it was kept under, so neither may modules be loaded in between nor the process end.
 */
export function tuneForScan(readsCode: boolean): () => void {
  const [flag, value, usual] = readsCode ? FLAGS.heapGrowing : FLAGS.interruptBudget;
  setFlag(`${flag}=${value}`);
  return () => setFlag(`${flag}=${usual}`);
}

function setFlag(flag: string): void {
  if (isMeasured) process.getBuiltinModule('node:v8').setFlagsFromString(flag);
}
