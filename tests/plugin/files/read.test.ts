import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { ImageBuffer, readImage } from '../../../plugin/files/read.js';
import { act, isRoot, otherUser, scratch } from './scratch.js';

const sparse = (path: string, size: number): void => {
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
};

test('the bytes and the identity are the file’s', (t) => {
  const path = join(scratch(t), 'a.sys');
  writeFileSync(path, 'MZ hello', { mode: 0o640 });
  const result = readImage(path);
  if (!result.ok) return t.fail(result.message);
  const status = statSync(path, { bigint: true });
  t.is(Buffer.from(result.bytes).toString(), 'MZ hello');
  t.deepEqual(result.identity, {
    dev: status.dev,
    ino: status.ino,
    size: 8,
    mtimeNs: status.mtimeNs,
    mode: Number(status.mode),
  });
});

test('a buffer is reused, grows, and gives no byte of the file before', (t) => {
  const folder = scratch(t);
  const buffer = new ImageBuffer();
  const read = (size: number) => {
    const path = join(folder, `${size}.sys`);
    writeFileSync(path, Buffer.alloc(size, size % 251));
    const result = readImage(path, buffer);
    if (!result.ok) throw new Error(result.message);
    t.is(result.bytes.length, size);
    t.true(result.bytes.every((byte) => byte === size % 251));
    t.is(result.bytes.byteOffset % 4, 0);
    return result.bytes.buffer;
  };
  const small = read(1000);
  t.is(read(900), small);
  const large = read(5_000_000);
  t.not(large, small);
  t.true(large.byteLength <= 5_000_001 * 1.25);
  t.is(read(1001), large);
});

test('what is not a readable regular file has its own code and words', (t) => {
  const folder = scratch(t);
  const is = (code: string, path: string) => {
    const result = readImage(path);
    if (result.ok) return t.fail(`${path} was read`);
    t.is(result.code, code as typeof result.code);
    t.is(result.path, path);
    t.true(result.message.includes(path), result.message);
    t.regex(result.message, /\. [A-Z][^.]+/); // a second sentence: the remedy
    t.notRegex(result.message, /\n|at .*:\d+/);
  };
  is('missing', join(folder, 'none.sys'));
  is('directory', folder);
  writeFileSync(join(folder, 'empty.sys'), '');
  is('empty', join(folder, 'empty.sys'));
  is('missing', join(folder, 'empty.sys', 'below.sys'));
  is('name', join(folder, 'a\0b.sys'));
  is('name', join(folder, 'x'.repeat(300)));
  symlinkSync('loop.sys', join(folder, 'loop.sys'));
  is('link-loop', join(folder, 'loop.sys'));
  symlinkSync('nothing.sys', join(folder, 'dangling.sys'));
  is('missing', join(folder, 'dangling.sys'));
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [join(folder, 'pipe.sys')]);
    is('not-regular', join(folder, 'pipe.sys')); // a blocking open would run into ava's time limit
    is('not-regular', '/dev/zero');
  }
});

test('a socket is refused', async (t) => {
  const path = join(scratch(t), 's.sys');
  const server = createServer();
  await new Promise<void>((done) => server.listen(path, done));
  const result = readImage(path);
  server.close();
  t.is(result.ok ? 'read' : result.code, 'not-regular');
});

test('a sparse file of over 4 GiB is refused at once, without memory', (t) => {
  const path = join(scratch(t), 'big.sys');
  sparse(path, 2 ** 32 + 1);
  const before = process.memoryUsage().arrayBuffers;
  const begin = performance.now();
  const result = readImage(path, new ImageBuffer(), { limit: 2 ** 40 });
  t.true(performance.now() - begin < 200);
  t.true(process.memoryUsage().arrayBuffers - before < 1e6);
  if (result.ok) return t.fail();
  t.is(result.code, 'too-large');
  t.regex(result.message, /4294967297 bytes.*32-bit/);
});

test('the limit is a limit: 1 GiB by default, or what the caller says', (t) => {
  const folder = scratch(t);
  const path = join(folder, 'big.sys');
  sparse(path, 2 ** 30 + 1);
  const result = readImage(path);
  t.regex(
    result.ok ? '' : result.message,
    /1073741825 bytes\. The limit is 1073741824 bytes, and no option changes it\. Leave it out\.$/,
  );
  const small = join(folder, 'small.sys');
  sparse(small, 100);
  t.true(readImage(small, undefined, { limit: 100 }).ok);
  t.false(readImage(small, undefined, { limit: 99 }).ok);
});

