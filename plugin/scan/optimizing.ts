/**
 * V8 told what a scan is like. Its flags are no interface, so this is for the one major version of which the effect was
 * measured, Node 20; later ones have another compiler in between and other flags.
 */

/**
 * The image rules take a tenth of a millisecond a driver, in some hundred functions that are each warm and none hot. V8
 * optimizes them all, which took a third of the processor time of a scan of 2,000 drivers and was over when the scan nearly
 * was; with eight times its patience it optimizes the loops that are worth it.
 */
const INTERRUPT_BUDGET = 8 * 66 * 1024;
/**
 * Reading code leaves much garbage, and V8 lets the heap grow to a multiple before it collects: a scan of 1,900 drivers
 * took 680 MB of which 100 were in use, and takes 180 in the same time when the heap may not even double.
 */
const HEAP_GROWING_PERCENT = 80;

/**
 * V8's compiler takes as much time of other processors as the analysis of code takes of its own, and compiles the same for
 * each thread. Asked to do less, with smaller functions and later, a scan of 1,200 drivers in one thread took 0.86 of the
 * processor time and no longer; one of 4,000 in two threads, where nothing is left over, 0.9 of the time.
 */
const FOR_CODE = ['--max-inlined-bytecode-size-cumulative=200', `--interrupt-budget=${4 * 66 * 1024}`];

const isMeasured = process.versions.node.startsWith('20.');

/**
 * Sets what is best for a scan, in all threads. Not before its modules are loaded: V8 takes what it compiled in an earlier
 * run only with the flags of that run.
 */
export function tuneForScan(readsCode: boolean): void {
  if (!isMeasured) return;
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const flags = readsCode
    ? [`--heap-growing-percent=${HEAP_GROWING_PERCENT}`, ...FOR_CODE]
    : [`--interrupt-budget=${INTERRUPT_BUDGET}`];
  for (const flag of flags) setFlagsFromString(flag);
}
