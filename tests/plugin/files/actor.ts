/** What tests do in a process of their own: under another user, a limit, or to be killed. Prints one JSON line. */
import { renameSync, writeSync } from 'node:fs';
import { writeOut } from '../../../plugin/files/output.js';
import { readImage } from '../../../plugin/files/read.js';
import { realHost } from '../../../plugin/files/rename.js';
import { expandPaths } from '../../../plugin/files/walk.js';
import { replaceFile } from '../../../plugin/files/write.js';

const [verb, path = '', size = '0'] = process.argv.slice(2);
const print = (value: object) =>
  writeSync(1, `${JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}` : item))}\n`);

if (verb === 'read') {
  const result = readImage(path);
  print(result.ok ? { ok: true, length: result.bytes.length } : result);
} else if (verb === 'replace') {
  const read = readImage(path);
  print(read.ok ? await replaceFile(path, Buffer.alloc(Number(size), 'N'), read.identity) : read);
} else if (verb === 'walk') {
  print({ found: [...(await expandPaths([path]))] });
} else if (verb === 'loop') {
  // Killed from outside. Each round writes the other of two contents that differ in length too.
  print({ ready: true });
  for (;;) {
    const read = readImage(path);
    if (!read.ok) throw new Error(read.message);
    const next = read.bytes[0] === 0x41 ? Buffer.alloc(300_000, 'B') : Buffer.alloc(200_000, 'A');
    const written = await replaceFile(path, next, read.identity);
    if (!written.ok) throw new Error(written.message);
  }
} else if (verb === 'hold') {
  // Waits inside `prepare`, so that a signal finds the temporary file there.
  const read = readImage(path);
  if (!read.ok) throw new Error(read.message);
  await replaceFile(path, Buffer.from('new'), read.identity, {
    prepare: (temporary) => {
      print({ temporary });
      return new Promise((done) => setTimeout(done, 30_000, { ok: true, path: temporary }));
    },
  });
} else if (verb === 'interrupted') {
  // The signal arrives in the middle of synchronous work, just before the rename.
  const read = readImage(path);
  if (!read.ok) throw new Error(read.message);
  const rename = (from: string, to: string) => {
    process.kill(process.pid, 'SIGTERM');
    renameSync(from, to);
  };
  await replaceFile(path, Buffer.from('new'), read.identity, { host: { ...realHost, rename } });
  print({ survived: true });
} else if (verb === 'out') {
  const first = writeOut(1, 'x'.repeat(Number(size)));
  const second = writeOut(1, 'end\n');
  writeSync(2, JSON.stringify({ first, second }));
}
