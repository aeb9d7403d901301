/**
 * V8 without its optimizing compiler while little is to do. What that compiles for one driver costs more processor time
 * than the driver's whole analysis, and half of it is thrown away again; it begins to pay after some tenths of a second.
 */
import { setFlagsFromString } from 'node:v8';

/** Milliseconds of such work after which there is more to come: a folder, a large driver. */
const ENOUGH = 200;

/** Somebody who chose V8's flags keeps them. */
const isChosen = process.execArgv.length > 0 || (process.env['NODE_OPTIONS'] ?? '') !== '';

let spent = isChosen ? ENOUGH : 0;

/** Runs `work`. The flag is back before anything else runs: V8 takes a compiled script only with the flags it was made with. */
export function asShortWork<T>(work: () => T): T {
  if (spent >= ENOUGH) return work();
  const start = performance.now();
  setFlagsFromString('--no-opt');
  try {
    return work();
  } finally {
    setFlagsFromString('--opt');
    spent += performance.now() - start;
  }
}