test('a file without the right to read it', (t) => {
  const path = join(scratch(t), 'secret.sys');
  writeFileSync(path, 'MZ');
  chmodSync(path, 0);
  if (!isRoot) {
    const result = readImage(path);
    t.is(result.ok ? '' : result.code, 'no-rights');
    return;
  }
  t.true(readImage(path).ok); // root is not bound by modes
  t.like(act(['read', path], { uid: otherUser }), { ok: false, code: 'no-rights', path });
});

test('a file that another process rewrites all the time is whole or refused, unless a write takes longer than the rest', async (t) => {
  const folder = scratch(t);
  const [path, slow, stop] = ['busy.sys', 'slow', 'stop'].map((name) => join(folder, name)) as [string, string, string];
  const size = 4_000_000;
  writeFileSync(path, Buffer.alloc(size, 'a'));
  writeFileSync(slow, '');
  // Rewrites in place, so that inode and size stay; pauses of 1 to 60 ms let some reads through. A machine under load may
  // hold the writer up in the middle of a write: it notes what it wrote then.
  const program = `const fs = require('fs'), fd = fs.openSync(${JSON.stringify(path)}, 'r+'), nap = new Int32Array(new SharedArrayBuffer(4));
    for (let c = 0; !fs.existsSync(${JSON.stringify(stop)}); c = (c + 1) % 250) {
      const bytes = Buffer.alloc(${size}, c), start = performance.now();
      fs.writeSync(fd, bytes, 0, ${size}, 0);
      if (performance.now() - start > 15) fs.appendFileSync(${JSON.stringify(slow)}, c + ' ');
      Atomics.wait(nap, 0, 0, 1 + Math.random() * 60);
    }`;
  const writer = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
  t.teardown(() => writer.kill('SIGKILL'));
  await new Promise((done) => setTimeout(done, 300));
  const buffer = new ImageBuffer();
  const count = { whole: 0, refused: 0 };
  const torn: number[] = [];
  const contents = new Set<number>();
  for (let round = 0; round < 300; round++) {
    const result = readImage(path, buffer);
    if (!result.ok) {
      t.is(result.code, 'changed');
      count.refused++;
      continue;
    }
    // A write goes from the start of the file to its end: the first byte is of the last write.
    const first = result.bytes[0] ?? 0;
    contents.add(first);
    if (Buffer.from(result.bytes).equals(Buffer.alloc(size, first))) count.whole++;
    else torn.push(first);
  }
  const ended = new Promise((done) => writer.once('exit', done));
  writeFileSync(stop, '');
  await ended;
  const heldUp = readFileSync(slow, 'utf8').split(' ');
  t.log(count, { torn, heldUp: heldUp.length - 1 });
  t.deepEqual(
    torn.filter((content) => !heldUp.includes(String(content))),
    [],
  );
  t.true(count.whole > 0 && contents.size > 5); // the writer was at work all the time
});

test('a file written this moment is read after a short rest', (t) => {
  const path = join(scratch(t), 'a.sys');
  writeFileSync(path, 'x');
  const begin = performance.now();
  t.true(readImage(path).ok); // just written: read once it is 20 ms old
  t.true(performance.now() - begin < 1000);
});

// Doubles hold milliseconds of the year 2400 to two microseconds only: such files were said to be written just now.
test('a time in the far future is no writer', (t) => {
  const path = join(scratch(t), 'a.sys');
  writeFileSync(path, 'x');
  for (let step = 0; step < 64; step++) {
    const seconds = 12_000_000_000 + step + step / 97;
    utimesSync(path, seconds, seconds);
    t.true(readImage(path).ok, `${seconds}`);
  }
});

test('a file that grows or shrinks under the reader is refused', (t) => {
  const path = join(scratch(t), 'a.sys');
  writeFileSync(path, 'x'.repeat(100));
  utimesSync(path, 1, 1);
  // The buffer is asked for between the look at the size and the read: a fine place to change the file.
  for (const size of [99, 101]) {
    class Meddler extends ImageBuffer {
      override reserve(length: number) {
        writeFileSync(path, 'y'.repeat(size));
        utimesSync(path, 1, 1);
        return super.reserve(length);
      }
    }
    writeFileSync(path, 'x'.repeat(100));
    utimesSync(path, 1, 1);
    const result = readImage(path, new Meddler());
    t.is(result.ok ? 'read' : result.code, 'changed', `${size}`);
  }
});
