/**
 * V8 without its optimizing compiler while little is to do. What that compiles for one driver costs more processor time
 * than the driver's whole analysis, and half of it is thrown away again; it begins to pay after some tenths of a second.
 */

/** Milliseconds of such work after which there is more to come: a folder, a large driver. */
const ENOUGH = 200;

/** Somebody who chose V8's flags keeps them. */
const isChosen = /--(?:no-)?(?:always-)?(?:jitless|opt|turbofan)\b/.test(
  [...process.execArgv, process.env['NODE_OPTIONS']].join(' '),
);

let spent = isChosen ? ENOUGH : 0;

/** For a thread that is started because there is much: V8's flags are those of all threads, and another one may be loading. */
export function expectMuchWork(): void {
  spent = ENOUGH;
}

/** A file of more bytes keeps the engine busy for longer than that by itself. */
const LARGE = 1 << 19;

/** Runs `work` on a file of that many bytes. The flag is back before anything else runs: V8 takes a compiled script only with the flags it was made with. */
export function asShortWork<T>(size: number, work: () => T): T {
  if (spent >= ENOUGH || size > LARGE) return work();
  const start = process.uptime(); // performance.now would load a dozen of Node's modules
  // Only here: it brings half of Node's streams with it.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--no-opt');
  try {
    return work();
  } finally {
    setFlagsFromString('--opt');
    spent += (process.uptime() - start) * 1000;
  }
}
