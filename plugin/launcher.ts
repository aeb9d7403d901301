/**
 * dist/cli.cjs: the command's files, loaded with what V8 compiled in an earlier run. Compiling is a third of what a check
 * costs. It is what module.enableCompileCache of Node 22 does; Node 20 has no such thing, and that one keeps what it
 * compiled in a folder that other users may write to.
 *
 * What was compiled lies beside the program, in dist/.cache: whoever can write there can change the program itself. It is
 * bound to the very bundle and to the version of Node (V8 checks its own version and flags besides); where it cannot be
 * read or written, a run is slower and nothing else. NODE_DISABLE_COMPILE_CACHE=1, Node's own variable, turns it off.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { Script } from 'node:vm';

/** Set by the build: a digest of all pieces. V8 tells sources apart by their length alone. */
declare const BUNDLE_DIGEST: string;

type Wrapper = (
  exports: object,
  require: (id: string) => unknown,
  module: { exports: object },
  filename: string,
  dirname: string,
) => void;

interface Main {
  start(): void;
  filesLookedAt(): number;
}

const MAIN = './cli-main.cjs';
const folder = `${__dirname}/.cache`;
/**
 * V8 compiles a function when it is first called, so a cache holds what the run that made it called. Each of the first few
 * runs adds what it called: which driver came first costs the later ones nothing then (it was up to a tenth of a run).
 */
const GENERATIONS = 3;
/**
 * What is compiled for none, as by `--help`, is not worth keeping; and what a scan compiles for all sorts of drivers a
 * build would load each time for its one (half as much again, 2 ms).
 */
const MOST_FILES = 16;
/** Bytes; the largest is that of the code engine, with 200 KB. */
const MOST_CACHED = 1 << 20;
const isOff = process.env['NODE_DISABLE_COMPILE_CACHE'] === '1';
const loaded = new Map<string, { exports: object }>();
/** Scripts of which more is compiled by now than a file in the cache holds, by the file that is to hold it. */
const fresh = new Map<string, Script>();

/** As `require`, for the files beside this one; this one stands for the main file, whose modules the pieces share. */
function load(id: string): unknown {
  if (!id.startsWith('./cli')) return require(id);
  const name = id === './cli.cjs' ? MAIN : id;
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  compile(name)(module.exports, load, module, `${__dirname}/${name.slice(2)}`, __dirname);
  return module.exports;
}

function compile(name: string): Wrapper {
  const filename = `${__dirname}/${name.slice(2)}`;
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(filename, 'utf8')}\n})`;
  const base = `${folder}/${name.slice(2, -4)}-${BUNDLE_DIGEST}-${process.version}-${process.arch}`;
  const cached = isOff ? null : newest(base);
  const script = new Script(source, { filename, ...(cached === null ? {} : { cachedData: cached.data }) });
  if (!isOff) {
    // What V8 rejects, as for other flags, is replaced by what it takes.
    const isTaken = cached !== null && script.cachedDataRejected === false;
    const generation = isTaken ? cached.generation + 1 : (cached?.generation ?? 1);
    if (generation <= GENERATIONS) fresh.set(cacheFile(base, generation), script);
  }
  return script.runInThisContext() as Wrapper;
}

const cacheFile = (base: string, generation: number): string => `${base}.${generation}`;

function newest(base: string): { readonly data: Buffer; readonly generation: number } | null {
  for (let generation = GENERATIONS; generation > 0; generation--) {
    const data = readCached(cacheFile(base, generation));
    if (data !== undefined) return { data, generation };
  }
  return null;
}

/** Not readFileSync, whose way for bytes takes four times as long as this when it is run for the first time. */
function readCached(path: string): Buffer | undefined {
  try {
    const descriptor = openSync(path, 'r');
    try {
      // What is not filled costs nothing: the system gives memory by the page, when it is written to.
      const memory = Buffer.allocUnsafeSlow(MOST_CACHED);
      const length = readSync(descriptor, memory, 0, MOST_CACHED, 0);
      return length < MOST_CACHED ? memory.subarray(0, length) : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** Whole or not at all, on the disk as well: V8 does not notice a damaged part of what it once compiled. */
function keep(file: string, script: Script): void {
  const temporary = `${file}.${process.pid}`;
  const descriptor = openSync(temporary, 'wx');
  try {
    writeFileSync(descriptor, script.createCachedData());
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    renameSync(temporary, file);
  } catch {
    unlinkSync(temporary); // another run holds the name, on Windows
  }
}

/** The generation that this one was made from; a name that nothing has for the first one. */
const before = (file: string): string => file.replace(/\d$/, (generation) => String(Number(generation) - 1));

function keepFresh(): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [file, script] of fresh) {
      keep(file, script);
      // Another run that began earlier may leave it again: it is not read, and goes with the program.
      rmSync(before(file), { force: true });
    }
  } catch {
    // A read-only installation, a full disk: the next run compiles again.
  }
}

const main = load(MAIN) as Main;
if (!isOff) {
  process.once('exit', () => {
    const files = main.filesLookedAt();
    if (fresh.size > 0 && files > 0 && files <= MOST_FILES) keepFresh();
  });
}
// hvci-link's pieces take their shared modules from here.
module.exports = main;
if (require.main === module) main.start();
