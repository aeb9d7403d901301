// Asks the addon whose path is the argument, in the main thread and in a worker, and prints what it says as JSON lines.
const { Worker, isMainThread } = require('node:worker_threads');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const [, , path] = process.argv;
const addon = require(path);
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const { status, options } = addon.codeIntegrityOptions();
const answer = addon.loadedModules();
const modules = answer.modules.map(({ path, cut, base, size }) => [path, cut, typeof base, size > 0]);
print({ thread: isMainThread ? 'main' : 'worker', status, options, modules: [answer.status, modules] });

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const before = process.memoryUsage.rss();
  // 128 KiB are asked for in each call: 2.6 GB if they were not given back.
  for (let i = 0; i < 20_000; i++) addon.loadedModules();
  collect();
  print({ lost: process.memoryUsage.rss() - before > 64 << 20 });
  new Worker(__filename, { argv: [path] });
}
