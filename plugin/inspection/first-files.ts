/** When a run has shown what it does: what V8 has compiled by then is what the next one needs. */

/**
 * What a scan compiles for all sorts of drivers a build would load each time for its one: half as much again, 2 ms. And
 * V8 is told its flags for scans after this many (scan/optimizing.ts), but takes what it compiled only with the usual ones.
 */
const ENOUGH = 16;

let files = 0;
let tell: (() => void) | null = null;

/** Calls back once: at the sixteenth file, or when the process ends after fewer; never where none was looked at. */
export function afterFirstFiles(listener: () => void): void {
  tell = listener;
  // Not `once`, which is more to compile: a process ends once.
  process.on('exit', () => {
    if (files > 0) call();
  });
}

export function countFile(): void {
  if (++files === ENOUGH) call();
}

function call(): void {
  const listener = tell;
  tell = null;
  listener?.();
}
